"""Defines the port of who leads: of several hubs on one store one does what is done once for all sites."""

from typing import Protocol


class Leading(Protocol):
    """Whether this hub leads. One thread uses it."""

    def holds(self) -> bool:
        """Return whether this hub leads now, and take the lead where nobody has it; it is lost with its connection."""

    def close(self) -> None:
        """Give the lead away. May be called again."""
