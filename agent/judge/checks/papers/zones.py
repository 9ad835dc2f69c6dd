"""Checks that no camera hangs where none may, by a declaration for each; names only hint.

No program recognizes a changing room, and no mask makes a camera in one lawful.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.papers.declared import declaration_json
from agent.judge.claim import Broken, Held, Outcome, declared, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.declared_words import FOLDED, DeclaredDuties, declared_duties
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Ground, Json, Message, listed
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import COUNTING, EXPIRING_SOON_DAYS, local_day, standing
from agent.site.declarations.table import FORBIDDEN_ZONES, ZONE_TYPE
from drivers.footage import Channels
from drivers.model import Overlays

PRIVATE: Final = (
    "卫生间", "洗手间", "盥洗", "厕", "廁", "衛生間", "浴", "淋浴", "澡堂", "桑拿", "更衣", "化妆间", "客房", "宿舍",
    "寝室", "寢室", "母婴", "母嬰", "哺乳", "试衣", "試衣", "包间", "包間", "包厢", "包廂", "包房",
    "休息室", "休息间", "休息間", "卧室", "臥室",
    "女宾", "男宾", "女賓", "男賓", "温泉", "溫泉", "汤池", "湯池", "水疗", "水療", "按摩", "推拿", "足疗", "足療",
    "产房", "產房", "分娩", "待产", "待產", "诊室", "診室", "诊疗室", "診療室", "检查室", "檢查室", "妇科", "婦科",
    "手术室", "手術室", "治疗室", "治療室", "病房", "病室",
)  # fmt: skip
"""Source: Order 799, article 8(1); Datong Measures, article 9; and what signs and ledgers call these places."""

OUTSIDE: Final = (
    "门口", "門口", "走廊", "通道", "过道", "楼道", "楼梯", "电梯", "大门", "门厅", "大厅", "入口", "出口", "门前",
    "周界", "围墙", "外",
)  # fmt: skip
"""Behind such a word: the camera hangs before that place, or on the way to it."""

_SHORT: Final = re.compile("[女男][卫衛](?!生)")
"""As signs shorten a toilet."""

_NOT_PRIVATE: Final = re.compile(
    "[生地资房]产房|生產房|病房楼|病房樓|(安全|行李|车辆|車輛|货物|貨物|包裹)(检查室|檢查室)"
)
"""Words that only contain one of the list."""

_NOT_OUTSIDE: Final = re.compile("外[科宾语贸汇教卖]")
_ABROAD: Final = ("室外", "户外", "屋外")

_PRIVATE_LATIN: Final = re.compile(
    r"(?<![a-z])(toilets?|restrooms?|rest room|lavatory|washrooms?|wc|bathrooms?|showers?|sauna|changing rooms?|"
    r"dressing rooms?|lockers?(?: rooms?)?|fitting rooms?|guest ?rooms?|dorm(?:itory|itories|s)?|nursing room|"
    r"(?:staff|crew|employees?) rooms?|(?:break|rest) ?rooms?|bed ?rooms?|sleeping rooms?|(?:delivery|labou?r) rooms?|"
    r"exam(?:ination|ining)? rooms?|(?:consulting|treatment|operating|lactation) rooms?|wards?|"
    r"(?:wo)?men['\u2019]?s(?: rooms?)?|ladies['\u2019]?(?: rooms?)?|gents|baths?|bath ?houses?|spa|massage)(?![a-z])"
)
_OUTSIDE_LATIN: Final = re.compile(
    r"(?<![a-z])(outside|entrance|corridor|hallway|passage|lobby|door|gate|road|street|yard)(?![a-z])"
)


@dataclass(frozen=True, slots=True)
class Hint:
    """A word of the list that was found; `outside`: the word that puts the camera outside that place, or empty."""

    word: str
    outside: str


def hints(text: str) -> tuple[Hint, ...]:
    """Return every word of a private place in a name, each once; names have blanks and full-width letters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    dense = _NOT_OUTSIDE.sub(" ", _NOT_PRIVATE.sub(" ", "".join(char for char in plain if char.isalnum())))
    named = [word for word in PRIVATE if word in dense] + list(dict.fromkeys(_SHORT.findall(dense)))
    found = [Hint(word, _behind(dense, word)) for word in named]
    way = _OUTSIDE_LATIN.search(plain)
    latin = dict.fromkeys(one[1] for one in _PRIVATE_LATIN.finditer(plain))
    return (*found, *(Hint(word, way[1] if way else "") for word in latin))


def _behind(dense: str, word: str) -> str:
    """Return the word for outside that follows the last mention of a place, or one for the open air, or empty."""
    after = dense[dense.rindex(word) + len(word) :]
    return next((one for one in OUTSIDE if one in after), next((one for one in _ABROAD if one in dense), ""))


FORBIDDEN: Final = frozenset(choice.value for choice in FORBIDDEN_ZONES)
REVIEWED: Final = "name-reviewed"


