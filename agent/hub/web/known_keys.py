"""Holds the bindings of keys to sites between requests: a city has thousands, and few of them change in a day."""

from dataclasses import dataclass
from pathlib import Path

from agent.hub.stores.engines import open_trust
from agent.verify.bindings import Trust


@dataclass(slots=True)
class KnownKeys:
    """The bindings of one hub, as they were read last."""

    _held: Trust | None = None

    def now(self, directory: Path) -> Trust:
        """Return the bindings that are in force, reading what has changed since. Raises as `trust.load`."""
        self._held = found = open_trust(directory).load(self._held)
        return found
