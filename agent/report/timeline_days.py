"""Builds the timeline from the memory of each camera's footage and from findings. Pure.

The duty decides which hours are due (`agent/observe/footage/due.py`). Due time that the recorder's plan leaves out is
shown as `not-planned`; time that is not due is not counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.judge.checks.footage.forecast import FORECAST_ID
from agent.judge.checks.footage.shared import RETENTION_ID
from agent.model.finding import Finding
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import (
    MARGIN_DAYS,
    CameraFootage,
    Level,
    absolute_gaps,
    floor_of,
    recorder_of,
    source_of,
    zone_of,
)
from agent.observe.footage.due import due_hours
from agent.observe.footage.gaps import Causes, cause_of, causes_of, due_of, planned
from agent.observe.footage.read_days import TOLERANCE_S
from agent.report.timeline import GAP_CLASSES, LOSSES, NOT_DUE, NOT_KNOWN, Cell, GapClass, Timeline, TimelineRow
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day
from drivers.footage import Schedule
from drivers.model import Span
from drivers.spans import SLACK_S, Spans, clipped, common, day_of, day_span, merged, total_s

COLUMNS_MAX = 95

_DAY = timedelta(days=1)

_Evidence = Mapping[tuple[str, str], Mapping[str, Any]]


def timeline_of(site: Site, facts: Facts, findings: Iterable[Finding], now: datetime) -> Timeline:
    """Return the due days, and the few before them that are remembered, of every recorded camera.

    The window reaches back as far as the largest floor, at most `COLUMNS_MAX` days. `facts.footage` has the days,
    outages explain holes; findings have the oldest opened moment and forecasts. `now` is our clock.
    """
    evidence = {(f.check, f.subject): f.evidence for f in findings}
    recorded = [camera for camera in site.cameras if camera.recorded]
    if not recorded:
        return Timeline((), ())
    today = max(day_of(now, zone_of(site, camera)) for camera in recorded)
    columns = min(1 + max(floor_of(site, camera).days for camera in recorded) + MARGIN_DAYS, COLUMNS_MAX)
    days = tuple(today - ago * _DAY for ago in reversed(range(columns)))
    causes = causes_of(site, facts.footage, facts.remembered.outages)
    hours = due_hours(site, local_day(site, now))
    return Timeline(days, tuple(_row(site, camera, causes, days, evidence, hours) for camera in recorded))


def _row(
    site: Site,
    camera: CameraConfig,
    causes: Causes,
    days: tuple[date, ...],
    evidence: _Evidence,
    hours: Schedule | None,
) -> TimelineRow:
    subject = f"camera:{camera.camera.id}"
    known = causes.footage.get(camera.camera.id)
    if known is not None and known.source != source_of(site, camera):
        known = None
    in_use = camera.in_use_since or site.in_use_since or date.min
    view = _camera_days(site, camera, known, causes, days, hours) if known else None
    cells = []
    for day in days:
        cell = _cell(view, day) if view else NOT_KNOWN
        cells.append(cell if day >= in_use or cell.recorded_ratio else NOT_DUE)
    proven = evidence.get((RETENTION_ID, subject), {}).get("opened_at")
    short_on = _short_on(evidence.get((FORECAST_ID, recorder_of(camera)), {}), camera.camera.id)
    return TimelineRow(
        camera.camera.id,
        camera.camera.name,
        floor_of(site, camera).days,
        tuple(cells),
        known.oldest_at if known else None,
        datetime.fromisoformat(proven) if proven else None,
        date.fromisoformat(short_on) if short_on else None,
    )


def _short_on(forecast: Mapping[str, Any], camera_id: str) -> str | None:
    """Return the day of a shortage: the disks are shared, but a camera with a lower floor is short later."""
    own = next((one for one in forecast.get("cameras", ()) if one["id"] == camera_id), forecast)
    day: str | None = own.get("short_on")
    return day


@dataclass(frozen=True, slots=True)
class _CameraDays:
    """One camera's footage, by the recorder's clock.

    `days` map the window's days to its local ones, which differ where its clock is off by days. It has footage from
    `oldest` to `newest`; nothing is known after `told_until`. `due` is by the duty, `planned` by the recorder's plan.
    `holes` by cause are sorted spans.
    """

    known: CameraFootage
    days: Mapping[date, tuple[date, Span]]
    due: Mapping[date, Spans]
    planned: Mapping[date, Spans]
    oldest: datetime
    newest: datetime
    told_until: datetime
    holes: Mapping[GapClass, Spans]


def _camera_days(
    site: Site,
    camera: CameraConfig,
    known: CameraFootage,
    causes: Causes,
    columns: tuple[date, ...],
    hours: Schedule | None,
) -> _CameraDays:
    zone, of_site = zone_of(site, camera), ZoneInfo(site.time_zone)
    shift = timedelta(days=round(known.offset_s / _DAY.total_seconds()))
    days = {day: (day + shift, day_span(day + shift, zone)) for day in columns}
    looked_at = known.there(known.read_at)
    # A recorder that was asked and holds nothing keeps nothing up to that moment.
    oldest, newest = known.oldest_at or looked_at, known.newest_at or looked_at
    # Nothing is missing yet of the last minutes before a look: a recorder closes a file before it lists it.
    late = looked_at - newest > timedelta(seconds=site.policy.recording_stale_s)
    told_until = looked_at if late else newest
    rows = {row.day: row for row in known.days}
    holes = [gap for day, whole in days.values() if day in rows for gap in absolute_gaps(rows[day], whole)]
    # A hole over midnight is one hole with one cause.
    told = clipped(merged(holes, SLACK_S), Span(oldest, newest)) + ((Span(newest, looked_at),) if late else ())
    by_cause: dict[GapClass, list[Span]] = {}
    for hole in told:
        cause = cause_of(hole, camera, causes)
        by_cause.setdefault("unknown" if cause == "not-asked" else cause, []).append(hole)
    return _CameraDays(
        known,
        days,
        {day: due_of(hours, whole, of_site) for day, (_, whole) in days.items()},
        {day: planned(known.schedule, whole, whole, zone) for day, (_, whole) in days.items()},
        oldest,
        newest,
        told_until,
        {cause: tuple(spans) for cause, spans in by_cause.items()},
    )


def _cell(view: _CameraDays, column: date) -> Cell:
    day, whole = view.days[column]
    begun = clipped((whole,), Span(whole.start_at, view.told_until))
    due = common(begun, view.due[column])
    if not due:
        return NOT_KNOWN
    older = clipped((Span(whole.start_at, view.oldest),), begun[0])
    inside = clipped((Span(view.oldest, view.newest),), begun[0])
    row = next((one for one in view.known.days if one.day == day and not one.is_untold), None)
    missing = {cause: common(holes, due) for cause, holes in view.holes.items()}
    lost = {cause: common(spans, view.planned[column]) for cause, spans in missing.items()}
    seconds = {cause: total_s(spans) for cause, spans in lost.items()}
    seconds["not-planned"] = sum(map(total_s, missing.values())) - sum(seconds.values())
    seconds["not-kept"] = total_s(common(older, due))
    level: Level = "day"
    if row is not None:
        holes = merged((*older, *common(absolute_gaps(row, whole), inside)))
        untold_s = total_s(older + inside) - total_s(holes) - row.recorded_s
        # Only the longest holes are remembered with their place; one of them is the time before the oldest footage.
        if row.gap_count > len(row.gaps) and (untold_s > 1.0 or not older):
            seconds["unknown"] = seconds.get("unknown", 0.0) + max(1.0, untold_s)
            level = row.level
        elif untold_s <= TOLERANCE_S:  # else the rest was recorded since its segments were listed: it is claimed only
            level = row.level
    length_s = total_s(due)
    known = row is not None or not inside
    losses = {cause: seconds[cause] for cause in LOSSES if seconds.get(cause)}
    shown = losses or {cause: seconds[cause] for cause in GAP_CLASSES if seconds.get(cause)}
    gap = max(shown, key=lambda cause: shown[cause], default=None)
    return Cell(
        round(max(0.0, 1.0 - sum(seconds.values()) / length_s), 5) if known else None,
        gap,
        round(min(1.0, sum(losses.values() or shown.values()) / length_s), 5),
        level if known else None,
    )
