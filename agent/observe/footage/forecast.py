"""Forecasts the day on which footage falls below its floor, the cause, and the remedy. Pure arithmetic.

A recorder or disk is a ring shared by all its cameras: once the space is used, each new day overwrites the oldest one.
So the stored days, and the size of a day now, give how far back the ring will reach on each day to come.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from statistics import fmean, median, quantiles
from typing import Literal

RECENT_DAYS = 7
"""So many complete days tell what a day takes now: a week holds its quiet and its busy days."""
DAYS_MIN = 3
"""With fewer complete days there is no forecast."""
FULL_FREE_RATIO = 0.02
"""A disk with less than this free is full: what is stored on it is what it holds."""
USABLE_FREE_RATIO = 0.97
"""Share of the free space that footage can take; the rest goes to the file system."""
ESTIMATE_LOW_RATIO, ESTIMATE_HIGH_RATIO = 0.7, 1.1
"""Share of the set bitrate that an estimated day may take: encoders vary it, headers add a little. House rule."""
FULL_ESTIMATE_RATIO = 0.05
"""The same on a full disk: its days are all estimated alike, so that only their changes are unsure. House rule."""
RISE_RATIO = 1.1
RISE_DAYS_MIN = 2
"""How much more days must take than before, and how many of them, to be called a rise."""

Cause = Literal["rate-up", "capacity-down", "cameras-added", "too-small"]


@dataclass(frozen=True, slots=True)
class Producer:
    """One camera that writes into a ring: bytes of each stored day, and its floor in days.

    `estimated`: the bytes are recorded time multiplied by the bitrate, not file sizes.
    """

    camera_id: str
    floor_days: int
    day_bytes: Mapping[date, int]
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Ring:
    """The space that cameras share. `free_bytes` None: unknown, taken to be full.

    `capacity_before_bytes`: an earlier, larger capacity, until `capacity_fell_on`.
    """

    id: str
    capacity_bytes: int
    free_bytes: int | None
    capacity_before_bytes: int = 0
    capacity_fell_on: date | None = None

    @property
    def is_full(self) -> bool:
        """Whether each new day overwrites an old one."""
        return self.free_bytes is None or self.free_bytes <= FULL_FREE_RATIO * self.capacity_bytes


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of one ring.

    `keeps_days`, `keeps_low_days`, `keeps_high_days`: how far back it reaches once full, at the usual rate, and at that
    of the busiest and quietest tenth of days. `usual_bytes`: size of a day of each camera now.

    `short_on` is the first day on which it reaches back less than `floor_days`, the longest of its floors, with the
    earliest and latest day of the same band; None where it does not within the horizon. `short_by_floor` has that day
    for each short floor. `cause`: why, `cause_camera`: whose rate rose, `cause_since`: since when. `rate_ratio` is the
    factor on rates that would hold, `capacity_bytes` the space that would hold, `cameras` how many usual ones it can
    hold.
    """

    ring: str
    floor_days: int
    keeps_days: float
    keeps_low_days: float
    keeps_high_days: float
    short_on: date | None = None
    short_earliest: date | None = None
    short_latest: date | None = None
    cause: Cause | None = None
    cause_camera: str = ""
    cause_since: date | None = None
    rate_ratio: float = 1.0
    capacity_bytes: int = 0
    cameras: int = 0
    usual_bytes: Mapping[str, int] = field(default_factory=dict)
    short_by_floor: tuple[tuple[int, date], ...] = ()


def outlook(ring: Ring, producers: Iterable[Producer], today: date, horizon_days: int) -> Outlook | None:
    """Return the forecast of a ring within `horizon_days`; None where too few complete days are known.

    Days from `today` on are incomplete: stored, but no rate.
    """
    own = tuple(producers)
    known = {p.camera_id: {d: b for d, b in sorted(p.day_bytes.items()) if d < today and b > 0} for p in own}
    totals: dict[date, int] = {}
    for days in known.values():
        for day, size in days.items():
            totals[day] = totals.get(day, 0) + size
    recent_from = today - timedelta(days=RECENT_DAYS)
    recent_days = [day for day in totals if day >= recent_from]
    if len(recent_days) < DAYS_MIN:
        return None
    rises = {camera_id: since for camera_id, days in known.items() if (since := _rise(days)) is not None}
    begins = {camera_id: rises.get(camera_id, min(days)) for camera_id, days in known.items() if days}
    usual = {camera_id: _usual(known[camera_id], max(first, recent_from), today) for camera_id, first in begins.items()}
    recent = _recent(known, begins, usual, recent_days)
    floors = sorted({producer.floor_days for producer in own}, reverse=True)
    held = sum(totals.values()) + sum(producer.day_bytes.get(today, 0) for producer in own)
    usable = float(held) if ring.is_full else held + USABLE_FREE_RATIO * (ring.free_bytes or 0)
    rate = fmean(recent)
    low, high = _band(recent)
    if any(producer.estimated for producer in own):
        low *= 1 - FULL_ESTIMATE_RATIO if ring.is_full else ESTIMATE_LOW_RATIO
        high *= 1 + FULL_ESTIMATE_RATIO if ring.is_full else ESTIMATE_HIGH_RATIO
    floor = floors[0]
    per_day = {camera_id: round(size) for camera_id, size in usual.items()}
    plain = Outlook(ring.id, floor, usable / rate, usable / high, usable / low, usual_bytes=per_day)
    stored = [totals[day] for day in sorted(totals)]

    def short(at_rate: float, of_days: int) -> date | None:
        return _short_on(stored, usable, at_rate, of_days, today, horizon_days)

    short_on = short(rate, floor)
    if short_on is None:
        return plain
    cause, camera, since = _cause(ring, known, rises, rate, usable / floor)
    return replace(
        plain,
        short_on=short_on,
        short_earliest=short(high, floor) or short_on,
        short_latest=short(low, floor),
        cause=cause,
        cause_camera=camera,
        cause_since=since,
        rate_ratio=min(1.0, usable / (rate * floor)),
        capacity_bytes=round(ring.capacity_bytes * rate * floor / usable),
        cameras=int(len(own) * usable / (rate * floor)),
        short_by_floor=tuple((days, on) for days in floors if (on := short(rate, days)) is not None),
    )


