"""On which day will footage fall below its floor, why, and what would hold it? Pure arithmetic on days and bytes.

A recorder or disk is a ring that all its cameras share: each new day overwrites the oldest one once the space is used.
So the days that are stored, and what a day takes today, say how far back the ring will reach on each day to come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median, quantiles
from typing import Literal

RECENT_DAYS = 7
"""So many complete days tell what a day takes now: a week holds its quiet and its busy days."""
DAYS_MIN = 3
"""With fewer complete days nothing is said."""
FULL_FREE_RATIO = 0.02
"""A disk with less than this free is full: what is stored on it is what it holds."""
USABLE_FREE_RATIO = 0.97
"""Share of the free space that footage can take; the rest goes to the file system."""
RISE_RATIO = 1.1
RISE_DAYS_MIN = 2
"""How much more days must take than before, and how many of them, to be called a rise."""

Cause = Literal["rate-up", "capacity-down", "cameras-added", "too-small"]


@dataclass(frozen=True, slots=True)
class Producer:
    """One camera that writes into a ring: bytes of each stored complete day, and how many days of it are due."""

    camera_id: str
    floor_days: int
    day_bytes: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Ring:
    """The space that cameras share. `free_bytes` None: not told. `capacity_before_bytes`: a larger one it once had."""

    id: str
    capacity_bytes: int
    free_bytes: int | None
    capacity_before_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What will become of one ring.

    `keeps_days`, `keeps_low_days`, `keeps_high_days`: how far back it reaches once it is full, at the usual rate, and
    at that of the busiest and quietest tenth of days. `short_on` is the first day on which it reaches back less than
    `floor_days`, with the earliest and latest day of the same band; None where it does not within the horizon.
    `cause` says why, `cause_camera` whose rate rose, `cause_since` since when. `rate_ratio` is what rates would have to
    be multiplied by to hold, `capacity_bytes` the space that would hold, `cameras` how many usual ones it can hold.
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


def outlook(ring: Ring, producers: Iterable[Producer], today: date, horizon_days: int) -> Outlook | None:
    """Return what will become of a ring within `horizon_days`; None where too few complete days are known.

    Days from `today` on count as incomplete and are left out.
    """
    own = tuple(producers)
    known = {p.camera_id: {d: b for d, b in sorted(p.day_bytes.items()) if d < today and b > 0} for p in own}
    totals: dict[date, int] = {}
    for days in known.values():
        for day, size in days.items():
            totals[day] = totals.get(day, 0) + size
    if len(_since(totals, today - timedelta(days=RECENT_DAYS))) < DAYS_MIN:
        return None
    rises = {camera_id: since for camera_id, days in known.items() if (since := _rise(days)) is not None}
    # What a day took before a rise says nothing of the days to come.
    recent = _since(totals, max([today - timedelta(days=RECENT_DAYS), *rises.values()]))
    floor = max(producer.floor_days for producer in own)
    usable = _usable_bytes(ring, sum(totals.values()))
    rate = fmean(recent)
    low, high = _band(recent)
    plain = Outlook(ring.id, floor, usable / rate, usable / high, usable / low)
    stored = [totals[day] for day in sorted(totals)]
    short_on = _short_on(stored, usable, rate, floor, today, horizon_days)
    if short_on is None:
        return plain
    cause, camera, since = _cause(ring, known, rises, rate, usable / floor)
    return Outlook(
        ring.id,
        floor,
        plain.keeps_days,
        plain.keeps_low_days,
        plain.keeps_high_days,
        short_on,
        _short_on(stored, usable, high, floor, today, horizon_days) or short_on,
        _short_on(stored, usable, low, floor, today, horizon_days),
        cause,
        camera,
        since,
        rate_ratio=min(1.0, usable / (rate * floor)),
        capacity_bytes=round(ring.capacity_bytes * rate * floor / usable),
        cameras=int(len(own) * usable / (rate * floor)),
    )


def _since(days: Mapping[date, int], first: date) -> list[int]:
    return [size for day, size in days.items() if day >= first]


def _usable_bytes(ring: Ring, stored: int) -> float:
    """What the ring can hold. A full one holds what it holds, whatever its label says."""
    if ring.free_bytes is None or ring.free_bytes <= FULL_FREE_RATIO * ring.capacity_bytes:
        return stored
    return stored + USABLE_FREE_RATIO * ring.free_bytes


def _band(sizes: list[int]) -> tuple[float, float]:
    """Return the tenth and the ninetieth of a hundred days, at least a little apart from nothing."""
    if len(sizes) < 2:
        return sizes[0], sizes[0]
    tenths = quantiles(sizes, n=10, method="inclusive")
    return max(tenths[0], 1.0), max(tenths[-1], 1.0)


def _short_on(stored: list[int], usable: float, rate: float, floor: int, today: date, horizon_days: int) -> date | None:
    """Return the day on which the ring first overwrites footage that is still due, by writing on at `rate`."""
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
        return "capacity-down", "", None
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
    """Return the first day from which on every day takes more than the usual day before it, by `RISE_RATIO`."""
    ordered = sorted(days.items())
    for at in range(DAYS_MIN, len(ordered) - RISE_DAYS_MIN + 1):
        before = median(size for _, size in ordered[:at])
        if all(size > RISE_RATIO * before for _, size in ordered[at:]):
            return ordered[at][0]
    return None
