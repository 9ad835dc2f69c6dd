"""Converts wall-clock digits of a device, given without an offset or with a wrong one, and measures its clock. Pure.

A device's digits are those of its configured time zone (`Device.time_zone`).
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from drivers.exchange import Exchange
from drivers.model import Clock

_DIGITS = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{2}):(\d{2})", re.ASCII)

DATE_OFFSET_MAX_S = 100 * 365 * 86_400
"""A Date header that is further off is that of no clock."""

_TICK_S = 0.01
"""Linux' time() is that of the last timer tick, 10 ms at CONFIG_HZ=100: so long it may still give the second before."""

_ROUNDING_S = 0.001


def parse_digits(text: str) -> datetime:
    """Parse `YYYY-MM-DD hh:mm:ss` as a moment without a zone. Raises ValueError, also for a text that was cut off."""
    found = _DIGITS.fullmatch(text.strip())
    if found is None:
        raise ValueError("no date and time")
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - without a zone is what it is


def to_utc(wall: datetime, zone: str) -> datetime:
    """Return the (earlier) moment at which clocks in `zone` (an IANA name) show these digits. Raises OverflowError."""
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def to_wall(moment: datetime, zone: str) -> datetime:
    """Return what a clock in `zone` shows at `moment`, without a zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def measure(said: datetime, exchange: Exchange, ntp: bool | None) -> Clock:
    """Compare the device's time, in whole seconds, with ours, by `second_offset_s`."""
    offset_s, uncertainty_s = second_offset_s(said, exchange)
    return Clock(round(offset_s, 3), round(uncertainty_s, 3), ntp)


def second_offset_s(said: datetime, exchange: Exchange) -> tuple[float, float]:
    """Return how far a device that gave a whole second is ahead of us, and the uncertainty, both in seconds.

    The device cuts its time to seconds, and takes it from the last tick: its clock was anywhere in that second or one
    tick behind it, at some moment of the round trip.
    """
    half_trip_s, half_second_s = exchange.reply.elapsed_s / 2, (1 + _TICK_S) / 2
    asked_at = exchange.received_at - timedelta(seconds=half_trip_s)
    return (said - asked_at).total_seconds() + half_second_s, half_second_s + half_trip_s + _ROUNDING_S


def date_offset_s(header: str | None, at: datetime) -> float | None:
    """Return by how many seconds an HTTP Date is ahead of a moment; None where it is none, or cannot be."""
    try:
        said = parsedate_to_datetime(header or "")
        offset_s = ((said if said.tzinfo else said.replace(tzinfo=UTC)) - at).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # Further off is no clock, and tokens that are signed with its time would leave the calendar.
    return offset_s if abs(offset_s) < DATE_OFFSET_MAX_S else None
