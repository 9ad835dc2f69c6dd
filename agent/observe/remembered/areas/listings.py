"""Remembers what each device listed by name, so that a cut list is noticed. Pure."""

from typing import Final

from agent.observe.inventory import listings
from agent.observe.inventory.listings import KnownList, Listings
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Listings] = {}
to_data, from_data = listings.to_data, listings.from_data


def update(before: Remembered, look: Look) -> dict[str, dict[str, KnownList]]:
    """Return the lists after a look."""
    return listings.update_listings(look.site, look.told, before.listings, look.now)
