"""Remembers marks of the quality of each camera's picture. Pure."""

from typing import Final

from agent.observe.pictures.compact import quality_data, quality_from
from agent.observe.pictures.view_memory import Quality, quality_after
from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Quality] = {}
to_data, from_data = as_object(quality_data, quality_from)


def update(before: Remembered, look: Look) -> Quality:
    """Return the quality by the views after this look."""
    return quality_after(look.site, look.seen, before.quality, before.views, look.known.references, look.now)
