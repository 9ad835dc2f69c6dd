"""How often faults were repaired, how long that took, and how often they came and went: numbers to add up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.model import Json

OTHER: Final = "other"
"""The class of a fault about which no cause is inferred: a picture, a mask, a clock, footage."""

CLASSES: Final[Mapping[str, str]] = {
    "power": "power",
    "network-group": "network",
    "recorder": "recorder",
    "disk": "disk",
    "camera": "camera",
    "credential": "login",
    "agent": "gateway",
    "unknown": "unknown cause",
    OTHER: "other checks",
}
"""Every class of fault (`causes.FaultClass`, and the rest), and its word for people; all of those are msgids."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """So many faults were repaired, in so many seconds together; so many of them came and went before."""

    repaired: int = 0
    took_s: int = 0
    flapped: int = 0

    @property
    def mean_s(self) -> float:
        """The mean time to repair; 0 where nothing was repaired."""
        return self.took_s / self.repaired if self.repaired else 0.0

    def plus(self, other: Repairs) -> Repairs:
        """Return both together."""
        return Repairs(self.repaired + other.repaired, self.took_s + other.took_s, self.flapped + other.flapped)


def summed(parts: Iterable[Mapping[str, Repairs]]) -> dict[str, Repairs]:
    """Return the sum of several days or groups, by class, in the order of `CLASSES`."""
    found: dict[str, Repairs] = {}
    for part in parts:
        for name, one in part.items():
            found[name] = found.get(name, Repairs()).plus(one)
    places = {name: place for place, name in enumerate(CLASSES)}
    return dict(sorted(found.items(), key=lambda row: (places.get(row[0], len(places)), row[0])))


def repairs_json(repairs: Mapping[str, Repairs]) -> dict[str, Json]:
    """Return repairs as reports and the status file carry them: `[repaired, seconds, flapped]` by class."""
    return {name: [one.repaired, one.took_s, one.flapped] for name, one in repairs.items()}


def read_repairs(data: object) -> dict[str, Repairs]:
    """Return what `repairs_json` wrote, without what cannot be of it."""
    found = {}
    for name, row in data.items() if isinstance(data, Mapping) else ():
        numbers = row if isinstance(row, list) and len(row) == 3 else ()
        if numbers and name in CLASSES and all(type(n) is int and 0 <= n <= _MOST for n in numbers):
            found[name] = Repairs(*numbers)
    return found


_MOST: Final = 10**12
