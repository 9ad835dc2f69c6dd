"""Finds the run of footage that reaches to now: what a recorder still holds without a hole that isolates it. Pure.

A recorder keeps what somebody locked, however old, over a ring of a few days: its oldest moment tells nothing of that.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.observe.footage.days import RecordedDay, absolute_gaps
from agent.observe.footage.gaps import planned
from drivers.footage import Schedule
from drivers.model import Span
from drivers.spans import Spans, clipped, day_span, days_of, merged, seconds, subtracted, total_s

ISOLATING = timedelta(days=1)
"""How long a hole must be at least to cut off what is older. House rule: shorter ones are outages."""


def holes_of(rows: Iterable[RecordedDay], zone: ZoneInfo) -> Spans:
    """Return the holes of remembered days, which the spans of one look may hide."""
    return merged(hole for row in rows if row.gaps for hole in absolute_gaps(row, day_span(row.day, zone)))


def ring_of(spans: Spans, locked: Spans) -> Spans:
    """Return the footage behind what somebody locked at its beginning: that is kept whatever the ring holds."""
    for clip in merged(locked):
        if spans and clip.start_at <= spans[0].start_at:
            spans = subtracted(spans, (clip,))
    return spans


def due_s(hole: Span, plan: Schedule | None, zone: ZoneInfo) -> float:
    """Return how many seconds of a hole the recorder's plan covers."""
    return sum(
        total_s(planned(plan, whole, part, zone))
        for _, whole in days_of(hole, zone)
        for part in clipped((hole,), whole)
    )


def run_from(
    spans: Spans,
    holes: Spans,
    plan: Schedule | None,
    zone: ZoneInfo,
    least: timedelta = ISOLATING,
    older: timedelta = timedelta(),
) -> datetime | None:
    """Return the start of the footage that reaches to now: behind the newest hole longer than all before it.

    A hole is at least `least` long; where no more than `older` of footage lies before it, its length does not matter.

    Of a hole only the time counts that the recorder's plan covers: a weekend without recording isolates nothing, nor
    does a day without motion. Without such a hole the oldest moment; None: there is no footage.
    """
    held = subtracted(merged(spans), holes)
    for number in range(len(held) - 1, 0, -1):
        hole = Span(held[number - 1].end_at, held[number].start_at)
        if seconds(hole) < least.total_seconds():
            continue
        missing_s = due_s(hole, plan, zone)
        older_s = total_s(held[:number])
        if missing_s >= least.total_seconds() and (missing_s > older_s or older_s <= older.total_seconds()):
            return held[number].start_at
    return held[0].start_at if held else None
