"""Formats times by the wall clock of the site."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local(at: datetime, zone: ZoneInfo) -> str:
    """Format a time of the clocks on site, to the minute."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
