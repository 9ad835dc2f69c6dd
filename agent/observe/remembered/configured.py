"""Remembers when each camera was configured last, so that one that is dropped is told of for a while. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from agent.observe.inventory.unconfigured import update_configured
from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Mapping[str, datetime]] = {}
to_data, from_data = as_object(datetime.isoformat, datetime.fromisoformat)


def update(before: Remembered, look: Look) -> dict[str, datetime]:
    """Return the times after a look."""
    return update_configured(look.site, before.configured, look.now)
