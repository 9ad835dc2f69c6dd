"""Calculates the bytes of each day of a camera's footage: from its files, else from its bitrate. Pure.

Recorders report no sizes. There the main encoder's bitrate is stored with the day on which it was first seen, and
multiplied by the recorded time of a day.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

from agent.observe.footage.days import CameraFootage, DatedValue, RecordedDay
from agent.site.config.site import CameraConfig
from drivers.details import Audio, Encoders
from drivers.footage import Disks, Schedule
from drivers.model import Span, Value
from drivers.picture import Streams
from drivers.spans import day_of, day_span

CAPACITY_KEPT = timedelta(days=90)
"""How long a larger capacity that the disks once had is remembered."""
NOTED_MAX = 6
"""How many changes of a number are remembered; with more the newest stay, and the memory stays small."""
SAME_RATIO = 0.01
"""Numbers this near to one another are the same: some file systems count themselves anew each day. House rule."""
USUAL_DAYS = 7
OLDER_DAYS_MAX = 366
"""So many days before those that are remembered are counted in; with more, nothing is going to be short."""


@dataclass(frozen=True, slots=True)
class DaySizes:
    """Bytes of each stored local day, today up to now.

    `estimated`: from bitrates. `assumed_before`: the day on which the bitrate was first seen, which is assumed for
    older days; None where there are none.
    """

    day_bytes: dict[date, int]
    estimated: bool = False
    assumed_before: date | None = None


def sizes_of(known: CameraFootage, zone: ZoneInfo) -> DaySizes | None:
    """Return the sizes of a camera's days; None where neither sizes nor a bitrate are known.

    Days older than the remembered window are taken to be as large as its oldest week. Days are those of the recorder's
    zone by a right clock.
    """
    told = {row.day: round(row.size_bytes * _remaining_share(known, row, zone)) for row in known.days if row.size_bytes}
    if not told and not known.bitrates:
        return None
    sizes = told or {
        row.day: round(_estimate(known, row) * _remaining_share(known, row, zone))
        for row in known.days
        if row.recorded_s
    }
    today = day_of(known.there(known.read_at), zone)
    complete = [sizes[day] for day in sorted(sizes) if day < today]
    if complete and (begins := _begins(known)) is not None:
        sizes = _older(begins, min(sizes), fmean(complete[:USUAL_DAYS]), zone) | sizes
    off = days_off(known)
    estimated = not told
    since = known.bitrates[0].day if estimated else None
    assumed = since - off if since is not None and sizes and min(sizes) < since else None
    return DaySizes({day - off: size for day, size in sizes.items()}, estimated, assumed)


def _older(oldest_at: datetime, first: date, usual: float, zone: ZoneInfo) -> dict[date, int]:
    """Return the days before the first remembered one, each of the usual size from the oldest footage on."""
    begins = max(day_of(oldest_at, zone), first - timedelta(days=OLDER_DAYS_MAX))
    days = (begins + timedelta(days=n) for n in range((first - begins).days))
    return {day: round(usual * _share_after(oldest_at, day, zone)) for day in days}


def _remaining_share(known: CameraFootage, row: RecordedDay, zone: ZoneInfo) -> float:
    """Return the share of a day that still exists: the oldest is remembered whole while it is overwritten."""
    begins = _begins(known)
    return _share_after(begins, row.day, zone) if row.sealed and begins else 1.0


def _begins(known: CameraFootage) -> datetime | None:
    """Return where the footage that fills the disks begins: not with a clip that stands alone before it."""
    return known.run_at or known.oldest_at


def _share_after(moment: datetime, day: date, zone: ZoneInfo) -> float:
    whole = day_span(day, zone)
    return max(0.0, min(1.0, (whole.end_at - moment) / (whole.end_at - whole.start_at)))


def days_off(known: CameraFootage) -> timedelta:
    """Return by how many whole days the recorder's clock is ahead of ours."""
    return timedelta(days=round(known.offset_s / 86_400))


def _estimate(known: CameraFootage, row: RecordedDay) -> int:
    # A day that is only known as a whole is taken to be recorded from end to end, also where the plan says less.
    recorded_s = row.recorded_s if row.level == "segments" else min(row.recorded_s, _planned_s(known.schedule, row.day))
    kbps = next((one.value for one in reversed(known.bitrates) if one.day <= row.day), known.bitrates[0].value)
    return round(recorded_s * kbps * 1000 / 8)


