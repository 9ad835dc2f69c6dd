"""Extracts facts of boxes and open findings from a site's newest reports. Pure.

Open is what warns, fails or could not be judged. A malformed member is left out; nothing here refuses a report. Names
and texts are the site's own words, cut to length.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.reports import FINDINGS_MOST, SENTENCE_MAX_CHARS
from agent.report.plain_findings import plain_findings
from agent.verify.members import dict_of, dicts_of, name_of, text_of

JUDGED: Final = (*OPEN, "pass")

OPEN_MOST: Final = 16_384
"""Open findings of one site that are listed."""

BOXES_MOST: Final = 1024

Key = tuple[str, str]
"""Check and subject."""

Placed = tuple[str, str, str, str]
"""Model, firmware and maintainer of a subject, and the division of its site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """An open finding; `model`, `firmware` and `maintainer` are those of its camera or device, empty: not known.

    `division` is its site's.
    """

    check: str
    subject: str
    status: str
    reason: str
    severity: str
    level: str
    message: str
    caused_by: str
    model: str = ""
    firmware: str = ""
    maintainer: str = ""
    division: str = ""


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """A device as its site reports it."""

    device: str
    manufacturer: str
    model: str
    firmware: str


@dataclass(frozen=True, slots=True)
class SiteNow:
    """What a configuration report says: `judged` counts subjects by check, model and firmware, also those that pass."""

    division: str
    cameras: int
    boxes: tuple[BoxFacts, ...]
    findings: Mapping[Key, OpenFinding]
    judged: Mapping[tuple[str, str, str], int]


def of_config(body: Mapping[str, Any]) -> SiteNow:
    """Return what a configuration report says of its site. Of two findings of one subject the last one counts."""
    boxes = tuple(_box(one) for one in dicts_of(body.get("devices"))[:BOXES_MOST])
    cameras = dicts_of(body.get("cameras"))[:BOXES_MOST]
    on, division = _placed(boxes, cameras), _word(body.get("division"))
    last: dict[Key, dict[str, Any]] = {}
    for one in islice(plain_findings(body), FINDINGS_MOST):
        last[_word(one.get("check")), _word(one.get("subject"))] = one
    judged: Counter[tuple[str, str, str]] = Counter()
    found: dict[Key, OpenFinding] = {}
    for (check, subject), one in last.items():
        place = on.get(subject, ("", "", ""))
        if text_of(one.get("status")) in JUDGED:
            judged[check, place[0], place[1]] += 1
        if text_of(one.get("status")) in OPEN and len(found) < OPEN_MOST:
            found[check, subject] = _finding(check, subject, one, (*place, division))
    return SiteNow(division, len(cameras), boxes, found, judged)


def of_event(body: Mapping[str, Any]) -> tuple[Key, Mapping[str, Any] | None] | None:
    """Return which finding an event is about, and the finding, None where it is open no more; None: about none."""
    finding, key = dict_of(body.get("finding")), (_word(body.get("check")), _word(body.get("subject")))
    if not finding or key != (_word(finding.get("check")), _word(finding.get("subject"))) or "" in key:
        return None
    return key, finding if text_of(finding.get("status")) in OPEN else None


def opened(key: Key, finding: Mapping[str, Any], place: Placed) -> OpenFinding:
    """Return the open finding of an event; `place` is that of its subject."""
    return _finding(*key, finding, place)


def _placed(boxes: tuple[BoxFacts, ...], cameras: list[Mapping[str, Any]]) -> dict[str, tuple[str, str, str]]:
    """Return model, firmware and maintainer by subject; a device of several maintainers has none."""
    of = {box.device: (box.model, box.firmware) for box in boxes}
    placed: dict[str, tuple[str, str, str]] = {}
    keepers: dict[str, set[str]] = {}
    for one in cameras:
        device, keeper = _word(one.get("device")), name_of(one.get("maintainer"))
        placed[f"camera:{_word(one.get('id'))}"] = (*of.get(device, ("", "")), keeper)
        keepers.setdefault(device, set()).add(keeper)
    for device, facts in of.items():
        whose = keepers.get(device, set())
        placed[f"device:{device}"] = (*facts, next(iter(whose)) if len(whose) == 1 else "")
    return placed


def _finding(check: str, subject: str, one: Mapping[str, Any], place: Placed) -> OpenFinding:
    model, firmware, maintainer, division = place
    return OpenFinding(
        check=check,
        subject=subject,
        status=text_of(one.get("status")),
        reason=_word(one.get("reason")),
        severity=_word(one.get("severity")),
        level=_word(one.get("level")),
        message=_storable(text_of(one.get("message"))[:SENTENCE_MAX_CHARS]),
        caused_by=_word(one.get("caused_by")),
        model=model,
        firmware=firmware,
        maintainer=maintainer,
        division=division,
    )


def _box(one: Mapping[str, Any]) -> BoxFacts:
    identity = dict_of(one.get("identity"))
    return BoxFacts(
        _word(one.get("id")), *(_word(identity.get(name)) for name in ("manufacturer", "model", "firmware"))
    )


def _word(value: object) -> str:
    return _storable(name_of(value))


def _storable(text: str) -> str:
    """Return a text that a database takes: a lone surrogate is none, and a NUL ends it for some readers."""
    return text if text.isprintable() else text.encode(errors="replace").decode().replace("\x00", " ")
