"""Remembers devices that answered on the network and that nobody declared. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.facts.sightings import Sighting, counted, window
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[Sighting, ...]] = ()


def update(before: Remembered, look: Look) -> tuple[Sighting, ...]:
    """Add this look's strangers to those before; what is declared by now is dropped."""
    stock = look.stock
    return counted(before.sightings, stock.strangers, stock.settled, look.now, window(look.site.period_s))


def to_data(value: Sequence[Sighting]) -> list[Json]:
    """Return the sightings as plain data."""
    return [
        [one.address, one.endpoint, one.mac, one.first_at.isoformat(), [at.isoformat() for at in one.times]]
        for one in value
    ]


def from_data(data: Sequence[Any]) -> tuple[Sighting, ...]:
    """Return what `to_data` wrote. Raises ValueError or TypeError."""
    return tuple(
        Sighting(
            str(address),
            str(endpoint),
            str(mac),
            datetime.fromisoformat(first),
            tuple(datetime.fromisoformat(at) for at in times),
        )
        for address, endpoint, mac, first, times in data
        if times
    )
