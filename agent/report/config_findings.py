"""Encodes findings for a config report: faults in full, all else in rows that name their subjects. Pure.

Form 2. `open` has fail and warn: one row for equal check, reason, cause and level; `told` has the differences by
subject within the size limit, a digest replaces what was cut. `rest` has pass, unknown and not due: status, reason and
subjects. Each row has its `level` of evidence and the age of the oldest evidence of its members, where known
(`agent/report/basis.py`). Of the evidence of `rest` only the members remain that a hub compares over time (`KEPT`);
`check --json` and the hand-over report have all. Form 1 listed every finding with all evidence, 10 KB a camera.
`agent/report/plain_findings.py` parses both.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from agent.judge.wording.broken_rules import BROKEN_RULES
from agent.model.finding import ACCEPTED, NOTHING_KNOWN, WAITS_FOR, Basis, Finding, Json, Severity
from agent.report.plain_findings import FORM, objects_of

EVIDENCE_MAX_BYTES: Final = 200
"""Of one subject, where something is wrong with it."""

OPEN: Final = frozenset({"fail", "warn"})
KEPT: Final[Mapping[str, tuple[str, ...]]] = {"privacy-mask-present": ("zones",), "retention-days": ("opened_at",)}
"""Evidence members retained whatever the status, by check; those of `_IN_SHORT`, `waits_for`, `accepted` and
`broken_rules` always."""

_IN_SHORT: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("duty", "state", "at"),
    "declared": ("duty", "state", "at"),
    "paths": ("path", "zone", "verdict", "reason"),
}
"""Lists of rows that stay at every check, and what of a row: days of declarations, and what each path showed."""

_LEFT_OUT_BYTES: Final = 144
"""Overhead of `told` and `left_out` of a row."""
_OF_THE_SITE: Final = ("cameras",)
"""Cameras of which one finding on the site speaks, so that a page can show it at each."""


@dataclass(frozen=True, slots=True)
class SubjectIds:
    """Ids of the cameras and devices of the same report, in its order."""

    cameras: tuple[str, ...]
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What differs within a row: some of its subjects, with their message and evidence."""

    subjects: tuple[str, ...]
    message: str
    evidence: Mapping[str, Json]


def write_findings(
    findings: Iterable[Finding], names: SubjectIds, room_bytes: int, rests_on: Mapping[str, Basis]
) -> dict[str, Json]:
    """Return `form`, `open` and `rest` of a config report.

    `names` shorten lists of subjects. `room_bytes` limits the three: beyond it, differences by subject are dropped, the
    least severe first; no finding is. `rests_on` is the basis of each finding by its key.
    """
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        basis = rests_on.get(finding.key, NOTHING_KNOWN)
        groups.setdefault((*_key(finding), basis.level or ""), []).append(finding)
    opened = [group for group in groups.values() if group[0].status in OPEN]
    closed = [group for group in groups.values() if group[0].status not in OPEN]
    rest = [_row(group, names, rests_on) | _shared_message(group) for group in closed]
    rows = [_row(group, names, rests_on) | {"message": str(group[0].message)} for group in opened]
    left_bytes = room_bytes - len(encoded({"form": FORM, "open": rows, "rest": rest})) - _LEFT_OUT_BYTES * len(rows)
    severities: Sequence[str] = get_args(Severity)
    for row, group in sorted(zip(rows, opened, strict=True), key=lambda pair: severities.index(pair[1][0].severity)):
        told = _details(group, names, left_bytes)
        left_bytes -= len(encoded(told.get("told", [])))
        row.update(told)
    return {"form": FORM, "open": rows, "rest": rest}


