"""Reads the wall clock, and limits it to the times that a report may carry; and counts how long something takes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

TIME_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
TIME_END: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Exclusive."""


def utc_now() -> datetime:
    """Return the wall clock, limited to the times that a report may carry."""
    return nearest(datetime.now(UTC))


def nearest(at: datetime) -> datetime:
    """Return the nearest time within the bounds: a clock that was reset shows 1970."""
    return min(max(at, TIME_FIRST), TIME_END - timedelta(milliseconds=1))


def time_is_over(within_s: float) -> Callable[[], bool]:
    """Return what says whether so many seconds have passed since now, whatever becomes of the wall clock."""
    left_s = time_left_s(within_s)
    return lambda: left_s() < 0


def time_left_s(within_s: float) -> Callable[[], float]:
    """Return what says how many of so many seconds from now are left, whatever becomes of the wall clock."""
    ends_s = time.monotonic() + within_s
    return lambda: ends_s - time.monotonic()
