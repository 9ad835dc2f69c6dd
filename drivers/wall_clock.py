"""Wall-clock digits of a device, told without an offset or with a wrong one, and what they say of its clock. Pure.

A device's digits are those of its configured time zone (`Device.time_zone`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from drivers.exchange import Exchange
from drivers.model import Clock

_DIGITS = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{2}):(\d{2})", re.ASCII)

DATE_OFFSET_MAX_S = 100 * 365 * 86_400
"""A Date header that is further off is that of no clock."""

_HALF_SECOND_S = 0.501
"""Half of the second that a device counts in, and a millisecond for rounding."""


def digits(text: str) -> datetime:
    """Read `YYYY-MM-DD hh:mm:ss` as a moment without a zone; a text that was cut off is none.

    Raises:
        ValueError: It is no such moment.
    """
    found = _DIGITS.fullmatch(text.strip())
    if found is None:
        raise ValueError("no date and time")
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - without a zone is what it is


def to_utc(wall: datetime, zone: str) -> datetime:
    """Return the moment at which clocks in `zone` (an IANA name) show these digits; the earlier one where two do.

    Raises:
        OverflowError: The moment lies outside of the calendar.
    """
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shown(moment: datetime, zone: str) -> datetime:
    """Return what a clock in `zone` shows at `moment`, without a zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def measured(said: datetime, exchange: Exchange, ntp: bool | None) -> Clock:
    """Compare the time that a device told in whole seconds with ours.

    The device cuts its time to seconds: the middle of that second, true within half of one and half the round trip.
    """
    half_s = exchange.reply.elapsed_s / 2
    offset_s = (said - (exchange.received_at - timedelta(seconds=half_s))).total_seconds() + 0.5
    return Clock(round(offset_s, 3), round(_HALF_SECOND_S + half_s, 3), ntp)


def date_offset_s(header: str | None, at: datetime) -> float | None:
    """Return by how many seconds an HTTP Date is ahead of a moment; None where it is none, or cannot be."""
    try:
        said = parsedate_to_datetime(header or "")
        offset_s = ((said if said.tzinfo else said.replace(tzinfo=UTC)) - at).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # Further off is no clock, and tokens that are signed with its time would leave the calendar.
    return offset_s if abs(offset_s) < DATE_OFFSET_MAX_S else None
