"""Classifies gaps in the footage that one camera must retain: missing, unknown, and the likely cause. Pure.

Due is the time that the recorder's plan covers within the window; every second where it has no plan in force. Time
planned for recording on motion is not due: holes in it prove nothing.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from agent.observe.footage.days import (
    CameraFootage,
    Footage,
    RecordedDay,
    absolute_gaps,
    floor_of,
    recorder_of,
    zone_of,
)
from agent.observe.footage.outages import Outage, OutageKind
from agent.site.config.site import CameraConfig, Site
from drivers.footage import Schedule
from drivers.model import Span
from drivers.spans import SLACK_S, Spans, at_wall, clipped, common, days_of, merged, seconds, subtracted, total_s

GapClass = Literal["camera-off", "recorder-off", "disk", "not-asked", "unknown"]
"""Why footage is missing: camera offline, recorder silent or all its cameras with the same hole, disk not well, not
requested yet, or unknown.
"""

LISTING_GRACE = timedelta(hours=6)
"""How long after its end a day may still wait for its turn to be listed. House rule: several cycles of any site."""

EXPLAINED_RATIO = 0.5
"""Share of a hole that must be in an outage to be explained by it: looks are a period apart."""
DAY_S = 86_400
WEEK_S = 7 * DAY_S
PLAN_SLACK_S = 7 * 60
"""How much of a week a plan may leave out: many end a day at 23:59. House rule."""
UNCONDITIONAL = frozenset({"continuous", "other"})
"""The modes of a plan in which every second is recorded."""
SAME_RATIO = 0.9
"""How much of a hole other cameras must lack as well to share it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of one camera's due footage. Moments are the recorder's.

    `due_s` and `lost_s` are of days known by their segments; `lost_s` includes holes without a stored place. `gaps` are
    sorted and merged; on days known only as a whole those that the recorder reported. `not_asked` is due time of
    complete days of which nothing is known. `missing_days` are complete without footage; `unlisted_days` complete and
    known as a whole only. `motion_s` is planned for recording on motion.
    """

    window: Span
    due_s: float
    lost_s: float
    gaps: Spans
    not_asked: Spans
    listed_days: int
    unlisted_days: int
    missing_days: int
    motion_s: float

    @property
    def ratio(self) -> float:
        """The share (0..1) of due time that is recorded; 1 where nothing is due."""
        return 1.0 - self.lost_s / self.due_s if self.due_s else 1.0


def coverage(
    site: Site, camera: CameraConfig, footage: CameraFootage, now: datetime, hours: Schedule | None = None
) -> Coverage | None:
    """Return the coverage of the due window, from the start of footage to its end.

    `hours`: when the site must be recorded (`due.py`), around the clock where it is None.
    None: no footage of the window is known. Time before the oldest moment is a matter of retention, time after the
    newest one of whether recording goes on.
    """
    zone, there = zone_of(site, camera), footage.there(now)
    if footage.oldest_at is None or footage.newest_at is None:
        return None
    window = Span(max(footage.oldest_at, there - floor_of(site, camera)), min(footage.newest_at, there))
    if window.start_at >= window.end_at:
        return None
    rows = {row.day: row for row in footage.days}
    due_s = lost_s = motion_s = 0.0
    gaps: list[Span] = []
    not_asked: list[Span] = []
    listed = unlisted = missing = 0
    for day, whole in days_of(window, zone):
        part = clipped((window,), whole)[0]
        due = planned(footage.schedule, whole, part, zone)
        if hours is not None:
            due = common(due, due_of(hours, part, ZoneInfo(site.time_zone)))
        motion_s += total_s(_of_motion(footage.schedule, whole, part, zone))
        if not due:
            continue
        row = rows.get(day)
        over = whole.end_at + LISTING_GRACE <= there
        if row is None or row.is_untold:
            unlisted += over
            not_asked += due if over else ()
            continue
        holes = common(merged(absolute_gaps(row, whole)), due)
        gaps += holes
        if row.level == "segments":
            listed += 1
            due_s += total_s(due)
            lost_s += min(total_s(due), total_s(holes) + _unplaced_s(row, whole, part, window.end_at))
        elif not row.is_missing:
            unlisted += over
        missing += part == whole and total_s(holes) >= total_s(due)
    return Coverage(
        window, due_s, lost_s, merged(gaps, SLACK_S), merged(not_asked), listed, unlisted, missing, motion_s
    )  # fmt: skip


def planned(schedule: Schedule | None, whole: Span, part: Span, zone: ZoneInfo) -> Spans:
    """Return the due time of a part of a local day: all of it without a plan in force."""
    if schedule is None or schedule.enabled is False or not schedule.periods:
        return (part,)
    return clipped(_of_modes(schedule, whole, zone, UNCONDITIONAL), part)


def is_motion_only(schedule: Schedule | None) -> bool:
    """Tell whether the plan in force records on motion or on events only."""
    if schedule is None or schedule.enabled is False or not schedule.periods:
        return False
    return all(period.mode in ("motion", "event") for period in schedule.periods)


def covered_s(schedule: Schedule | None) -> int:
    """Return the seconds of a week that the plan in force records unconditionally; all without a plan.

    A disabled or empty plan limits nothing: then every second is due.
    """
    if schedule is None or schedule.enabled is False or not schedule.periods:
        return WEEK_S
    total = reached = 0
    periods = (p for p in schedule.periods if p.mode not in ("motion", "event"))
    for start, end in sorted((p.weekday * DAY_S + p.start_s, p.weekday * DAY_S + p.end_s) for p in periods):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _of_motion(schedule: Schedule | None, whole: Span, part: Span, zone: ZoneInfo) -> Spans:
    if schedule is None or schedule.enabled is False:
        return ()
    planned_too = planned(schedule, whole, part, zone)
    return subtracted(clipped(_of_modes(schedule, whole, zone, frozenset({"motion", "event"})), part), planned_too)


def due_of(hours: Schedule | None, part: Span, zone: ZoneInfo) -> Spans:
    """Return the time of a span that is due by the hours of `due.py`, in the site's zone; None: every second."""
    if hours is None:
        return (part,)
    days = days_of(part, zone)
    return merged(one for _, whole in days for one in clipped(_of_modes(hours, whole, zone, UNCONDITIONAL), part))


