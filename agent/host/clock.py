"""Reads the wall clock, and limits it to the times that a report may carry."""

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
