"""Finds the oldest footage that a device lists, and an hour of it to play. Times are the device's own, of Beijing.

Footage that is kept has no holes of whole days where it is as it must be; where it has some, a younger day is found,
and never an older one.

Source: GB/T 28181-2022, 9.7, 9.8 and A.2.4.5.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.onsite.link.plan import BEIJING
from agent.onsite.link.platform import Asked
from drivers.footage import Schedule
from drivers.gb28181.answers import Record, Records

OLDEST_DAYS: Final = 256
PLAYED: Final = timedelta(hours=1)
SHORTEST: Final = timedelta(seconds=10)
ORDINARY: Final = "time"
"""The type of footage that a plan records."""

AskRecords = Callable[[dict[str, str]], Asked]
"""Asks for the footage of one camera: by times and type."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A stretch of footage that a device lists."""

    start: datetime
    end: datetime

    @property
    def span_s(self) -> tuple[int, int]:
        """The same as seconds since 1970, as a call has them. Source: GB/T 28181-2022, annex G (`t=`)."""
        start_s, end_s = (int((at - BEIJING).replace(tzinfo=UTC).timestamp()) for at in (self.start, self.end))
        return start_s, end_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a device lists: from how many days ago on, None for nothing; `is_lost`: an answer did not come.

    `needs_all`: it lists footage of a plan only to who asks for all types.
    """

    days: int | None
    last: Asked
    oldest: Footage | None = None
    is_lost: bool = False
    needs_all: bool = False


def find(ask: AskRecords, now: datetime) -> Listing:
    """Find the oldest day by halving, one day in a query: eight queries instead of 256."""
    today = _day(now, 0)
    newest = _ask(ask, today)
    if not _is_listed(newest):
        return Listing(days=None, last=newest)
    needs_all = False
    if any(one.kind == ORDINARY for one in _records(newest)):
        needs_all = not _is_listed(_ask(ask, today, ORDINARY))
    known, beyond, oldest, found = 0, OLDEST_DAYS, today, newest
    while beyond - known > 1:
        middle = (known + beyond) // 2
        day = _day(now, middle)
        asked = _ask(ask, day)
        listed = _is_listed(asked)
        if listed is None:  # one lost answer must not read as the end of the footage
            return Listing(days=None, last=asked, is_lost=True, needs_all=needs_all)
        if listed:
            known, oldest, found = middle, day, asked
        else:
            beyond = middle
    return Listing(days=known + 1, last=found, oldest=_hour_of(_records(found), oldest), needs_all=needs_all)


def is_open(hours: Schedule | None, at: datetime) -> bool:
    """Tell whether a place is open at a local time, by its declared hours; a place without any is never open."""
    second = at.hour * 3600 + at.minute * 60 + at.second
    return hours is not None and any(
        one.weekday == at.weekday() and one.start_s <= second < one.end_s for one in hours.periods
    )


def _day(now: datetime, days: int) -> Footage:
    end = (now + BEIJING - timedelta(days=days)).replace(tzinfo=None, microsecond=0)
    return Footage(end - timedelta(days=1), end)


def _ask(ask: AskRecords, day: Footage, kind: str = "all") -> Asked:
    times = {"StartTime": day.start.isoformat(), "EndTime": day.end.isoformat()}
    return ask({**times, "Type": kind, "Secrecy": "0"})


def _records(asked: Asked) -> list[Record]:
    return [record for part in asked.parts if isinstance(part, Records) for record in part.records]


def _is_listed(asked: Asked) -> bool | None:
    lists = [one for one in asked.parts if isinstance(one, Records)]
    return any(one.records or one.total for one in lists) if lists else None


def _hour_of(records: list[Record], day: Footage) -> Footage | None:
    """Return an hour of the first record within the day that was asked for: what lies elsewhere was not asked."""
    spans = (
        Footage(max(one.start, day.start), min(one.end, day.end, max(one.start, day.start) + PLAYED))
        for one in records
        if one.start is not None and one.end is not None
    )
    return next((one for one in spans if one.end - one.start >= SHORTEST), None)
