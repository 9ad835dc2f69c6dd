"""Lists the remembered areas, and folds a look into all of them; reads and writes them as plain data. Pure.

An area is one module with four names: `EMPTY`, `update(before, look)`, `to_data` and `from_data`; and one row here.
A new area is that module, its row, and a member of `Remembered`. `update` gets everything that is remembered, with what
areas above it in the table have learned from the same look.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from agent.model.finding import Json
from agent.observe.remembered.areas import (
    assessed,
    footage,
    identities,
    inventory,
    listings,
    logs,
    looked,
    moments,
    outages,
    owners,
    pooled,
    running,
    sightings,
    voided,
)  # fmt: skip
from agent.observe.remembered.areas.pictured import bare, framings, presets, quality, sensitivity, views
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered


class Area(Protocol):
    """What a module of an area has."""

    @property
    def EMPTY(self) -> Any:
        """What is remembered before the first look."""

    def update(self, before: Remembered, look: Look) -> Any:
        """Return what is remembered after a look."""

    def to_data(self, value: Any) -> Json:
        """Return it as plain data."""

    def from_data(self, data: Any) -> Any:
        """Return what `to_data` wrote. Raises ValueError, KeyError, TypeError or AttributeError."""


PICTURED: Final[Mapping[str, Area]] = {
    "presets": presets,
    "views": views,
    "quality": quality,  # by the view after this look
    "bare": bare,
    "framings": framings,
    "sensitivity": sensitivity,
}
"""Learned from pictures: once for each device and round."""

IN_TURN: Final[Mapping[str, Area]] = {"looked": looked}
"""Learned once a look, from what it observed itself: before remembered looks stand in for paths without a turn."""

OBSERVED: Final[Mapping[str, Area]] = {
    "sightings": sightings,
    "identities": identities,
    "footage": footage,
    "outages": outages,
    "running": running,
    "logs": logs,
    "inventory": inventory,
    "listings": listings,
    "moments": moments,
}
"""Learned once a look from everything that is known by it."""

BESIDE: Final[Mapping[str, Area]] = {
    "assessed": assessed,  # by the findings (agent/report/assessment.py)
    "pooled": pooled,  # as verdicts are confirmed (agent/service/cycle/rounds.py)
    "owners": owners,  # by who stands where (agent/service/cycle/kept_for.py)
    "voided": voided,
}
"""A look alone changes nothing of these."""

REMEMBERED: Final[Mapping[str, Area]] = {**PICTURED, **IN_TURN, **OBSERVED, **BESIDE}


def fold(areas: Mapping[str, Area], before: Remembered, look: Look) -> Remembered:
    """Return what is remembered once these areas have learned from a look, in the order of the table."""
    after = before
    for name, area in areas.items():
        after = replace(after, **{name: area.update(after, look)})
    return after


def to_data(remembered: Remembered) -> dict[str, Json]:
    """Return everything as plain data."""
    return {name: area.to_data(getattr(remembered, name)) for name, area in REMEMBERED.items()}


def from_data(data: Mapping[str, Any]) -> Remembered:
    """Return what `to_data` wrote; an area that is not in it, as in the text of an older release, is empty.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: The data is something else.
    """
    return Remembered(
        **{name: area.from_data(data[name]) if name in data else area.EMPTY for name, area in REMEMBERED.items()}
    )
