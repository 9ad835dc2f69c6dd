"""Forecasts the day on which the hub's disk is full, by how much it stored more on each day of the last week. Pure.

What housekeeping drops is in it already: a day counts by what was stored more at its end than at its beginning, so a
hub that drops as much as comes does not grow, and no day is named. The arithmetic is that of a recorder's disk: one
that keeps everything is a ring whose floor is never reached, and it is full when the oldest day would be overwritten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Final, Literal

from agent.observe.footage.forecast import RECENT_DAYS, Producer, Ring, outlook

HORIZON_DAYS: Final = 5 * 365
"""A disk that is not full in so many days is not forecast to be."""

KEPT_DAYS: Final = 60
"""Sizes of so many days are stored, and none before them counts."""

_FOR_EVER_DAYS: Final = 1_000_000

State = Literal["unknown", "level", "grows", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskForecast:
    """When the disk is full.

    `state`: `unknown`: there is no week of known days up to yesterday, or nobody can tell what is free (None);
    `level`: it does not fill within `HORIZON_DAYS`; `full`: nearly nothing is free, whatever grows, so `full_on` is
    today; `grows`: it is full on `full_on`, between `earliest` and `latest` (None: not within the horizon) if days are
    as the busiest and quietest tenth.
    `growth_bytes`: of a usual day, None while it is unknown.
    """

    state: State
    free_bytes: int | None
    growth_bytes: int | None = None
    full_on: date | None = None
    earliest: date | None = None
    latest: date | None = None


def forecast(
    sizes: Mapping[date, int], free_bytes: int | None, capacity_bytes: int | None, today: date
) -> DiskForecast:
    """Return when a disk is full.

    Args:
        sizes: What was stored at the end of each day, in bytes.
        free_bytes: What can still be written; None: nobody here can tell.
        capacity_bytes: Of the whole disk; None as above.
        today: Not over yet: neither its size nor that of a later day counts.
    """
    week = [today - timedelta(days=number) for number in range(RECENT_DAYS, 0, -1)]
    first = today - timedelta(days=KEPT_DAYS)
    growth = _growth({day: size for day, size in sizes.items() if first <= day < today})
    is_known = all(day in growth for day in week)
    mean = fmean(growth[day] for day in week) if is_known else 0.0
    if free_bytes is None or capacity_bytes is None:
        return DiskForecast(state="unknown", free_bytes=None, growth_bytes=round(mean) if is_known else None)
    ring = Ring("disk", capacity_bytes, free_bytes)
    if ring.is_full:  # a hub that cannot write does not grow
        usual = round(mean) if is_known else None
        return DiskForecast(
            state="full", free_bytes=free_bytes, growth_bytes=usual, full_on=today, earliest=today, latest=today
        )
    if not is_known:
        return DiskForecast(state="unknown", free_bytes=free_bytes)
    if mean <= 0:
        return DiskForecast(state="level", free_bytes=free_bytes, growth_bytes=round(mean))
    # A day on which more was dropped than came says nothing of a day by itself: then only their mean counts.
    is_steady = all(growth[day] > 0 for day in week)
    days = {day: max(1, round(growth[day] if is_steady else mean)) for day in week}
    found = outlook(ring, (Producer("hub", _FOR_EVER_DAYS, days),), today, HORIZON_DAYS)
    if found is None or found.short_on is None:
        return DiskForecast(state="level", free_bytes=free_bytes, growth_bytes=round(mean))
    return DiskForecast(
        state="grows",
        free_bytes=free_bytes,
        growth_bytes=round(mean),
        full_on=found.short_on,
        earliest=found.short_earliest,
        latest=found.short_latest,
    )


def _growth(sizes: Mapping[date, int]) -> dict[date, float]:
    """Return what each day added; days of which no size is known share what was added over them."""
    found: dict[date, float] = {}
    for before, after in pairwise(sorted(sizes)):
        count = (after - before).days
        for number in range(1, count + 1):
            found[before + timedelta(days=number)] = (sizes[after] - sizes[before]) / count
    return found