def _recent(
    known: Mapping[str, Mapping[date, int]],
    begins: Mapping[str, date],
    usual: Mapping[str, float],
    days: Iterable[date],
) -> list[float]:
    """Return the size of each of these days, had every camera existed at its rate of now.

    Sizes before a rise, or before a camera was added, predict nothing.
    """
    return [
        sum(known[camera_id].get(day, 0) if day >= first else usual[camera_id] for camera_id, first in begins.items())
        for day in days
    ]


def _usual(days: Mapping[date, int], first: date, until: date) -> float:
    """Return the average size of a day; an unknown one between two known ones counts as 0."""
    return sum(_since(days, first)) / max(1, (until - first).days)


def _since(days: Mapping[date, int], first: date) -> list[int]:
    return [size for day, size in days.items() if day >= first]


def _band(sizes: list[float]) -> tuple[float, float]:
    """Return the 10th and 90th percentile of sizes, at least 1 byte."""
    tenths = quantiles(sizes, n=10, method="inclusive")
    return max(tenths[0], 1.0), max(tenths[-1], 1.0)


def _short_on(stored: list[int], usable: float, rate: float, floor: int, today: date, horizon_days: int) -> date | None:
    """Return the first day on which the ring overwrites footage that is still due, at `rate` bytes a day."""
    ring = deque(float(size) for size in stored)
    held = sum(ring)
    for ahead in range(horizon_days):
        ring.append(rate)
        held += rate
        overwritten = False
        while held > usable and len(ring) > 1:
            held -= ring.popleft()
            overwritten = True
        if overwritten and len(ring) < floor:
            return today + timedelta(days=ahead)
    return None


def _cause(
    ring: Ring, known: Mapping[str, Mapping[date, int]], rises: Mapping[str, date], rate: float, sustained: float
) -> tuple[Cause, str, date | None]:
    """Name the one change without which the ring would hold; too small from the start where there is none.

    `sustained` is the rate, in bytes a day, at which the ring would just hold.
    """
    shrunk = ring.capacity_before_bytes > ring.capacity_bytes
    if shrunk and sustained * ring.capacity_before_bytes / ring.capacity_bytes >= rate:
        return "capacity-down", "", ring.capacity_fell_on
    risen = []
    for camera_id, since in rises.items():
        before = median(size for day, size in known[camera_id].items() if day < since)
        risen.append((fmean(_since(known[camera_id], since)) - before, camera_id, since))
    if risen and sustained >= rate - sum(more for more, _, _ in risen):
        _, camera_id, since = max(risen)
        return "rate-up", camera_id, since
    first = min(min(days) for days in known.values() if days)
    added = {camera_id: min(days) for camera_id, days in known.items() if days and min(days) > first}
    if added and sustained >= rate - sum(median(known[camera_id].values()) for camera_id in added):
        return "cameras-added", "", min(added.values())
    return "too-small", "", None


def _rise(days: Mapping[date, int]) -> date | None:
    """Return the first day from which every day exceeds the usual day before it, by `RISE_RATIO`."""
    ordered = list(days.items())
    least_from = [size for _, size in ordered]
    for at in reversed(range(len(ordered) - 1)):
        least_from[at] = min(least_from[at], least_from[at + 1])
    before = sorted(size for _, size in ordered[:DAYS_MIN])
    for at in range(DAYS_MIN, len(ordered) - RISE_DAYS_MIN + 1):
        if least_from[at] > RISE_RATIO * median(before):
            return ordered[at][0]
        insort(before, ordered[at][1])
    return None
