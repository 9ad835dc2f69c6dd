"""Schedules which footage to request from recorders in this cycle: little, so that every day has its turn. Pure.

A recorder is asked per day, and each request costs it time. At the first look all months of the window and the day
before; later one month or one day of each camera and cycle, and of every eighth camera in turn no day, so that requests
for all cameras together do not come on top.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from agent.observe.footage.days import CameraFootage, RecordedDay, floor_of, source_of, window_days, zone_of
from agent.observe.footage.read_days import SETTLE
from agent.site.config.site import Site
from drivers.footage import Wanted, WantedFootage
from drivers.model import Span

ROUND = timedelta(days=1)
"""In which time the days of each month are asked for again."""

REST = 8
"""Of each camera no day is listed in one cycle of so many."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def footage_requests(site: Site, footage: Mapping[str, CameraFootage], now: datetime) -> WantedFootage:
    """Return the requests for each camera that is recorded on a device.

    In this order: a day that the last look contradicted; a month not requested in the last `ROUND`, each camera and
    month at its own moment of it; the newest day that was never listed; the one listed longest ago. A request in vain
    counts as a turn.
    """
    wants: dict[str, Wanted] = {}
    cameras = [camera for camera in site.cameras if camera.recorded and not camera.store]
    for number, camera in enumerate(cameras):
        known = footage.get(camera.camera.id)
        if known is not None and known.source != source_of(site, camera):
            known = None
        there = known.there(now) if known else now
        window = window_days(there, floor_of(site, camera), zone_of(site, camera))
        months = tuple(dict.fromkeys((day.year, day.month) for day, _ in window))
        if known is None:
            wants[camera.camera.id] = Wanted(months, tuple(day for day, _ in window[-2:-1]))
            continue
        cycle = int((now - _EPOCH).total_seconds()) // site.period_s
        suspected = [change.from_day for change in known.suspected if change.kind in ("vanished", "changed")]
        if suspected:
            wants[camera.camera.id] = Wanted(days=(suspected[0],))
            continue
        month = _month(known, months, number / len(cameras), now)
        rests = (number + cycle) % REST == 0
        day = None if month or rests else _day(known, window, there)
        if month or day:
            wants[camera.camera.id] = Wanted((month,) if month else (), (day,) if day else ())
    return wants


def _month(
    known: CameraFootage, months: tuple[tuple[int, int], ...], share: float, now: datetime
) -> tuple[int, int] | None:
    """Return a month whose turn it is; `share` (0..1) is where in the round this camera begins."""
    asked = {(one.year, one.month): one.asked_at for one in known.months}
    for number, month in enumerate(months):
        begins = _EPOCH + ROUND * (share + number / len(months))
        turn_at = now - (now - begins) % ROUND
        if not turn_at <= asked.get(month, _NEVER) <= now:
            return month
    return None


def _day(known: CameraFootage, window: tuple[tuple[date, Span], ...], there: datetime) -> date | None:
    spans = dict(window)
    over = [row for row in known.days if row.day in spans and spans[row.day].end_at + SETTLE <= there]
    turns = [(_turn(row, spans[row.day], known), row.day) for row in over if not row.is_missing]
    return min(turns)[1] if turns else None


def _turn(row: RecordedDay, whole: Span, known: CameraFootage) -> tuple[int, datetime, int]:
    """Order days by their turn: never requested, newest first; listed before they were over; requested longest ago."""
    if row.read_at is None:
        return 0, _NEVER, -row.day.toordinal()
    ends = known.oldest_at, known.newest_at
    whole_by_now = ends[0] and ends[1] and ends[0] <= whole.start_at and whole.end_at <= ends[1]
    early = row.level == "segments" and not row.sealed and whole_by_now
    return 1 if early else 2, row.read_at, 0
