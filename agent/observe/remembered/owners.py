"""Remembers which box and place all that is remembered of a camera is of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.inventory.owners import Owner, Owners, owner_data, owner_from
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Owners] = {}


def update(before: Remembered, look: Look) -> Owners:
    """Return them as they are: who stands where is settled before pictures are looked at (`kept_for.py`)."""
    return before.owners


def to_data(value: Owners) -> dict[str, Json]:
    """Return the owners as plain data."""
    return {name: owner_data(one) for name, one in value.items()}


def from_data(data: Mapping[str, Any]) -> dict[str, Owner]:
    """Return what `to_data` wrote. Raises ValueError, KeyError, TypeError or AttributeError."""
    return {str(name): owner_from(one) for name, one in data.items()}
