"""Remembers the view of each camera against the approved one, settled by several pictures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures.compact import view_data, view_from
from agent.observe.pictures.view_memory import Views, views_after
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Views] = {}


def update(before: Remembered, look: Look) -> Views:
    """Return the views with this look's pictures; one that was approved anew begins anew."""
    return views_after(look.site, look.seen, before.views, look.known.references, look.now)


def to_data(value: Views) -> dict[str, Json]:
    """Return the cameras' views as plain data."""
    return {name: view_data(one) for name, one in value.items()}


def from_data(data: Mapping[str, Any]) -> Views:
    """Return what `to_data` wrote. Raises ValueError, KeyError, TypeError or AttributeError."""
    return {name: view_from(one) for name, one in data.items()}
