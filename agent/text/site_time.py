"""Renders times by the wall clock of a site, in place of the UTC of files and messages. Pure.

A file and a message for programs name UTC; people on site look at the clock on their wall.
"""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_MOMENT: Final = re.compile(
    r"(?<![\w.:-])\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d(?::[0-6]\d(?:\.\d{1,6})?)?(?:Z|[+-][01]\d:[0-5]\d)(?!\w|:\d)"
)
"""A moment as RFC 3339 writes it, its zone with it. Source: RFC 3339, section 5.6."""


def local(at: datetime, zone: ZoneInfo) -> str:
    """Format a time of the clocks on site, to the minute."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def with_local_times(text: str, zone: ZoneInfo) -> str:
    """Rewrite each moment of RFC 3339 in a text as the clocks on site show it; what is no moment stays."""
    return _MOMENT.sub(lambda found: _local(found[0], zone), text)


def _local(text: str, zone: ZoneInfo) -> str:
    try:
        return local(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        return text
