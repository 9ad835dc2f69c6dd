"""Reads acknowledgements of open findings from verified config reports, stored by day beside the figures. Pure.

An acknowledgement changes no figure and hides nothing: an acknowledged finding still fails; views add who acknowledged
it, when, and until when it counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.model.finding import Json, Message, utc_text
from agent.verify.members import dicts_of, name_of, text_of, time_of

KEPT_MOST: Final = 512
"""Words of one day that are kept."""

WHY_MAX_CHARS: Final = 500


@dataclass(frozen=True, slots=True, order=True)
class Acknowledged:
    """`by` acknowledged the finding of `check` on `subject` at `at`; it counts before `until`. Aware UTC."""

    check: str
    subject: str
    by: str
    at: datetime
    until: datetime
    why: str


def read_acknowledged(body: Mapping[str, Any]) -> tuple[Acknowledged, ...]:
    """Return the acknowledgements of a config report, without malformed ones."""
    found = set()
    for row in dicts_of(body.get("acknowledged"))[:KEPT_MOST]:
        check, subject, by = (name_of(row.get(name)) for name in ("check", "subject", "by"))
        at, until = time_of(row.get("at")), time_of(row.get("until"))
        if check and subject and at is not None and until is not None and at < until:
            found.add(Acknowledged(check, subject, by, at, until, text_of(row.get("why"))[:WHY_MAX_CHARS]))
    return tuple(sorted(found))


def to_data(known: Iterable[Acknowledged]) -> list[Json]:
    """Return acknowledgements as the hub stores them, each once."""
    told = sorted(set(known))[:KEPT_MOST]
    return [[one.check, one.subject, one.by, utc_text(one.at), utc_text(one.until), one.why] for one in told]


def from_data(rows: Iterable[list[str]]) -> tuple[Acknowledged, ...]:
    """Parse what `to_data` wrote."""
    return tuple(
        Acknowledged(check, subject, by, datetime.fromisoformat(at), datetime.fromisoformat(until), why)
        for check, subject, by, at, until, why in rows
    )


def acknowledged_json(known: Acknowledged) -> dict[str, Json]:
    """Return one as `--json` shows it."""
    return {
        "check": known.check,
        "subject": known.subject,
        "by": known.by,
        "at": utc_text(known.at),
        "until": utc_text(known.until),
        "why": known.why,
    }


def acknowledged_line(known: Acknowledged, until: str) -> Message:
    """Return one in words; `until` is formatted by the caller."""
    values = {"check": known.check, "subject": known.subject, "by": known.by, "why": known.why, "until": until}
    return Message("{check} {subject} is acknowledged until {until} ({by}: {why})", values)
