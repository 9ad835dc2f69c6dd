"""Remembers how each path frames the approved view of its camera. Pure."""

from typing import Final

from agent.observe.pictures import framings
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[framings.Framings] = {}
to_data, from_data = framings.to_data, framings.from_data


def update(before: Remembered, look: Look) -> framings.Framings:
    """Return the framings after a look."""
    return framings.framings_after(look.site, look.seen, before.framings, look.now)