@lru_cache(maxsize=1024)
def _of_modes(schedule: Schedule, whole: Span, zone: ZoneInfo, modes: frozenset[str]) -> Spans:
    day = whole.start_at.astimezone(zone).date()
    return merged(
        Span(at_wall(day, period.start_s, zone), at_wall(day, period.end_s, zone))
        for period in schedule.periods
        if period.weekday == day.weekday() and period.mode in modes
    )


def _unplaced_s(row: RecordedDay, whole: Span, part: Span, ends_at: datetime) -> float:
    """Return the seconds of a day lost in holes without a stored place, as far as the window covers it."""
    known = Span(whole.start_at, min(whole.end_at, ends_at))
    placed = sum(b - a for a, b in row.gaps)
    unplaced = seconds(known) - row.recorded_s - placed
    # Numbers are whole seconds, two for each hole.
    return unplaced * seconds(part) / seconds(known) if row.gap_count > len(row.gaps) and unplaced > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Causes:
    """What may explain holes, indexed once.

    `by_recorder`: the cameras of each recorder with known footage, with their zone; `unwell`: when each subject was not
    well, by our clock, with a period on either side.
    """

    footage: Footage
    by_recorder: Mapping[str, tuple[tuple[CameraFootage, ZoneInfo], ...]]
    unwell: Mapping[tuple[str, OutageKind], Spans]