def _planned_s(schedule: Schedule | None, day: date) -> int:
    """Return the seconds of a day that its plan may record, on motion included; all without a plan in force."""
    if schedule is None or schedule.enabled is False or not schedule.periods:
        return 86_400
    at, total = 0, 0
    for one in sorted((p for p in schedule.periods if p.weekday == day.weekday()), key=lambda p: p.start_s):
        total += max(0, one.end_s - max(at, one.start_s))
        at = max(at, one.end_s)
    return total


def with_rates(
    camera: CameraConfig,
    known: CameraFootage,
    values: Iterable[Value],
    recorder: Iterable[Value],
    window: tuple[tuple[date, Span], ...],
) -> CameraFootage:
    """Store the camera's bitrate and the capacity of its recorder's disks from this look.

    `values` are of the camera, `recorder` of its store or device. A store need not have the camera's main stream: no
    bitrate is stored then. `window`: the remembered local days, today the last.
    """
    first, today = window[0][0], window[-1][0]
    kbps = 0 if camera.store else bitrate_kbps(values)
    disks = next((value for value in recorder if isinstance(value, Disks)), None)
    space = space_of(disks) if disks is not None else None
    return replace(
        known,
        bitrates=_append_changed(known.bitrates, kbps, today, first),
        capacities=_append_changed(
            known.capacities, space[0] if space else 0, today, min(first, today - CAPACITY_KEPT)
        ),
    )


def _append_changed(noted: tuple[DatedValue, ...], value: int, today: date, keep_from: date) -> tuple[DatedValue, ...]:
    """Append a number that differs from the last; of one day the last counts. 0: unknown."""
    if value <= 0:
        return noted
    kept = [one for one in noted if one.day < today]
    if not kept or abs(value - kept[-1].value) > SAME_RATIO * kept[-1].value:
        kept.append(DatedValue(today, value))
    while len(kept) > 1 and kept[1].day <= keep_from:
        del kept[0]
    return tuple(kept[-NOTED_MAX:])


def bitrate_kbps(values: Iterable[Value]) -> int:
    """Return the bitrate of a camera's largest picture with its sound; 0 where unknown.

    A recorder stores the main stream. Reported encoders precede reported streams.
    """
    values = tuple(values)
    encoders = [one for value in values if isinstance(value, Encoders) for one in value.encoders if one.bitrate_kbps]
    if not encoders:
        streams = [one for value in values if isinstance(value, Streams) for one in value.streams]
        return next((one.bitrate_kbps for one in streams if one.path == "main"), 0)
    main = max(encoders, key=lambda one: (one.width_px * one.height_px, one.bitrate_kbps))
    sound = [one for value in values if isinstance(value, Audio) for one in value.encoders]
    return main.bitrate_kbps + next((one.bitrate_kbps for one in sound if one.profile == main.profile), 0)


def space_of(disks: Disks) -> tuple[int, int | None] | None:
    """Return capacity and free bytes, where all are known, of the disks that footage is written to.

    Failed and unformatted disks are left out. None: the capacity of one is unknown. 0: there is none.
    """
    writing = [disk for disk in disks.disks if disk.state in ("ok", "failing") and disk.writable is not False]
    capacities = [disk.capacity_bytes for disk in writing if disk.capacity_bytes is not None]
    free = [disk.free_bytes for disk in writing if disk.free_bytes is not None]
    if len(capacities) < len(writing):
        return None
    return sum(capacities), sum(free) if len(free) == len(writing) else None


def larger_before(noted: tuple[DatedValue, ...]) -> DatedValue | None:
    """Return the largest capacity before the last, with the day on which it fell."""
    if len(noted) < 2:
        return None
    most = max(noted[:-1], key=lambda one: one.value)
    fell = next(one for one in noted[noted.index(most) + 1 :] if one.value < most.value or one is noted[-1])
    return DatedValue(fell.day, most.value) if most.value > noted[-1].value else None


def is_overwriting(known: CameraFootage, now: datetime) -> bool:
    """Tell whether the oldest footage goes as new comes in; of a locked clip only what is behind it can go."""
    moved_at = known.run_moved_at if known.run_at else known.oldest_moved_at
    return moved_at is not None and now - moved_at < timedelta(days=1)
