"""Caches the last look at each path that is looked at in turn, so that its verdict outlives its turn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures import turns
from agent.observe.pictures.turns import Looked
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[Looked, ...]] = ()


def update(before: Remembered, look: Look) -> tuple[Looked, ...]:
    """Return the last look at each path, this one included."""
    return turns.looked_after(look.site, look.told, before.looked, look.now)


def to_data(value: Sequence[Looked]) -> list[Json]:
    """Return the looks as plain data."""
    return [turns.to_data(one) for one in value]


def from_data(data: Sequence[Any]) -> tuple[Looked, ...]:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError."""
    return tuple(turns.from_data(one) for one in data)
