"""Remembers what is usual for each camera's picture, and what was last found of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures.compact import quality_data, quality_from
from agent.observe.pictures.view_memory import Quality, quality_after
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Quality] = {}


def update(before: Remembered, look: Look) -> Quality:
    """Return what is known of picture quality; `before.views` are those after this look."""
    return quality_after(look.site, look.seen, before.quality, before.views, look.known.references, look.now)


def to_data(value: Quality) -> dict[str, Json]:
    """Return the cameras' quality as plain data."""
    return {name: quality_data(one) for name, one in value.items()}


def from_data(data: Mapping[str, Any]) -> Quality:
    """Return what `to_data` wrote. Raises ValueError, KeyError, TypeError or AttributeError."""
    return {name: quality_from(one) for name, one in data.items()}
