"""Validates the members of a verified body by type: signed is not the same as well formed. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from agent.contract.payload_bounds import read_time
from agent.model.errors import NotVerified

NAME_MAX_CHARS: Final = 100


def text_of(value: object) -> str:
    """Return a text; empty for anything else."""
    return value if isinstance(value, str) else ""


def name_of(value: object) -> str:
    """Return a trimmed text of bounded length; empty for anything else."""
    return value[:NAME_MAX_CHARS].strip() if isinstance(value, str) else ""


def dict_of(value: object) -> Mapping[str, Any]:
    """Return an object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def time_of(value: object) -> datetime | None:
    """Return a time in UTC; None without an offset or out of bounds: some zone could not show it."""
    try:
        return read_time(value)
    except (ValueError, NotVerified):
        return None


def day_of(value: object) -> date | None:
    """Return a day; None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None
