"""Remembers the video source of each camera by the token that its device gives it. Pure."""

from __future__ import annotations

from typing import Final

from agent.observe.inventory.known_sources import KnownSource, KnownSources, source_data, source_from, update_sources
from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[KnownSources] = {}
to_data, from_data = as_object(source_data, source_from)


def update(before: Remembered, look: Look) -> dict[str, KnownSource]:
    """Return the sources after a look."""
    return update_sources(look.site, look.told, before.sources)
