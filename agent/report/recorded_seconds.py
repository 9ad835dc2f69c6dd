"""Calculates the seconds of a local day that were due for recording, recorded, and unknown. Pure.

Stored footage has holes of up to two seconds between files closed (`drivers/spans.py`); every longer one is missing.
What was neither listed nor reported missing is unknown, never recorded. The day is one of the recorder.
The duty decides what is due (`agent/observe/footage/due.py`), never the recorder's plan: due time that the plan leaves
out, or leaves to motion, is unknown.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

from agent.judge.memory.notes import Plan, planned_subjects
from agent.observe.facts.assessed_days import Count
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CameraFootage, RecordedDay, absolute_gaps, source_of, zone_of
from agent.observe.footage.due import due_hours
from agent.observe.footage.gaps import due_of, is_motion_only, planned
from agent.observe.footage.read_days import TOLERANCE_S
from agent.site.config.site import CameraConfig, Site
from drivers.model import Span
from drivers.spans import Spans, clipped, common, day_span, merged, seconds, subtracted, total_s


def recorded_on(site: Site, facts: Facts, plans: Iterable[Plan], day: date, *, by_plan: bool = False) -> Count:
    """Return the seconds of all recorded cameras on a past day: recorded, due, unknown, excluded.

    Planned work is excluded from when it was announced, not before. `by_plan`: as method 1 counted them, by which the
    recorder's own plan decided what was due, and nothing was where it records on motion only.
    """
    return reduce(Count.plus, recorded_by_camera(site, facts, plans, day, by_plan=by_plan).values(), Count())


def recorded_by_camera(
    site: Site, facts: Facts, plans: Iterable[Plan], day: date, *, by_plan: bool = False
) -> dict[str, Count]:
    """Return the same for each camera that had something to record, by its id."""
    plans, found, hours, of_site = tuple(plans), {}, due_hours(site, day), ZoneInfo(site.time_zone)
    for camera in site.cameras:
        in_use = camera.in_use_since or site.in_use_since
        if camera.recorded and (in_use is None or in_use <= day):
            known = facts.footage.get(camera.camera.id)
            if known is not None and known.source != source_of(site, camera):
                known = None
            zone = zone_of(site, camera)
            duty = due_of(hours, day_span(day, zone), of_site)
            if by_plan:
                duty = _by_plan(known, day_span(day, zone), zone)
            counted = _of_camera(known, day, zone, duty, _planned(site, camera, plans))
            if counted != Count():
                found[camera.camera.id] = counted
    return found


def _by_plan(known: CameraFootage | None, whole: Span, zone: ZoneInfo) -> Spans:
    if known is not None and is_motion_only(known.schedule):
        return ()
    return planned(known.schedule if known else None, whole, whole, zone)


def _planned(site: Site, camera: CameraConfig, plans: Iterable[Plan]) -> Spans:
    """Return when work on a camera was planned, our clock."""
    subject = f"camera:{camera.camera.id}"
    return merged(Span(max(one.start_at, one.at), one.until) for one in plans if subject in planned_subjects(site, one))


def _of_camera(known: CameraFootage | None, day: date, zone: ZoneInfo, duty: Spans, out: Spans) -> Count:
    whole = day_span(day, zone)
    if known is None:
        due = subtracted(duty, out)
        return _count(0.0, total_s(due), total_s(due), total_s(duty) - total_s(due))
    shift = timedelta(seconds=known.offset_s)
    out = tuple(Span(one.start_at + shift, one.end_at + shift) for one in out)
    demanded = subtracted(duty, out)
    due = common(demanded, planned(known.schedule, whole, whole, zone))
    unplanned_s = total_s(demanded) - total_s(due)
    looked_at = known.there(known.read_at)
    # A recorder that was asked and holds nothing keeps nothing up to that moment.
    oldest, newest = known.oldest_at or looked_at, known.newest_at or looked_at
    later = total_s(clipped(due, Span(max(newest, looked_at), max(newest, looked_at, whole.end_at))))
    told = clipped((Span(oldest, newest),), whole) if oldest < newest else ()
    inside = common(due, told)
    row = next((one for one in known.days if one.day == day), None)
    recorded_s, unknown_s = _inside(row, whole, told, inside)
    return _count(recorded_s, total_s(demanded), unknown_s + later + unplanned_s, total_s(duty) - total_s(demanded))


def _inside(row: RecordedDay | None, whole: Span, told: Spans, inside: Spans) -> tuple[float, float]:
    """Return the recorded and the unknown seconds of due time between the oldest and the newest footage."""
    due_s = total_s(inside)
    if row is None or row.is_untold:
        return 0.0, due_s
    holes_s = total_s(common(merged(absolute_gaps(row, whole)), inside))
    if row.level == "day":
        return 0.0, max(0.0, due_s - holes_s)
    # The row counts from the day's begin: what it neither holds nor places came after it was listed, or is a hole that
    # was too short to be remembered with its place. A day that was listed when it was over has only the latter.
    placed_s = sum(b - a for a, b in row.gaps)
    told_s = seconds(Span(whole.start_at, told[-1].end_at)) if told else 0.0
    rest_s = max(0.0, told_s - row.recorded_s - placed_s)
    if rest_s <= TOLERANCE_S and row.gap_count <= len(row.gaps):
        rest_s = 0.0  # whole seconds, two for each hole
    rest_s = min(rest_s * due_s / total_s(told) if told else 0.0, max(0.0, due_s - holes_s))
    is_later = row.gap_count <= len(row.gaps) and not row.sealed
    return max(0.0, due_s - holes_s - rest_s), rest_s if is_later else 0.0


def _count(recorded_s: float, due_s: float, unknown_s: float, excluded_s: float) -> Count:
    due = round(due_s)
    unknown = min(round(unknown_s), due)
    return Count(min(round(recorded_s), due - unknown), due, unknown, round(excluded_s))
