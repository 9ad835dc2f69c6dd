"""Remembers which box belongs to which device, and to which camera behind a recorder. Pure."""

from collections.abc import Mapping
from typing import Final

from agent.observe.facts.sightings import KnownBox, update_boxes
from agent.observe.inventory.owners import boxes_data, boxes_from, proven_marks
from agent.observe.inventory.stocktake import configured_boxes
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Mapping[str, KnownBox]] = {}
to_data, from_data = boxes_data, boxes_from


def update(before: Remembered, look: Look) -> dict[str, KnownBox]:
    """Return the boxes of what is configured, by what has proven itself in this look."""
    known = configured_boxes(look.site, before.identities)
    return update_boxes(known, proven_marks(look.site, look.told), look.now)
