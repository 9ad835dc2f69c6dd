"""Remembers the smallest faults that would have been found in each zone on each path, and when that was tried. Pure."""

from typing import Final

from agent.observe.pictures import sensitivities
from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[sensitivities.Sensitivities] = {}
to_data, from_data = as_object(sensitivities.to_data, sensitivities.from_data)


def update(before: Remembered, look: Look) -> sensitivities.Sensitivities:
    """Return what is known after a look."""
    return sensitivities.updated(look.site, look.seen, before.sensitivity, look.now)
