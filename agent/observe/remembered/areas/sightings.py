"""Remembers the devices that answer on the network and that nobody declared. Pure."""

from typing import Final

from agent.observe.facts import sightings
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[sightings.Sighting, ...]] = ()
to_data, from_data = sightings.to_data, sightings.from_data


def update(before: Remembered, look: Look) -> tuple[sightings.Sighting, ...]:
    """Return the sightings after a look."""
    within = sightings.window(look.site.period_s)
    stock = look.stock
    return sightings.add_sightings(before.sightings, stock.strangers, stock.settled, look.now, within)
