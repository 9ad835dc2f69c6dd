"""Remembers what each camera's recorded days held. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.footage import compact
from agent.observe.footage.days import Footage
from agent.observe.footage.join import remember, settled
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Footage] = {}


def update(before: Remembered, look: Look) -> Footage:
    """Join what was told of footage; of a camera whose box is gone nothing is taken from what that box told."""
    told = tuple(one for one in look.told if one.subject.removeprefix("camera:") not in look.begun)
    known = settled(before.footage, look.acknowledged)
    return remember(look.site, told, known, look.now, look.trusted)[0]


def to_data(value: Footage) -> list[Json]:
    """Return the cameras' days as plain data."""
    return [compact.to_data(one) for one in value.values()]


def from_data(data: Sequence[Any]) -> Footage:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError."""
    return {one["id"]: compact.from_data(one) for one in data}
