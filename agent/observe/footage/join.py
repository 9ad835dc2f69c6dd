"""Merges one look at all footage into the memory of it: the day table, its seals, and contradictions. Pure.

A contradiction counts when two looks in a row find it: a recorder whose disks are starting lists nothing for a while.
Until then the look is set aside and the memory is unchanged. What counts is remembered until somebody acknowledges it,
the footage is back, or its days leave the due window.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.observe.footage.changes import JUMP_SLACK, footage_contradictions, is_restored, plan_cut_at
from agent.observe.footage.days import (
    CLOCK_STEADY_S,
    CameraFootage,
    Change,
    Changes,
    Footage,
    MonthAsked,
    RecordedDay,
    chain_head,
    clock_offset_s,
    first_anchor,
    floor_of,
    recorder_of,
    source_of,
    to_the_minute,
    window_days,
    zone_of,
)
from agent.observe.footage.read_days import Listing, carried, claimed, contradiction, is_healed, listing_of, read_days
from agent.observe.footage.requests import footage_requests
from agent.observe.footage.runs import holes_of, ring_of, run_from
from agent.observe.footage.sizes import with_rates
from agent.site.config.site import CameraConfig, Site
from drivers.footage import Schedule, Wanted
from drivers.model import Clock, Observations, Span, Value
from drivers.spans import day_of

CHANGES_MAX = 16
"""How many changes are remembered per camera; the newest stay."""

GAPS_MAX = 64
"""How many holes of a camera are remembered with their place; the longest stay, and all are counted."""

MOVED_S = 60.0

RING_PASSES = timedelta(minutes=10)
"""How long a hole behind the oldest day of footage must be to begin the ring behind it. House rule."""

_SETS_ASIDE = frozenset({"formatted", "oldest-jumped", "newest-back"})


@dataclass(frozen=True, slots=True)
class _CameraLook:
    """One look at one camera's footage. `there` is the recorder's clock; `dated`: it or ours is reliable."""

    told: Listing
    asked: Wanted
    now: datetime
    there: datetime
    dated: bool
    due_from: datetime
    window: tuple[tuple[date, Span], ...]


@dataclass(frozen=True, slots=True)
class _DaysAfter:
    """The days after a look, its contradictions, whether a sealed day was read again, and `CameraFootage.run_at`."""

    rows: dict[date, RecordedDay]
    contradicted: tuple[Change, ...]
    read_again: bool
    run_at: datetime | None


def merge_footage(
    site: Site, observations: Observations, footage: Footage, now: datetime, own_clock_trusted: bool = True
) -> tuple[Footage, Changes]:
    """Return the memory with this cycle's observations, and the changes that this look has confirmed.

    A camera whose recordings were not read retains its memory; one that is no longer recorded is dropped. `footage` is
    what this returned the last time; `footage_requests` must have been asked with it, at the same `now`. `now` is when
    the cycle began, our clock; `own_clock_trusted`: it may be compared with the dates of footage.
    """
    seen: dict[str, list[Value]] = {}
    for observation in observations:
        seen.setdefault(observation.subject, []).append(observation.value)
    asked = footage_requests(site, footage, now)
    after: dict[str, CameraFootage] = {}
    found: dict[str, tuple[Change, ...]] = {}
    for camera in site.cameras:
        name = camera.camera.id
        known = footage.get(name)
        if not camera.recorded:
            continue
        told = listing_of(seen.get(f"camera:{name}", ()))
        if told is None:
            if known is not None:
                after[name] = known
            continue
        clocks = () if camera.store else seen.get(recorder_of(camera), ())
        clock = next((value for value in clocks if isinstance(value, Clock)), None)
        before, known = known, _same_or_new(site, camera, known, told, now)
        offset_s = clock_offset_s(clock, told.newest_at, now, known.offset_s)
        if known is before and abs(offset_s - known.offset_s) > CLOCK_STEADY_S:
            known = replace(known, clock_moved_at=now)
        known = replace(known, offset_s=offset_s)
        there, floor = known.there(now), floor_of(site, camera)
        window = window_days(there, floor, zone_of(site, camera))
        known = with_rates(camera, known, seen.get(f"camera:{name}", ()), seen.get(recorder_of(camera), ()), window)
        dated = own_clock_trusted or clock is not None
        look = _CameraLook(told, asked.get(name, Wanted()), now, there, dated, there - floor, window)
        after[name], confirmed = _joined(site, camera, known, look)
        if confirmed:
            found[name] = confirmed
    return after, found


def without_acknowledged(footage: Footage, ids: Collection[str]) -> Footage:
    """Return the memory without acknowledged changes, by their ids in the finding."""
    return {
        name: replace(one, changes=tuple(c for c in one.changes if c.id_of(name) not in ids))
        for name, one in footage.items()
    }


def _same_or_new(
    site: Site, camera: CameraConfig, known: CameraFootage | None, told: Listing, now: datetime
) -> CameraFootage:
    """Return the memory; without one, or at another recorder, a new one that continues the hash chain."""
    name, source = camera.camera.id, source_of(site, camera)
    if known is not None and known.source == source:
        return known
    anchor = known.sealed_head if known else first_anchor(name)
    return CameraFootage(
        name,
        source,
        read_at=now,
        first_seen_at=known.first_seen_at if known else now,
        oldest_moved_at=now,
        oldest_at=told.oldest_at,
        newest_at=told.newest_at,
        earliest_at=known.earliest_at if known else None,
        anchor=anchor,
        sealed_gone=known.sealed_days if known else 0,
        sealed_head=anchor,
        changes=known.changes if known else (),
    )


def _joined(
    site: Site, camera: CameraConfig, known: CameraFootage, look: _CameraLook
) -> tuple[CameraFootage, tuple[Change, ...]]:
    zone, told = zone_of(site, camera), look.told
    before = {change.kind for change in known.suspected}
    ongoing = {change.kind for change in known.changes}
    swept = tuple(
        change
        for change in footage_contradictions(
            known, told.oldest_at, told.newest_at, look.due_from, look.now, look.there if look.dated else None, zone
        )
        if change.kind != "in-future" or "in-future" not in ongoing
    )
    if any(change.kind in _SETS_ASIDE and change.kind not in before for change in swept):
        return replace(known, suspected=swept), ()
    days = _rows(known, look, zone)
    seen = (*swept, *days.contradicted)
    confirmed = tuple(change for change in seen if any(change.is_same(other) for other in known.suspected))
    suspected = tuple(change for change in seen if change not in confirmed)
    rows = _within_budget(days.rows)
    gone = tuple(row for row in known.days if row.sealed and not ((still := rows.get(row.day)) and still.sealed))
    anchor = chain_head(known.anchor, gone)
    kept = tuple(rows[day] for day in sorted(rows))
    moved = _moved(known.oldest_at, told.oldest_at)
    in_order = _is_recorded_over(known, days.run_at, look.now)
    run_moved = in_order and known.run_at is not None and _moved(known.run_at, days.run_at)
    run_at = days.run_at if in_order or not suspected else known.run_at
    earliest = min((at for at in (known.earliest_at, told.oldest_at) if at is not None), default=None)
    after = replace(
        known,
        days=kept,
        read_at=look.now,
        oldest_at=told.oldest_at,
        newest_at=told.newest_at,
        earliest_at=earliest,
        oldest_moved_at=look.now if moved else known.oldest_moved_at,
        months=_months(known.months, look),
        schedule=told.schedule or known.schedule,
        plan_cut_at=plan_cut_at(known, told.schedule, look.now),
        anchor=anchor,
        sealed_gone=known.sealed_gone + len(gone),
        sealed_head=chain_head(anchor, (row for row in kept if row.sealed)),
        read_again_at=to_the_minute(look.now) if days.read_again else known.read_again_at,
        changes=_changes(known.changes, confirmed, rows, told.oldest_at, day_of(look.due_from, zone)),
        suspected=suspected,
        run_at=run_at,
        run_moved_at=look.now if run_moved else known.run_moved_at if run_at else None,
    )
    return after, confirmed


def _rows(known: CameraFootage, look: _CameraLook, zone: ZoneInfo) -> _DaysAfter:
    told = look.told
    before = {row.day: row for row in known.days}
    fresh = read_days(told, look.window, look.there, to_the_minute(look.now))
    rows: dict[date, RecordedDay] = {}
    contradicted: list[Change] = []
    read_again = False
    run_at = _isolated_run(told, {**before, **fresh}, told.schedule or known.schedule, zone)
    in_order = _is_recorded_over(known, run_at, look.now)
    for day, whole in look.window:
        old, new = before.get(day), fresh.get(day)
        if day in look.asked.days and (new is None or new.level == "day"):
            asked_at = to_the_minute(look.now)
            old = replace(old, read_at=asked_at) if old else RecordedDay(day, 0, read_at=asked_at)
        if new is None:
            kept = claimed(told, day, whole, old) if told.within(whole) else None
            rows |= {day: kept} if kept else {}
            continue
        at_an_end = not told.spans or whole.start_at < told.spans[0].start_at or whole.end_at > told.spans[-1].end_at
        if in_order and run_at is not None and whole.start_at < run_at:
            # Between a clip that is locked and the ring: a day that is gone is gone, one that goes stays as it was.
            rows[day] = new if whole.end_at <= run_at else carried(old, new)
            continue
        change = contradiction(old, new, look.now) if old and not at_an_end and whole.end_at > look.due_from else None
        restored = any(is_healed(one, new) for one in known.changes if one.from_day == day)
        if change is None or restored:
            # The newest day still grows; the oldest is being recorded over and stays as it was sealed.
            growing = whole.end_at > told.spans[-1].end_at
            rows[day] = new if growing or restored else carried(old, new)
            read_again |= old is not None and old.sealed and new.level == "segments" and not at_an_end
            continue
        contradicted.append(change)
        again = any(change.is_same(other) for other in known.suspected)
        rows[day] = new if again or old is None else old
    return _DaysAfter(rows, tuple(contradicted), read_again, run_at)


def _isolated_run(
    told: Listing, rows: Mapping[date, RecordedDay], plan: Schedule | None, zone: ZoneInfo
) -> datetime | None:
    """Return the start of the footage that reaches to now, None where nothing stands alone before it.

    A ring that begins to leave a locked clip behind is followed from the first minutes on.
    """
    run_at = run_from(
        ring_of(told.spans, told.locked), holes_of(rows.values(), zone), plan, zone, RING_PASSES, JUMP_SLACK
    )
    return run_at if run_at != told.oldest_at else None


def _is_recorded_over(known: CameraFootage, run_at: datetime | None, now: datetime) -> bool:
    """Tell whether the ring behind a locked clip moved on by no more than time did: it overwrites in order."""
    before = known.run_at or known.oldest_at
    if before is None or run_at is None:
        return False
    return run_at - before <= max(now - known.read_at, timedelta()) + JUMP_SLACK


def _within_budget(rows: dict[date, RecordedDay]) -> dict[date, RecordedDay]:
    """Drop the places of the shortest holes of a camera that has very many."""
    placed = sorted((b - a for row in rows.values() for a, b in row.gaps), reverse=True)
    if len(placed) <= GAPS_MAX:
        return rows
    shortest = placed[GAPS_MAX]
    return {day: replace(row, gaps=tuple((a, b) for a, b in row.gaps if b - a > shortest)) for day, row in rows.items()}


def _months(known: tuple[MonthAsked, ...], look: _CameraLook) -> tuple[MonthAsked, ...]:
    """Record which months were requested; one requested in vain waits for its next turn, too."""
    within = {(day.year, day.month) for day, _ in look.window}
    asked = {(one.year, one.month): one.asked_at for one in known}
    asked |= dict.fromkeys(look.asked.months, look.now)
    return tuple(MonthAsked(*month, at) for month, at in sorted(asked.items()) if month in within)


def _changes(
    known: tuple[Change, ...],
    confirmed: tuple[Change, ...],
    rows: Mapping[date, RecordedDay],
    oldest: datetime | None,
    due_from: date,
) -> tuple[Change, ...]:
    """Add what was confirmed; leave out what healed and what left the window."""
    healed = [one for one in known if is_healed(one, rows.get(one.from_day)) or is_restored(one, oldest)]
    kept = [one for one in (*known, *confirmed) if one not in healed and one.until_day >= due_from]
    return tuple(kept[-CHANGES_MAX:])


def _moved(before: datetime | None, after: datetime | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) > timedelta(seconds=MOVED_S)
