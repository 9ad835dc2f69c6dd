"""Remembers cameras' video sources, channels that nobody configured, and when each camera was configured last. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.inventory.known_sources import source_data, source_from, update_sources
from agent.observe.inventory.unconfigured import NOTHING_YET, Inventory, update_configured, update_strays
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final = NOTHING_YET


def update(before: Remembered, look: Look) -> Inventory:
    """Return the inventory after a look."""
    known = before.inventory
    return Inventory(
        update_sources(look.site, look.told, known.sources),
        update_strays(look.site, look.told, known.strays),
        update_configured(look.site, known.configured, look.now),
    )


def to_data(value: Inventory) -> dict[str, Json]:
    """Return it as plain data."""
    return {
        "sources": {name: source_data(one) for name, one in value.sources.items()},
        "strays": dict(value.strays),
        "configured": {name: at.isoformat() for name, at in value.configured.items()},
    }


def from_data(data: Mapping[str, Any]) -> Inventory:
    """Return what `to_data` wrote. Raises ValueError, KeyError, TypeError or AttributeError."""
    return Inventory(
        {str(name): source_from(one) for name, one in data["sources"].items()},
        {str(name): int(times) for name, times in data["strays"].items()},
        {str(name): datetime.fromisoformat(at) for name, at in data["configured"].items()},
    )
