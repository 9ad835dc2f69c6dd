"""Calculates with stretches of time: union, difference, holes, and the local days they fall on. Pure.

A span is half open: it includes its start, not its end. `Spans` are sorted, disjoint and not empty; `merged` builds
them from any stretches, every other function takes and returns them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from drivers.model import Span

Spans = tuple[Span, ...]

SLACK_S = 2.0
"""Holes up to this long are between two files of one recording. House rule.

Recorders begin a new file without losing a picture, and list whole seconds.
"""

_DAY = timedelta(days=1)


def merged(spans: Iterable[Span], slack_s: float = 0.0) -> Spans:
    """Return the union of the non-empty spans; holes of at most `slack_s` seconds between two count as recorded."""
    joined: list[Span] = []
    slack = timedelta(seconds=slack_s)
    for span in sorted((one for one in spans if one.start_at < one.end_at), key=lambda one: one.start_at):
        if joined and span.start_at - joined[-1].end_at <= slack:
            if span.end_at > joined[-1].end_at:
                joined[-1] = Span(joined[-1].start_at, span.end_at)
        else:
            joined.append(span)
    return tuple(joined)


def clipped(spans: Spans, within: Span) -> Spans:
    """Return the part of the spans that lies within one span."""
    first = bisect_right(spans, within.start_at, key=lambda one: one.end_at)
    last = bisect_left(spans, within.end_at, key=lambda one: one.start_at)
    cut = (Span(max(one.start_at, within.start_at), min(one.end_at, within.end_at)) for one in spans[first:last])
    return tuple(one for one in cut if one.start_at < one.end_at)


def common(spans: Spans, others: Spans) -> Spans:
    """Return the time that lies in both."""
    return tuple(piece for one in spans for piece in clipped(others, one))


def subtracted(spans: Spans, taken: Spans) -> Spans:
    """Return the spans without the time that lies in `taken`."""
    left: list[Span] = []
    for span in spans:
        at = span.start_at
        for hole in clipped(taken, span):
            if at < hole.start_at:
                left.append(Span(at, hole.start_at))
            at = hole.end_at
        if at < span.end_at:
            left.append(Span(at, span.end_at))
    return tuple(left)


def gaps(spans: Spans, within: Span) -> Spans:
    """Return the holes that the spans leave in one span."""
    return subtracted((within,), spans) if within.start_at < within.end_at else ()


def covers(spans: Spans, wanted: Span) -> bool:
    """Return whether one of the spans contains the whole of `wanted`."""
    held = clipped(spans, wanted)
    return held == (wanted,)


def seconds(span: Span) -> float:
    """Return the length of a span."""
    return (span.end_at - span.start_at).total_seconds()


def total_s(spans: Spans) -> float:
    """Return the length of all spans together, in seconds."""
    return sum(map(seconds, spans))


def at_wall(day: date, second: int, zone: ZoneInfo) -> datetime:
    """Return the moment at which a wall clock shows `second` seconds (0..86400) of a day; 86400 is the next midnight.

    Where the clock shows it twice, the first time counts; where it never does, the moment at which it skips ahead.
    """
    if second >= 86_400:
        return at_wall(day + _DAY, 0, zone)
    naive = datetime.combine(day, time()) + timedelta(seconds=second)
    at = naive.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == naive:
        return at
    # This wall time is skipped. Read with the offset after the change it lies before it, with the one before it after.
    early, late = naive.replace(tzinfo=zone, fold=1).astimezone(UTC), at
    offset = late.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (early, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, late)
    return late.replace(microsecond=0)


@lru_cache(maxsize=2048)
def day_span(day: date, zone: ZoneInfo) -> Span:
    """Return a local day: 23, 24 or 25 hours long where the clocks change."""
    return Span(at_wall(day, 0, zone), at_wall(day + _DAY, 0, zone))


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the local day on which a moment falls."""
    return moment.astimezone(zone).date()


def days_of(span: Span, zone: ZoneInfo) -> tuple[tuple[date, Span], ...]:
    """Return every local day that a span touches, whole, oldest first."""
    if span.start_at >= span.end_at:
        return ()
    day, last = day_of(span.start_at, zone), day_of(span.end_at - timedelta(microseconds=1), zone)
    days = []
    while day <= last:
        days.append((day, day_span(day, zone)))
        day += _DAY
    return tuple(days)


def second_of(moment: datetime, day: Span) -> int:
    """Return how many seconds of a local day have passed at a moment, to the nearest second."""
    return round((moment - day.start_at).total_seconds())
