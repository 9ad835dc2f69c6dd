"""Remembers which box and place the memory of each camera is of. Pure."""

from typing import Final

from agent.observe.inventory.owners import Owners, owner_data, owner_from
from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Owners] = {}
to_data, from_data = as_object(owner_data, owner_from)


def update(before: Remembered, look: Look) -> Owners:
    """Return the owners as they were: `agent/service/cycle/kept_for.py` decides them before pictures are judged."""
    return before.owners
