"""Remembers what was seen of each preset of cameras that turn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures import preset_verdicts
from agent.observe.pictures.preset_verdicts import Presets, presets_after
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Presets] = {}


def update(before: Remembered, look: Look) -> Presets:
    """Return what was seen of presets, with this look's pictures."""
    return presets_after(look.site, look.told, look.seen, before.presets, look.known.presets, look.now)


def to_data(value: Presets) -> list[Json]:
    """Return the cameras' presets as plain data."""
    return [preset_verdicts.to_data(one) for one in value.values()]


def from_data(data: Sequence[Any]) -> Presets:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError."""
    return {one["id"]: preset_verdicts.from_data(one) for one in data}
