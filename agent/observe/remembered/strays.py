"""Remembers in how many looks a channel was seen that nobody configured. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent.observe.inventory.unconfigured import update_strays
from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Mapping[str, int]] = {}
to_data, from_data = as_object(int, int)


def update(before: Remembered, look: Look) -> dict[str, int]:
    """Return the counts after a look."""
    return update_strays(look.site, look.told, before.strays)
