"""Defines the port of the city's map."""

from typing import Protocol

from agent.hub.domain.rows.city_map import CityMap


class CityMaps(Protocol):
    """Stores where sites are and how districts run, as people at the hub loaded it."""

    def read(self) -> CityMap:
        """Return the map in force; an empty one where none was loaded.

        Raises:
            Forbidden: This user may not read it.
            ConfigurationError: It is not what was stored.
        """

    def keep(self, city: CityMap) -> None:
        """Store the map in the place of the one before; an empty one is none. Raises Forbidden, ConfigurationError."""
