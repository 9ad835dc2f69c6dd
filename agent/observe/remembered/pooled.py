"""Remembers the verdicts of the last looks at each private zone, for the next one to be pooled with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures import zone_verdicts
from agent.observe.pictures.zone_verdicts import CameraGlances
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[CameraGlances, ...]] = ()


def update(before: Remembered, look: Look) -> tuple[CameraGlances, ...]:
    """Return the looks that the next one is pooled with."""
    return zone_verdicts.pooled(look.site, look.told, look.seen, before.pooled, look.now)[1]


def to_data(value: Sequence[CameraGlances]) -> list[Json]:
    """Return the cameras' looks as plain data."""
    return [zone_verdicts.to_data(one) for one in value]


def from_data(data: Sequence[Any]) -> tuple[CameraGlances, ...]:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError."""
    return tuple(zone_verdicts.from_data(one) for one in data)
