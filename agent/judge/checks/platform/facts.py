"""Checks the reports of devices to the police platform against what was measured, declared and filed.

The catalogue of GB/T 28181 tells the police how long footage is kept, since when a camera is there, who answers for it,
and what its picture is. A self-test keeps what it heard of it. Each difference is named, in one finding of the site.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.platform.compared import ROWS, Compared, State, compare
from agent.judge.checks.platform.truths import truth_of
from agent.judge.claim import Broken, Held, Open, Outcome, declared
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.declared_words import EVIDENCE_MAX, NAMED_MAX, name_list, rules_in_effect
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Ground, Json, Listed, Message, first_of, utc_text
from agent.observe.facts.factory_logins import box_of
from agent.observe.facts.facts import Facts
from agent.observe.facts.platform_told import CameraTold, DeviceTold
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.secret import is_secret
from agent.site.declarations.standing import local_day, standing
from drivers.footage import PlatformLink

CHECK_ID: Final = "platform-facts-match"
ASKED_BY: Final = "filing"
WITHHELD: Final = Message("not told here, as the camera is secret")
_MATCH: Final = Message("what devices told the police platform of their cameras is so")


SPOKEN: Final = frozenset({"unit", "name", "position", "texts"})
"""Facts whose values say what a camera is called, or where it is: of a secret one they are in no finding."""


@dataclass(frozen=True, slots=True)
class ToldFact:
    """One fact that was told, compared, and what both sides rest on. `subject`: the camera, or the whole site."""

    subject: str
    name: str
    words: Message
    compared: Compared
    rests_on: tuple[Ground, ...]

    @property
    def key(self) -> str:
        """The key of its obligation, and its name in the evidence."""
        return f"{self.name} {self.subject}"


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge what was told of every camera, as one finding of the site."""
    asked = rules_in_effect(check, site, local_day(site, now), ASKED_BY)
    if isinstance(asked, Finding):
        return (asked,)
    devices = list(dict.fromkeys(camera.camera.device for camera in site.cameras))
    told = told_that_counts(facts, now, devices)
    untested = [one for one in devices if one not in told]
    if not told:
        message = Message(
            "what {devices} tells the police platform of its cameras was not heard by a self-test, or too long ago",
            {"devices": name_list(untested)},
            next_step="camwarden link test DEVICE",
        )
        return (waiting(check, "site", "person", "not-tested", message, {"untested": untested[:EVIDENCE_MAX]}),)
    found = [*_compared_facts(site, facts, told, now), *_count(site, told, untested, now)]
    evidence = _evidence(told, untested, found)
    outcomes = list(_outcomes(found, untested))
    if not outcomes:
        message = Message("devices told the platform nothing of the cameras of this site that could be compared")
        return (waiting(check, "site", "device", "nothing-told", message, evidence),)
    return (verdict(check, "site", outcomes, evidence, _MATCH),)


def told_that_counts(facts: Facts, now: datetime, devices: list[str]) -> dict[str, DeviceTold]:
    """Return what each device told, where it counts: of this box, in its time, by a trusted clock."""
    found = {}
    for device in devices if facts.own_clock_trusted else ():
        told, known = facts.platform_told.get(device), facts.around.remembered.get(device)
        if told is not None and told.counts(box_of(known.answering if known else None), now):
            found[device] = told
    return found


def _compared_facts(site: Site, facts: Facts, told: dict[str, DeviceTold], now: datetime) -> Iterator[ToldFact]:
    """Yield what was told of each camera of the site, found by its code."""
    for camera in site.cameras:
        device = told.get(camera.camera.device)
        of_it = _told_of(facts, camera, device) if device is not None else None
        if device is None or of_it is None:
            continue
        truth = truth_of(site, facts, camera, of_it, device.at, now)
        secret = is_secret(site, camera.camera.id, local_day(site, now))
        for name, compared in compare(of_it, truth.camera).items():
            shown = replace(compared, told=WITHHELD, true=WITHHELD) if secret and name in SPOKEN else compared
            rests_on = (heard(device), *truth.rests_on[name])
            yield ToldFact(camera.camera.id, name, ROWS[name].words, shown, rests_on)


