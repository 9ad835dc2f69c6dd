"""Remembers from when on the log of each subject was ever seen to reach. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from agent.observe.facts.log_reach import from_data, remembered, to_data
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

__all__ = ["EMPTY", "from_data", "to_data", "update"]

EMPTY: Final[Mapping[str, datetime]] = {}


def update(before: Remembered, look: Look) -> dict[str, datetime]:
    """Return from when on each log reaches, with what this look showed."""
    return remembered(look.site, look.told, look.own_log_from, before.logs, look.now)
