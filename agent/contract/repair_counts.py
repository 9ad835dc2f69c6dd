"""Counts repairs, their duration and flapping, as numbers that can be summed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.model.finding import Json

OTHER: Final = "other"
"""The class of faults without an inferred cause: a picture, a mask, a clock, footage."""

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
"""Every class of fault (`causes.FaultClass`, and the rest), and its word for people; all are msgids."""

SUBJECTS_MOST: Final = 256
"""Subjects per day; the rest is summed."""

REST: Final = "site"


@dataclass(frozen=True, slots=True)
class Repairs:
    """The number of repaired faults, their duration in seconds together, and how many flapped before."""

    repaired: int = 0
    took_s: int = 0
    flapped: int = 0

    @property
    def mean_s(self) -> float:
        """The mean time to repair; 0 where nothing was repaired."""
        return self.took_s / self.repaired if self.repaired else 0.0

    def plus(self, other: Repairs) -> Repairs:
        """Return the sum."""
        return Repairs(self.repaired + other.repaired, self.took_s + other.took_s, self.flapped + other.flapped)


BySubject = Mapping[str, Mapping[str, Repairs]]
"""Repairs by subject (`camera:ID`, `device:ID`, `site`), and class of fault."""


def summed(parts: Iterable[Mapping[str, Repairs]]) -> dict[str, Repairs]:
    """Return the sum of several days or groups, by class, in the order of `CLASSES`."""
    found: dict[str, Repairs] = {}
    for part in parts:
        for name, one in part.items():
            found[name] = found.get(name, Repairs()).plus(one)
    places = {name: place for place, name in enumerate(CLASSES)}
    return dict(sorted(found.items(), key=lambda row: (places.get(row[0], len(places)), row[0])))


def summed_by_subject(parts: Iterable[BySubject]) -> dict[str, dict[str, Repairs]]:
    """Return the sum of several parts by subject and class; beyond `SUBJECTS_MOST` subjects, as `site`."""
    found: dict[str, dict[str, Repairs]] = {}
    for part in parts:
        for subject, one in part.items():
            name = subject if subject in found or len(found) < SUBJECTS_MOST else REST
            found[name] = summed((found.get(name, {}), one))
    return found


def repairs_json(repairs: Mapping[str, Repairs]) -> dict[str, Json]:
    """Return repairs for reports and the status file: `[repaired, seconds, flapped]` by class."""
    return {name: [one.repaired, one.took_s, one.flapped] for name, one in repairs.items()}


def by_subject_json(repairs: BySubject) -> dict[str, Json]:
    """Return repairs by subject for reports and the memory."""
    return {subject: repairs_json(one) for subject, one in repairs.items()}


def read_by_subject(data: object) -> dict[str, dict[str, Repairs]]:
    """Parse the output of `by_subject_json`, skipping what is invalid."""
    told = data.items() if isinstance(data, Mapping) else ()
    read = ((name, read_repairs(one)) for name, one in told if isinstance(name, str))
    return summed_by_subject({name: one} for name, one in read if one)


def read_repairs(data: object) -> dict[str, Repairs]:
    """Parse the output of `repairs_json`, skipping what is invalid."""
    found = {}
    for name, row in data.items() if isinstance(data, Mapping) else ():
        numbers = row if isinstance(row, list) and len(row) == 3 else ()
        if numbers and name in CLASSES and all(type(n) is int and 0 <= n <= _MOST for n in numbers):
            found[name] = Repairs(*numbers)
    return found


_MOST: Final = 10**12
