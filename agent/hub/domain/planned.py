"""Reads planned work from verified reports, and decides which outages it excuses at the hub. Pure.

A plan excuses a camera whose report was made while it was in force, and a whole site of which nothing came on a day
that lies within it. It counts from when it was declared, and for silent days only if a report had it by then: what is
planned afterwards excuses nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.model.finding import Json, utc_text
from agent.verify.members import dicts_of, name_of, text_of, time_of

PLANS_MOST: Final = 64
"""Plans of one report that are kept."""

WHY_MAX_CHARS: Final = 500

Times = tuple[datetime, datetime]
"""From a moment to before another one, aware."""


@dataclass(frozen=True, slots=True, order=True)
class PlannedWork:
    """Work on `subject` (`site`, `device:ID`, `camera:ID`) and `cameras` behind it.

    Times are aware UTC; `start_at`, when it counts from, is never before it was declared.
    """

    start_at: datetime
    until: datetime
    subject: str
    by: str
    why: str
    cameras: tuple[str, ...] = ()

    def is_in_force(self, at: datetime) -> bool:
        """Return whether the work is in progress at a time."""
        return self.start_at <= at < self.until

    def is_about(self, camera: str, device: str) -> bool:
        """Return whether a camera may be off because of it."""
        return self.subject in ("site", f"camera:{camera}", f"device:{device}") or camera in self.cameras


def read_planned(body: Mapping[str, Any]) -> tuple[PlannedWork, ...]:
    """Return the plans of a config report, without malformed ones."""
    found = []
    for row in dicts_of(body.get("planned"))[:PLANS_MOST]:
        start_at, said_at, until = (time_of(row.get(name)) for name in ("from", "said_at", "until"))
        subject, cameras = name_of(row.get("subject")), row.get("cameras")
        if start_at is None or said_at is None or until is None or not subject:
            continue
        names = tuple(map(text_of, cameras)) if isinstance(cameras, list) else ()
        start_at = max(start_at, said_at)
        if start_at < until:
            by, why = name_of(row.get("by")), text_of(row.get("why"))[:WHY_MAX_CHARS]
            found.append(PlannedWork(start_at, until, subject, by, why, tuple(filter(None, names))))
    return tuple(sorted(found))


def is_off(plans: Iterable[PlannedWork], day: Times) -> bool:
    """Return whether a whole site may be silent for the whole of a day."""
    return any(one.subject == "site" and one.start_at <= day[0] and day[1] <= one.until for one in plans)


def of_day(plans: Iterable[PlannedWork], day: Times) -> Iterable[PlannedWork]:
    """Return the plans that are in force at some time of a day."""
    return (one for one in plans if one.start_at < day[1] and day[0] < one.until)


def to_data(plans: Iterable[PlannedWork]) -> list[Json]:
    """Return plans as the hub stores them."""
    return [[utc_text(p.start_at), utc_text(p.until), p.subject, p.by, p.why] for p in plans]


def from_data(rows: Iterable[list[str]]) -> tuple[PlannedWork, ...]:
    """Parse what `to_data` wrote; the cameras behind a device mattered on the day only."""
    return tuple(
        PlannedWork(datetime.fromisoformat(start), datetime.fromisoformat(until), subject, by, why)
        for start, until, subject, by, why in rows
    )
