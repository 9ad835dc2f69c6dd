"""Parses days and times of the command line, or refuses them with an example.

`argparse` calls these as `type=`; what they raise ends the command with one line.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from agent.model.errors import UsageError
from agent.text.day import read_day_text
from agent.text.harmless import printable

LASTS_MOST: Final = timedelta(days=30)

_AGO_DAYS_MAX = 100_000
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def day(text: str) -> date:
    """Parse a day. Raises UsageError."""
    found = read_day_text(text)
    if found is None:
        raise UsageError("{day} is no day: write it as 2026-01-31", day=printable(text))
    return found


def day_or_span(text: str) -> date | timedelta:
    """Parse a day, or a number of days such as 30d. Raises UsageError."""
    if text.endswith("d") and text[:-1].isdecimal():
        return timedelta(days=min(int(text[:-1]), _AGO_DAYS_MAX))
    found = read_day_text(text)
    if found is None:
        raise UsageError("{day} is no day: write it as 2026-01-31, or as 30d", day=printable(text))
    return found


def month(text: str) -> tuple[date, date]:
    """Parse first and last day of a month. Raises UsageError."""
    first = read_day_text(f"{text}-01")
    if first is None:
        raise UsageError("{month} is no month: write it as 2026-01", month=printable(text))
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def time_or_day(text: str) -> datetime | date:
    """Parse a time, without an offset where none is written, or a day. Raises UsageError."""
    found = read_day_text(text)
    if found is not None:
        return found
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "{time} is no time: write it as 2026-01-31, 2026-01-31T22:00 or 2026-01-31T22:00:00+08:00",
            time=printable(text),
        ) from None


def instant(text: str) -> datetime:
    """Parse a time into UTC: by this machine's clock where no offset is written; a day begins at midnight.

    Raises UsageError.
    """
    found = time_or_day(text)
    at = found if isinstance(found, datetime) else datetime.combine(found, time())
    try:
        return at.astimezone(UTC)
    except (OverflowError, OSError):
        raise UsageError("{time} is out of range: write a year such as 2026", time=printable(text)) from None


def duration(text: str) -> timedelta:
    """Parse how long something lasts, up to 30 days; argparse names this function in its message."""
    match = re.fullmatch(r"([0-9]{1,4})([mhd])", text)
    found = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < found <= LASTS_MOST:
        raise ValueError
    return found
