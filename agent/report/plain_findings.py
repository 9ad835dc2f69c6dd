"""Parses the findings of a config report, in either form, into one plain list. Pure.

All readers use it, because a site may be older or newer than the hub. A signed body may still be malformed: what is no
row is skipped, and the number of names resolved is limited against short rows that repeat every camera.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from agent.contract.payload_bounds import NUMBER_MAX
from agent.model.finding import Level

FORM: Final = 2
"""Of the rows that `agent/report/config_findings.py` writes."""

NAMED_MOST: Final = 200_000
"""How many names rows of one report may resolve: a site of 1,000 cameras needs some 50,000."""

_LEVELS: Final = get_args(Level)
_TEXTS: Final = ("check", "status", "severity", "reason", "message", "caused_by")


def plain_findings(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each finding as `finding_json` writes it; evidence and message as far as the report has them.

    `evidence_digest`: SHA-256 of evidence that was cut. `level` and `oldest_age_s`: the basis of its row, where known.
    An unknown form gives none.
    """
    if "form" not in body:
        return [dict(one) for one in objects_of(body.get("findings"))]
    if body["form"] != FORM:
        return []
    found: list[dict[str, Any]] = []
    room = NAMED_MOST
    kinds = tuple(
        _Kind(kind, f"{kind}_but", tuple(f"{kind[:-1]}:{one}" for one in _ids(body.get(kind))))
        for kind in ("cameras", "devices")
    )
    for row in (*objects_of(body.get("open")), *objects_of(body.get("rest"))):
        made: dict[str, dict[str, Any]] = {}
        row_says = _read_row(row)
        if (room := room - _name_count(row.get("subjects"), kinds)) < 0:
            return found
        for subject in _subjects(row.get("subjects"), kinds):
            made[subject] = _finding(row_says, subject)
        for part in (*objects_of(row.get("told")), *objects_of(row.get("kept"))):
            if (room := room - _name_count(part.get("subjects"), kinds)) < 0:
                return found
            for subject in _subjects(part.get("subjects"), kinds):
                if (finding := made.get(subject)) is not None:
                    _add_details(finding, part)
        found.extend(made.values())
    return found


def with_plain_findings(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a config report's payload with its findings in the plain form, for readers that would each resolve them.

    They read the same of both; what was signed is the bytes.
    """
    body = data.get("body")
    if not isinstance(body, Mapping) or "form" not in body:
        return data
    rest = {name: value for name, value in body.items() if name not in ("form", "open", "rest", "findings")}
    return {**data, "body": {**rest, "findings": plain_findings(body)}}


@dataclass(frozen=True, slots=True)
class _Row:
    """What a row says of each of its subjects. `cause`: the check that causes it, of its own or the subject's cause."""

    members: Mapping[str, Any]
    cause: str
    causes: Mapping[str, Any]


def _read_row(row: Mapping[str, Any]) -> _Row:
    texts = {name: text if isinstance(text := row.get(name), str) else "" for name in _TEXTS}
    cause, source, causes = texts.pop("caused_by"), row.get("source"), row.get("causes")
    named = {name: str(source.get(name, "")) if isinstance(source, Mapping) else "" for name in ("document", "article")}
    members = {"check": texts.pop("check"), "subject": "", **texts, "source": named, "evidence": {}, "caused_by": cause}
    of_each = cause if cause and " " not in cause else ""
    return _Row(members | _basis(row), of_each, causes if isinstance(causes, Mapping) else {})


def _finding(row: _Row, subject: str) -> dict[str, Any]:
    found = {**row.members, "subject": subject, "evidence": {}}
    if row.cause:
        found["caused_by"] = f"{row.cause} {row.causes.get(subject, subject)}"
    return found


def _basis(row: Mapping[str, Any]) -> dict[str, Any]:
    level, age_s = row.get("level"), row.get("oldest_age_s")
    told: dict[str, Any] = {"level": level} if isinstance(level, str) and level in _LEVELS else {}
    is_age = isinstance(age_s, int) and not isinstance(age_s, bool) and 0 <= age_s <= NUMBER_MAX
    return told | ({"oldest_age_s": age_s} if is_age else {})


def _add_details(finding: dict[str, Any], part: Mapping[str, Any]) -> None:
    if isinstance(evidence := part.get("evidence"), Mapping):
        finding["evidence"].update(evidence)
    if isinstance(message := part.get("message"), str):
        finding["message"] = message
    if isinstance(digest := part.get("digest"), str):
        finding["evidence_digest"] = digest


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of subject: the members of a row that name some, or all but some; and every one that the body has."""

    some: str
    but: str
    every: tuple[str, ...]


def _subjects(subjects: object, kinds: tuple[_Kind, ...]) -> list[str]:
    if not isinstance(subjects, dict | Mapping):
        return []
    found = ["site"] if subjects.get("site") is True else []
    for kind in kinds:
        prefix = f"{kind.some[:-1]}:"
        if isinstance(but := subjects.get(kind.but), list):
            left_out = {f"{prefix}{one}" for one in but if isinstance(one, str)}
            found += [one for one in kind.every if one not in left_out]
        elif isinstance(named := subjects.get(kind.some), list):
            found += [f"{prefix}{one}" for one in named if isinstance(one, str)]
    return found


def _name_count(subjects: object, kinds: tuple[_Kind, ...]) -> int:
    if not isinstance(subjects, dict | Mapping):
        return 1
    number = 1
    for kind in kinds:
        if isinstance(named := subjects.get(kind.some), list):
            number += len(named)
        if kind.but in subjects:
            number += len(kind.every)
            if isinstance(but := subjects[kind.but], list):
                number += len(but)
    return number


def _ids(rows: object) -> Iterator[str]:
    return (name for row in objects_of(rows) if isinstance(name := row.get("id"), str))


def objects_of(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list, nothing of another value."""
    return [row for row in value if isinstance(row, dict | Mapping)] if isinstance(value, list | tuple) else []
