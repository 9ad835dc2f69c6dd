"""Finds the run of footage that reaches to now: what a recorder still holds without a hole that isolates it. Pure.

A recorder keeps what somebody locked, however old, over a ring of a few days: its oldest moment tells nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.observe.footage.days import RecordedDay, absolute_gaps
from drivers.spans import Spans, day_span, merged, subtracted, total_s

ISOLATING = timedelta(days=1)
"""How long a hole must be at least to cut off what is older. House rule: shorter ones are outages."""


def holes_of(rows: Iterable[RecordedDay], zone: ZoneInfo) -> Spans:
    """Return the holes of remembered days, which the spans of one look may hide."""
    return merged(hole for row in rows for hole in absolute_gaps(row, day_span(row.day, zone)))


def run_from(spans: Spans, holes: Spans) -> datetime | None:
    """Return the start of the footage that reaches to now: behind the newest hole longer than all before it.

    Without such a hole the oldest moment; None: there is no footage.
    """
    held = subtracted(merged(spans), holes)
    for number in range(len(held) - 1, 0, -1):
        hole = held[number].start_at - held[number - 1].end_at
        if hole >= ISOLATING and hole.total_seconds() > total_s(held[:number]):
            return held[number].start_at
    return held[0].start_at if held else None
