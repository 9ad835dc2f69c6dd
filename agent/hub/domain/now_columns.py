"""Extracts facts of boxes and open findings from a site's newest reports. Pure.

Open is what warns, fails or could not be judged. A malformed member is left out; nothing here refuses a report. Names
and texts are the site's own words, cut to length.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.reports import FINDINGS_MOST, SENTENCE_MAX_CHARS
from agent.report.plain_findings import plain_findings
from agent.verify.members import dict_of, dicts_of, name_of, text_of

_SAID: Final = ("status", "reason", "severity", "level", "message", "caused_by")

JUDGED: Final = (*OPEN, "pass")

OPEN_MOST: Final = 16_384
"""Open findings of one site that are listed."""

BOXES_MOST: Final = 1024

Key = tuple[str, str]
"""Check and subject."""

Placed = tuple[str, str, str, str]
"""Model, firmware and maintainer of a subject, and the division in which its site counts."""


class OpenFinding(NamedTuple):
    """An open finding; `model`, `firmware` and `maintainer` are those of its camera or device, empty: not known.

    `division` is the one in which its site counts.
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
    """What a configuration report says: `judged` counts subjects by check, model and firmware, also those that pass.

    `division`: that which it tells; its findings have the one that counts.
    """

    division: str
    cameras: int
    boxes: tuple[BoxFacts, ...]
    findings: Mapping[Key, OpenFinding]
    judged: Mapping[tuple[str, str, str], int]


def of_config(body: Mapping[str, Any], division: str) -> SiteNow:
    """Return what a configuration report says of its site. Of two findings of one subject the last one counts.

    `division`: the one in which the site counts.
    """
    boxes = tuple(_box(one) for one in dicts_of(body.get("devices"))[:BOXES_MOST])
    cameras = dicts_of(body.get("cameras"))[:BOXES_MOST]
    on = _placed(boxes, cameras)
    said = _Said()
    last: dict[Key, dict[str, Any]] = {}
    for one in islice(plain_findings(body), FINDINGS_MOST):
        last[_word(one.get("check")), _word(one.get("subject"))] = one
    judged: Counter[tuple[str, str, str]] = Counter()
    found: dict[Key, OpenFinding] = {}
    for (check, subject), one in last.items():
        place = on.get(subject, ("", "", ""))
        status = text_of(one.get("status"))
        if status in JUDGED:
            judged[check, place[0], place[1]] += 1
        if status in OPEN and len(found) < OPEN_MOST:
            found[check, subject] = _finding((check, subject), said.of(one), (*place, division))
    return SiteNow(_word(body.get("division")), len(cameras), boxes, found, judged)


def of_event(body: Mapping[str, Any]) -> tuple[Key, Mapping[str, Any] | None] | None:
    """Return which finding an event is about, and the finding, None where it is open no more; None: about none."""
    finding, key = dict_of(body.get("finding")), (_word(body.get("check")), _word(body.get("subject")))
    if not finding or key != (_word(finding.get("check")), _word(finding.get("subject"))) or "" in key:
        return None
    return key, finding if text_of(finding.get("status")) in OPEN else None


def opened(key: Key, finding: Mapping[str, Any], place: Placed) -> OpenFinding:
    """Return the open finding of an event; `place` is that of its subject."""
    return _finding(key, _Said().of(finding), place)


def _placed(boxes: tuple[BoxFacts, ...], cameras: list[Mapping[str, Any]]) -> dict[str, tuple[str, str, str]]:
    """Return model, firmware and maintainer by subject; a device of several maintainers has none."""
    of = {box.device: (box.model, box.firmware) for box in boxes}
    placed: dict[str, tuple[str, str, str]] = {}
    keepers: dict[str, set[str]] = {}
    for one in cameras:
        device, keeper = _word(one.get("device")), _word(one.get("maintainer"))
        placed[f"camera:{_word(one.get('id'))}"] = (*of.get(device, ("", "")), keeper)
        keepers.setdefault(device, set()).add(keeper)
    for device, facts in of.items():
        whose = keepers.get(device, set())
        placed[f"device:{device}"] = (*facts, next(iter(whose)) if len(whose) == 1 else "")
    return placed


@dataclass(slots=True)
class _Said:
    """What findings of one report say, as it is stored: many of them differ in nothing but their subject."""

    _known: dict[tuple[Any, ...], tuple[str, ...]] = field(default_factory=dict)

    def of(self, one: Mapping[str, Any]) -> tuple[str, ...]:
        """Return status, reason, severity, level, message and cause of a finding."""
        told = tuple(map(one.get, _SAID))
        try:
            stored = self._known.get(told)
        except TypeError:  # of a member that is no text
            return _stored(*told)
        if stored is None:
            stored = self._known[told] = _stored(*told)
        return stored


def _stored(*told: object) -> tuple[str, ...]:
    status, reason, severity, level, message, caused_by = told
    sentence = _storable(text_of(message)[:SENTENCE_MAX_CHARS])
    return (text_of(status), _word(reason), _word(severity), _word(level), sentence, _word(caused_by))


def _finding(key: Key, said: tuple[str, ...], place: Placed) -> OpenFinding:
    (check, subject), (model, firmware, maintainer, division) = key, place
    status, reason, severity, level, message, caused_by = said
    return OpenFinding(
        check=check, subject=subject, status=status, reason=reason, severity=severity, level=level, message=message,
        caused_by=caused_by, model=model, firmware=firmware, maintainer=maintainer, division=division,
    )  # fmt: skip


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
