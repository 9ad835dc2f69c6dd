"""Parses days and time zones of site.toml. Reads only the time zones of this system."""

from datetime import date
from zoneinfo import ZoneInfo

from agent.model.finding import Message
from agent.site.config.site import DEFAULT_TIME_ZONE
from agent.site.toml.table import Table


def read_day(table: Table, key: str) -> str:
    """Return an ISO date, given as a TOML date or a text."""
    if not table.required(key, "2026-01-31"):
        return ""
    value = table.data[key]
    if type(value) is date:  # a datetime is a date too, and says more than was asked
        return value.isoformat()
    try:
        return date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "").isoformat()
    except ValueError:
        shown = table.document.shown(value)
        table.note(
            key,
            Message("{key} must be a day, not {shown}", {"key": key, "shown": shown}),
            Message("write for example {key} = 2026-01-31", {"key": key}),
        )
        return ""


def read_time_zone(table: Table, inherited: str = "") -> str:
    """Return the IANA name of a time zone of this system: the table's own, else the `inherited` one."""
    if inherited and "time_zone" not in table.data:
        return inherited
    name = table.text("time_zone", DEFAULT_TIME_ZONE)
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        shown = table.document.shown(name)
        table.note(
            "time_zone",
            Message("no time zone {shown} is known here", {"shown": shown}),
            Message(
                'write for example time_zone = "{zone}", or install the system package tzdata',
                {"zone": DEFAULT_TIME_ZONE},
            ),
        )
        return DEFAULT_TIME_ZONE
    return name


def read_date(table: Table, key: str) -> date | None:
    """Return the day of a key, None where it is absent or invalid."""
    day = read_day(table, key) if key in table.data else ""
    return date.fromisoformat(day) if day else None