def run_declared(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera by the declared kind of its place."""
    found = declared_duties(check, site, now)
    if isinstance(found, Finding):
        return (found,)
    return tuple(_by_zone_type(check, found, camera.camera.id) for camera in site.cameras)


def _by_zone_type(check: Check, found: DeclaredDuties, camera: str) -> Finding:
    one = found.of(ZONE_TYPE, camera)
    subject = f"camera:{camera}"
    stands: dict[str, Json] = {"duty": ZONE_TYPE, **declaration_json("missing", None, None)}
    if one is not None:
        stands |= declaration_json(one.state, one.days_left, one.declaration)
    if one is None or one.state not in COUNTING or one.declaration is None:
        reason = "expired" if one and one.state == "expired" else "not-declared"
        message = Message(
            "in what kind of place it hangs is not declared, or has run out", next_step="camwarden declare"
        )
        return check.finding(subject, "unknown", reason, {"declared": [stands]}, message, FOLDED)
    zone = str(one.value)
    evidence: dict[str, Json] = {"zone": zone, "declared": [stands]}
    if zone in FORBIDDEN:
        message = Message(
            "it hangs in a place where no camera may be ({zone}), and a mask does not change that",
            {"zone": zone},
            next_step="take it down",
        )
        return check.finding(subject, "fail", "forbidden-zone", evidence, message)
    message = Message("it hangs in a place that is not forbidden ({zone})", {"zone": zone})
    outcome: Outcome = Held(ZONE_TYPE, declared(subject, ZONE_TYPE))
    if one.state != "declared":
        soon = one.days_left is not None and one.days_left <= EXPIRING_SOON_DAYS
        ending = "expiring-soon" if soon else "expiring"
        reason = ending if one.state == "expiring" else "grace"
        outcome = Broken(ZONE_TYPE, reason, message, caused_by=FOLDED, mild=True)
    return verdict(check, subject, [outcome], evidence, message)


def run_named(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera by its name, its declared placement, its overlays and its channel name."""
    found = (_by_name(check, site, facts, camera, now) for camera in site.cameras)
    return tuple(one for one in found if one is not None)


def _by_name(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding | None:
    """Return the finding of one camera; None where it has no name at all."""
    subject = f"camera:{camera.camera.id}"
    texts = tuple(dict.fromkeys(text.strip() for text in _texts(facts, camera) if text.strip()))
    found = {text: hints(text) for text in texts}
    spoken = list(dict.fromkeys(hint.word for of_text in found.values() for hint in of_text))
    if not texts:
        return None
    if not spoken:
        named = Held("names", declared(subject, "name"))
        return verdict(check, subject, [named], {}, Message("no name speaks of a private place"))
    near = [hint.outside for of_text in found.values() for hint in of_text]
    evidence: dict[str, Json] = {"words": spoken, "outside": [word for word in dict.fromkeys(near) if word]}
    values = {"words": listed(spoken)}
    rests_on: tuple[Ground, ...] = (*declared(subject, "name"), *grounds(facts.observed(subject, Overlays)))
    if all(near):
        message = Message("its name speaks of a private place ({words}), and of the outside of it", values)
        outside = [Held(f"text {text}", rests_on) for text, of_text in found.items() if of_text]
        return verdict(check, subject, outside, evidence, message)
    if _reviewed(site, facts, camera, {text for text, of_text in found.items() if of_text}, now):
        message = Message("its name speaks of a private place ({words}); somebody looked into it", values)
        reviewed = Held(REVIEWED, (*declared(subject, REVIEWED), *rests_on))
        return verdict(check, subject, [reviewed], {**evidence, "reviewed": True}, message)
    message = Message(
        "its name speaks of a private place ({words})",
        {**values, "camera": camera.camera.id},
        next_step="have somebody look where it hangs, then take it down, or declare that name as looked into: "
        "camwarden declare --set name-reviewed=NAME --cameras {camera}",
    )
    return check.finding(
        subject, "warn", "name", evidence, message, f"{DECLARED.id} {subject}" * _fails(site, camera, now)
    )


def _texts(facts: Facts, camera: CameraConfig) -> Iterator[str]:
    yield camera.camera.name
    yield camera.camera.placement
    for overlays in facts.all(f"camera:{camera.camera.id}", Overlays):
        yield from overlays.texts
    channels = facts.one(f"device:{camera.camera.device}", Channels)
    yield from (one.name for one in (channels.channels if channels else ()) if one.number == camera.camera.channel)


def _reviewed(site: Site, facts: Facts, camera: CameraConfig, texts: set[str], now: datetime) -> bool:
    """Tell whether somebody reviewed all these texts, and the view is unchanged since."""
    name = camera.camera.id
    word = standing(site, REVIEWED, local_day(site, now), name)
    if word.declaration is None or word.state not in COUNTING or not isinstance(word.value, tuple):
        return False
    view, approval = facts.remembered.views.get(name), facts.approvals.get(name)
    settled = view.settled(now) if view else None
    if settled is not None and settled.state == "moved":
        return False
    again = approval is not None and approval.history and local_day(site, approval.at) > word.declaration.at
    return not again and texts <= set(word.value)


def _fails(site: Site, camera: CameraConfig, now: datetime) -> bool:
    return standing(site, ZONE_TYPE, local_day(site, now), camera.camera.id).value in FORBIDDEN


DECLARED = ruled("forbidden-zone-declaration", run_declared)
NAMED = ruled("forbidden-zone-name-hint", run_named)
