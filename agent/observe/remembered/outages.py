"""Remembers when which camera, device or disk was not well. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.footage import outages
from agent.observe.footage.outages import Outage
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[Outage, ...]] = ()


def update(before: Remembered, look: Look) -> tuple[Outage, ...]:
    """Return the outages, oldest first, with what this look showed."""
    return outages.remembered(look.site, look.told, before.outages, look.now)


def to_data(value: Sequence[Outage]) -> list[Json]:
    """Return the outages as plain data."""
    return [outages.to_data(one) for one in value]


def from_data(data: Sequence[Any]) -> tuple[Outage, ...]:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError."""
    return tuple(outages.from_data(one) for one in data)
