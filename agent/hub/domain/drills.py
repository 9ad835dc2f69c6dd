"""Reads drills from verified config reports. Pure.

A drill is a positive control of the site's own: what it provoked is in no figure, episode or outage of the site's
reports, and views show it as a drill.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args

from agent.judge.memory.exercises import EXERCISES, Outcome
from agent.model.finding import Json, Message, utc_text
from agent.verify.members import dicts_of, name_of, text_of, time_of

DRILLS_MOST: Final = 32

OUTCOME_WORDS: Final[Mapping[str, str]] = {
    "recovered": "found after {found_s} s, recovered after {recovered_s} s",
    "not-recovered": "found after {found_s} s, no recovery was seen",
    "not-found": "NOT FOUND",
    "broken-off": "broken off, nothing was found",
    "under-way": "under way",
}


@dataclass(frozen=True, slots=True, order=True)
class DrillSeen:
    """A drill of `by` on `subject` from `start_at`, and what came of it. Aware UTC; None: it has not happened."""

    start_at: datetime
    until: datetime
    exercise: str
    subject: str
    by: str
    outcome: str
    found_at: datetime | None = None
    recovered_at: datetime | None = None


def read_drills(body: Mapping[str, Any]) -> tuple[DrillSeen, ...]:
    """Return the drills of a config report, without malformed ones."""
    found = []
    for row in dicts_of(body.get("drills"))[:DRILLS_MOST]:
        start_at, until, outcome = time_of(row.get("from")), time_of(row.get("until")), text_of(row.get("outcome"))
        exercise, subject, by = (name_of(row.get(name)) for name in ("exercise", "subject", "by"))
        found_at, recovered_at = time_of(row.get("found_at")), time_of(row.get("recovered_at"))
        known = exercise in EXERCISES and outcome in get_args(Outcome)
        if known and subject and by and start_at is not None and until is not None and start_at <= until:
            found.append(DrillSeen(start_at, until, exercise, subject, by, outcome, found_at, recovered_at))
    return tuple(found)


def drills_json(known: Iterable[DrillSeen]) -> list[Json]:
    """Return drills as `--json` shows them and the hub stores them; `read_drills` takes them as `drills` again."""
    return [
        {
            "exercise": one.exercise,
            "subject": one.subject,
            "by": one.by,
            "from": utc_text(one.start_at),
            "until": utc_text(one.until),
            "outcome": one.outcome,
            "found_at": utc_text(one.found_at) if one.found_at else None,
            "recovered_at": utc_text(one.recovered_at) if one.recovered_at else None,
        }
        for one in known
    ]


def drill_line(one: DrillSeen, began: str) -> Message:
    """Return one in words; `began` is formatted by the caller."""
    took = {
        "found_s": _seconds(one.start_at, one.found_at),
        "recovered_s": _seconds(one.found_at or one.start_at, one.recovered_at),
    }
    came = Message(OUTCOME_WORDS[one.outcome], took)
    values = {"began": began, "exercise": one.exercise, "subject": one.subject, "by": one.by, "came": came}
    return Message("drill {began}, {exercise} {subject} ({by}): {came}", values)


def _seconds(begin: datetime, end: datetime | None) -> int:
    return round((end - begin).total_seconds()) if end is not None else 0