def encoded(value: Json) -> bytes:
    """Return a value as payload bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def subjects_json(subjects: Iterable[str], names: SubjectIds) -> dict[str, Json]:
    """Return subjects in short form: the ids of each kind, or all of the kind except some."""
    named = frozenset(subjects)
    told: dict[str, Json] = {"site": True} if "site" in named else {}
    for kind, ids in (("cameras", names.cameras), ("devices", names.devices)):
        prefix = f"{kind[:-1]}:"
        of_kind = sorted(one.removeprefix(prefix) for one in named if one.startswith(prefix))
        but = [one for one in ids if f"{prefix}{one}" not in named]
        if of_kind and len(but) < len(of_kind) and len(but) + len(of_kind) == len(ids):
            told[f"{kind}_but"] = but
        elif of_kind:
            told[kind] = of_kind
    return told


def _key(finding: Finding) -> tuple[str, ...]:
    source = finding.source
    return (
        *(finding.check, finding.status, finding.severity, finding.reason, _cause(finding)),
        *(source.document, source.article),
    )


def _cause(finding: Finding) -> str:
    """Return the check of the cause; its whole key where it is one on the site, shared by many."""
    check, _, subject = finding.caused_by.partition(" ")
    return finding.caused_by if subject == "site" else check


def _causes(group: Iterable[Finding]) -> dict[str, Json]:
    """Return the subjects of a row's causes, where one differs from its own subject: a device's on its camera."""
    found = ((one.subject, one.caused_by.partition(" ")[2]) for one in group)
    return {subject: of for subject, of in found if of not in ("", "site", subject)}


def _basis_json(group: Iterable[Finding], rests_on: Mapping[str, Basis]) -> dict[str, Json]:
    """Return the level that a row shares and the oldest age of its members, each only where known."""
    found = [rests_on.get(one.key, NOTHING_KNOWN) for one in group]
    age_s = max((one.oldest_age_s for one in found if one.oldest_age_s is not None), default=None)
    told: dict[str, Json] = {"level": found[0].level} if found[0].level else {}
    return told | ({} if age_s is None else {"oldest_age_s": age_s})


def _row(group: Sequence[Finding], names: SubjectIds, rests_on: Mapping[str, Basis]) -> dict[str, Json]:
    first = group[0]
    row: dict[str, Json] = {
        "check": first.check,
        "status": first.status,
        "severity": first.severity,
        "reason": first.reason,
        **_basis_json(group, rests_on),
        "source": {"document": first.source.document, "article": first.source.article},
        "caused_by": _cause(first),
        "subjects": subjects_json((one.subject for one in group), names),
    }
    row |= {"causes": causes} if (causes := _causes(group)) else {}
    kept = _by_content(group, lambda one: ("", _retained(one)))
    stays: list[Json] = [
        {"subjects": subjects_json(part.subjects, names), "evidence": part.evidence} for part in kept if part.evidence
    ]
    return row | ({"kept": stays} if stays else {})


def _shared_message(group: Sequence[Finding]) -> dict[str, Json]:
    said = {str(one.message) for one in group}
    return {"message": said.pop()} if len(said) == 1 else {}


def _details(group: Sequence[Finding], names: SubjectIds, room_bytes: int) -> dict[str, Json]:
    """Return what differs by subject; for what exceeds the limit, the number of subjects and a digest."""
    usual = str(group[0].message)
    told: list[Json] = []
    left_out: list[_Part] = []
    kept = {one.subject: _retained(one) for one in group}
    for part in _by_content(group, lambda one: (str(one.message), one.evidence)):
        entry: dict[str, Json] = {"subjects": subjects_json(part.subjects, names)}
        entry |= {"message": part.message} if part.message != usual else {}
        entry |= _fitting(part.evidence, kept[part.subjects[0]])
        size = len(encoded(entry)) + 1
        if len(entry) == 1:
            continue
        if size > room_bytes:
            left_out.append(part)
            continue
        room_bytes -= size
        told.append(entry)
    row: dict[str, Json] = {"told": told} if told else {}
    if left_out:
        said: list[Json] = [[list(part.subjects), part.message, part.evidence] for part in left_out]
        row["left_out"] = {"count": sum(len(part.subjects) for part in left_out), "digest": _digest(said)}
    return row


def _by_content(group: Sequence[Finding], said: Any) -> list[_Part]:
    """Group the subjects with equal message and evidence, in the order of the group."""
    parts: dict[bytes, tuple[list[str], str, Mapping[str, Json]]] = {}
    for one in group:
        message, evidence = said(one)
        parts.setdefault(encoded([message, evidence]), ([], message, evidence))[0].append(one.subject)
    return [_Part(tuple(subjects), message, evidence) for subjects, message, evidence in parts.values()]


def _fitting(evidence: Mapping[str, Json], kept: Mapping[str, Json]) -> dict[str, Json]:
    """Return the evidence members that fit, in their order, and a digest over all where some do not."""
    fits: dict[str, Json] = {}
    stays = {name for name, value in kept.items() if value == evidence[name]}
    for name, value in evidence.items():
        if name not in kept and len(encoded({**fits, name: value})) <= EVIDENCE_MAX_BYTES:
            fits[name] = value
    told: dict[str, Json] = {"evidence": fits} if fits else {}
    return told | ({"digest": _digest(evidence)} if len(fits) + len(stays) < len(evidence) else {})


def _retained(finding: Finding) -> dict[str, Json]:
    names = (
        (WAITS_FOR, ACCEPTED, BROKEN_RULES)
        + KEPT.get(finding.check, ())
        + (_OF_THE_SITE if finding.subject == "site" else ())
    )
    kept: dict[str, Json] = {name: finding.evidence[name] for name in names if name in finding.evidence}
    for name, members in _IN_SHORT.items():
        found = objects_of(finding.evidence.get(name))
        rows: list[Json] = [{member: row[member] for member in members if member in row} for row in found]
        kept |= {name: rows} if rows else {}
    return kept


def _digest(value: Json) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