def _told_of(facts: Facts, camera: CameraConfig, device: DeviceTold) -> CameraTold | None:
    """Return what was told under a camera's code: that of its configuration, else of its channel in the recorder."""
    codes = {camera.camera.code}
    if not camera.camera.code:
        link = facts.one(f"device:{device.device}", PlatformLink)
        rows = [row for server in link.servers for row in server.codes] if link is not None else []
        codes = {code for channel, code in rows if channel == camera.camera.channel}
    return next((one for one in device.cameras if one.code in codes), None)


def _count(site: Site, told: dict[str, DeviceTold], untested: list[str], now: datetime) -> Iterator[ToldFact]:
    """Yield how many cameras the catalogues have together, against how many were filed; an empty input is offline."""
    counts = [one.cameras_count for one in told.values()]
    filed = standing(site, "filed-cameras", local_day(site, now)).value
    whole = sum(one for one in counts if one is not None)
    if not whole:
        return
    online = whole - sum(one.offline_count for one in told.values())
    known = not untested and None not in counts
    state: State = "unknown"
    if known and isinstance(filed, int):
        state = "same" if online <= filed <= whole else "differs"
    rests_on = (*(heard(one) for one in told.values()), *declared("site", "filed-cameras"))
    yield ToldFact("site", "cameras", Message("number of cameras"), Compared(state, str(whole), str(filed)), rests_on)


def heard(device: DeviceTold) -> Ground:
    """Return what a device told in its self-test as evidence."""
    return Ground("DeviceTold", f"device:{device.device}", "told", device.at)


def _outcomes(found: list[ToldFact], untested: list[str]) -> Iterator[Outcome]:
    """Yield the differences as one, each fact that is so, and what is not known as one."""
    differ = [one for one in found if one.compared.state == "differs"]
    unknown = [one for one in found if one.compared.state == "unknown"]
    if differ:
        what = first_of([_said(one) for one in differ], NAMED_MAX)
        message = Message(
            "what devices told the police platform is not so ({count}): {what}",
            {"count": len(differ), "what": Listed(what.items, "; ")},
            next_step="correct it in the device, and repeat the self-test",
        )
        yield Broken("differences", "differs", message)
    yield from (Held(one.key, one.rests_on) for one in found if one.compared.state == "same")
    if unknown:
        names = first_of(list({one.name: one.words for one in unknown}.values()), NAMED_MAX)
        message = Message("whether it is so is not known here: {what}", {"what": names})
        yield Open("unknown", "not-measured", message, doubted=True)
    if untested:
        message = Message("{devices}: no self-test heard it", {"devices": name_list(untested)})
        yield Open("untested", "not-tested", message, doubted=True)


def _said(one: ToldFact) -> Message:
    values = {"subject": one.subject, "fact": one.words, "told": one.compared.told, "true": one.compared.true}
    return Message("{subject}: {fact} {told}, where it is {true}", values)


def _evidence(told: dict[str, DeviceTold], untested: list[str], found: list[ToldFact]) -> dict[str, Json]:
    def keys(state: State) -> list[str]:
        return [one.key for one in found if one.compared.state == state]

    differences: list[Json] = [
        {"subject": one.subject, "fact": one.name, "told": str(one.compared.told), "true": str(one.compared.true)}
        for one in found
        if one.compared.state == "differs"
    ]
    unknown = keys("unknown")
    return {
        "told_at": {device: utc_text(one.at) for device, one in [*told.items()][:EVIDENCE_MAX]},
        "untested": untested[:EVIDENCE_MAX],
        "same_count": len(keys("same")),
        "differ_count": len(differences),
        "differences": differences[:EVIDENCE_MAX],
        "unknown_count": len(unknown),
        "unknown": unknown[:EVIDENCE_MAX],
    }


CHECK = ruled(CHECK_ID, run)