def causes_of(site: Site, footage: Footage, outages: Iterable[Outage]) -> Causes:
    """Index what may explain holes in the footage of a site; `outages` are by our clock."""
    by_recorder: dict[str, list[tuple[CameraFootage, ZoneInfo]]] = {}
    for camera in site.cameras:
        held = footage.get(camera.camera.id)
        if camera.recorded and held is not None:
            by_recorder.setdefault(recorder_of(camera), []).append((held, zone_of(site, camera)))
    unwell = _by_subject(outages, timedelta(seconds=site.period_s))
    return Causes(footage, {recorder: tuple(held) for recorder, held in by_recorder.items()}, unwell)


def cause_of(gap: Span, camera: CameraConfig, causes: Causes) -> GapClass:
    """Return the first cause that explains a hole (recorder's clock) in a camera's footage, else `unknown`."""
    own = causes.footage.get(camera.camera.id)
    offset = timedelta(seconds=own.offset_s if own else 0.0)
    ours = Span(gap.start_at - offset, gap.end_at - offset)
    recorder, subject = recorder_of(camera), f"camera:{camera.camera.id}"

    def explained(*keys: tuple[str, OutageKind]) -> bool:
        spans = merged(span for key in keys for span in causes.unwell.get(key, ()))
        return total_s(clipped(spans, ours)) >= EXPLAINED_RATIO * seconds(ours)

    if explained((recorder, "silent")) or _is_shared(gap, camera, causes.by_recorder.get(recorder, ())):
        return "recorder-off"
    if explained((subject, "silent"), (subject, "offline")):
        return "camera-off"
    if explained((recorder, "disk"), *((("site", "disk"),) if camera.store else ())):
        return "disk"
    return "unknown"


def _by_subject(outages: Iterable[Outage], margin: timedelta) -> dict[tuple[str, OutageKind], Spans]:
    """Return when each subject was not well: outages begin and end within a period of when they were seen."""
    found: dict[tuple[str, OutageKind], list[Span]] = {}
    for one in outages:
        key = one.subject, one.kind
        found.setdefault(key, []).append(Span(one.start_at - margin, one.end_at + margin))
    return {key: merged(spans) for key, spans in found.items()}


def _is_shared(gap: Span, camera: CameraConfig, recorder: Iterable[tuple[CameraFootage, ZoneInfo]]) -> bool:
    """Tell whether every other camera of the recorder, where that time is known, lacks it as well."""
    others, same_s = 0, SAME_RATIO * seconds(gap)
    touched: dict[ZoneInfo, tuple[tuple[date, float, float], ...]] = {}
    for held, zone in recorder:
        if held.camera_id == camera.camera.id:
            continue
        days = touched.get(zone)
        if days is None:
            days = touched[zone] = _seconds_of_days(gap, zone)
        missing_s = _missing_s(days, held)
        if missing_s is None:
            continue
        if missing_s < same_s:
            return False
        others += 1
    return others > 0


def _seconds_of_days(gap: Span, zone: ZoneInfo) -> tuple[tuple[date, float, float], ...]:
    """Return the local days that a hole touches, with its start and end in seconds since each began."""
    return tuple(
        (
            day,
            max(0.0, (gap.start_at - whole.start_at).total_seconds()),
            min(seconds(whole), (gap.end_at - whole.start_at).total_seconds()),
        )
        for day, whole in days_of(gap, zone)
    )


def _missing_s(days: Iterable[tuple[date, float, float]], held: CameraFootage) -> float | None:
    """Return the seconds that a camera lacks of these stretches; None where its segments are unknown then."""
    missing_s = 0.0
    for day, start_s, end_s in days:
        row = _row_of(held, day)
        if row is None or (row.level == "day" and not row.is_missing):
            return None
        missing_s += sum(max(0.0, min(end_s, b) - max(start_s, a)) for a, b in row.gaps)
    return missing_s


def _row_of(held: CameraFootage, day: date) -> RecordedDay | None:
    """Return the memory of a day; most days are consecutive, so that its index is known."""
    if not held.days:
        return None
    place = (day - held.days[0].day).days
    if not 0 <= place < len(held.days) or held.days[place].day != day:
        place = bisect_left(held.days, day, key=lambda row: row.day)
    return held.days[place] if place < len(held.days) and held.days[place].day == day else None
