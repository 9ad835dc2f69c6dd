"""Remembers how devices ran and with which configuration, so that a start that lost some of it shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent.observe.facts.restarts import Running, from_data, remembered, to_data
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

__all__ = ["EMPTY", "from_data", "to_data", "update"]

EMPTY: Final[Mapping[str, Running]] = {}


def update(before: Remembered, look: Look) -> dict[str, Running]:
    """Return what is known of each device that tells how long it has been up."""
    return remembered(look.site, look.told, before.running, look.now, look.trusted)
