"""Reads each day of a camera's footage out of one look, and compares it with the memory of that day. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from agent.observe.footage.days import BEGINNING, END, GAPS_PER_DAY, Change, Level, RecordedDay
from drivers.footage import DayIndex, RecordedDays, Schedule, StoreIndex
from drivers.model import Recordings, Span, Unavailable, Value
from drivers.spans import SLACK_S, Spans, clipped, covers, gaps, merged, second_of, seconds, total_s

SETTLE = timedelta(hours=1)
"""How long after its end a day's last file may still be open: it is sealed only then. House rule."""

TOLERANCE_S = 60
"""How much less a sealed day may hold when it is listed again. House rule: listings differ by seconds."""

DIGEST_CHARS = 24


@dataclass(frozen=True, slots=True)
class Listing:
    """The listing of a camera's footage in one look: spans sorted and merged, days and their index by day."""

    spans: Spans
    listed: Spans
    days: Mapping[date, bool]
    index: Mapping[date, DayIndex]
    schedule: Schedule | None
    locked: Spans = ()

    @property
    def oldest_at(self) -> datetime | None:
        """The oldest recorded moment."""
        return self.spans[0].start_at if self.spans else None

    @property
    def newest_at(self) -> datetime | None:
        """The end of the newest footage."""
        return self.spans[-1].end_at if self.spans else None

    def within(self, whole: Span) -> Span | None:
        """Return the part of a day between the oldest and the newest footage, or None."""
        if not self.spans:
            return None
        part = clipped((Span(self.spans[0].start_at, self.spans[-1].end_at),), whole)
        return part[0] if part else None


def listing_of(values: Iterable[Value]) -> Listing | None:
    """Collect the listing of one camera's footage; None where its recordings could not be read.

    The first observation of its recordings counts: the camera's device cannot answer for an unreadable store.
    """
    recordings: Recordings | None = None
    days: dict[date, bool] = {}
    index: dict[date, DayIndex] = {}
    schedule: Schedule | None = None
    for value in values:
        if isinstance(value, Recordings):
            recordings = recordings or value
        elif isinstance(value, Unavailable) and value.fact == "recordings" and recordings is None:
            return None
        elif isinstance(value, RecordedDays):
            days.update({one.day: one.recorded for one in value.days})
        elif isinstance(value, StoreIndex):
            index.update({one.day: one for one in value.days})
        elif isinstance(value, Schedule):
            schedule = schedule or value
    if recordings is None:
        return None
    calendar = Span(BEGINNING, END)
    spans, listed = (clipped(merged(some, SLACK_S), calendar) for some in (recordings.spans, recordings.listed))
    return Listing(spans, listed, days, index, schedule, recordings.locked)


def read_days(
    told: Listing, window: tuple[tuple[date, Span], ...], there: datetime, read_at: datetime
) -> dict[date, RecordedDay]:
    """Return the days between the oldest and the newest footage that a look shows in more detail than spans.

    A listed day is known by its segments. Others count as the device reports the day, an empty one only when it is
    over. Holes between spans count elsewhere only where nothing was listed, as of a device that lists its recordings
    and not their holes. `there`: the recorder's clock; `read_at`: our clock, to the minute.
    """
    found: dict[date, RecordedDay] = {}
    for day, whole in window:
        due = told.within(whole)
        if due is None:
            continue
        over = there >= whole.end_at + SETTLE
        if covers(told.listed, due):
            row = _measured(day, Span(whole.start_at, due.end_at), told.spans, "segments")
            index = told.index.get(day)
            if index is not None:
                row = replace(row, digest=index.digest[:DIGEST_CHARS], size_bytes=index.size_bytes)
            found[day] = replace(row, read_at=read_at, sealed=over and due == whole)
        elif told.days.get(day):
            found[day] = RecordedDay(day, round(seconds(due)))
        elif day in told.days and over:
            found[day] = RecordedDay(day, 0, ((0, round(seconds(whole))),), 1)
        elif not told.listed and day not in told.days:
            found[day] = _measured(day, Span(whole.start_at, due.end_at), told.spans, "day")
    return found


def claimed(told: Listing, day: date, whole: Span, before: RecordedDay | None) -> RecordedDay | None:
    """Return the memory of a day that a look only shows within its spans."""
    if before is not None and (before.level == "segments" or before.is_missing):
        return before
    due = told.within(whole)
    if due is None:
        return None
    return RecordedDay(day, round(total_s(clipped(told.spans, due))), read_at=before.read_at if before else None)


def _measured(day: date, within: Span, spans: Spans, level: Level) -> RecordedDay:
    inside = clipped(spans, within)
    holes = gaps(inside, within)
    longest = sorted(holes, key=seconds, reverse=True)[:GAPS_PER_DAY]
    placed = sorted((second_of(hole.start_at, within), second_of(hole.end_at, within)) for hole in longest)
    return RecordedDay(day, round(total_s(inside)), tuple(placed), len(holes), level)


def contradiction(before: RecordedDay, fresh: RecordedDay, found_at: datetime) -> Change | None:
    """Return what a new look at a sealed day contradicts, or None."""
    if not before.sealed or (fresh.level == "day" and not fresh.is_missing):
        return None
    lost_s = before.recorded_s - fresh.recorded_s
    if lost_s > TOLERANCE_S:
        seen = str(before.recorded_s), str(fresh.recorded_s)
        return Change("vanished", found_at, before.day, before.day, *seen, lost_s)
    if before.digest and fresh.digest and before.digest != fresh.digest:
        return Change("changed", found_at, before.day, before.day, before.digest, fresh.digest)
    return None


def is_healed(change: Change, row: RecordedDay | None) -> bool:
    """Tell whether a day has again what it had before a change."""
    if row is None or row.level == "day":
        return False
    if change.kind == "vanished":
        return row.recorded_s >= int(change.before) - TOLERANCE_S
    return change.kind == "changed" and row.digest == change.before


def carried(before: RecordedDay | None, fresh: RecordedDay) -> RecordedDay:
    """Return the memory of a day after a look that does not contradict it.

    Listed segments count while the recorder reports footage; a sealed day is unchanged unless it grew, as where a
    camera filled a hole in from its own card.
    """
    if before is None:
        return fresh
    if fresh.level == "day":
        keeps = before.level == "segments" and not fresh.is_missing
        return before if keeps else replace(fresh, read_at=before.read_at)
    if not before.sealed:
        return fresh
    grown = fresh.recorded_s > before.recorded_s + TOLERANCE_S or (fresh.digest and not before.digest)
    return fresh if grown and fresh.sealed else replace(before, read_at=fresh.read_at)
