"""Remembers which box belongs to which device, and to which camera behind a recorder. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.facts.sightings import KnownBox, remembered
from agent.observe.inventory.owners import mark_data, mark_from, proven_marks
from agent.observe.inventory.stocktake import configured
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Mapping[str, KnownBox]] = {}


def update(before: Remembered, look: Look) -> dict[str, KnownBox]:
    """Return the boxes of what is configured, by what has proven itself in this look."""
    known = configured(look.site, before.identities)
    return remembered(known, proven_marks(look.site, look.told), look.now)


def to_data(value: Mapping[str, KnownBox]) -> dict[str, Json]:
    """Return the boxes as plain data."""
    return {
        device: [mark_data(one.mark), mark_data(one.other), _text(one.since), _text(one.seen_at)]
        for device, one in value.items()
    }


def from_data(data: Mapping[str, Any]) -> dict[str, KnownBox]:
    """Return what `to_data` wrote. Raises ValueError, TypeError or AttributeError."""
    return {
        device: KnownBox(known, mark_from(other), _time(since), *(_time(at) for at in seen_at))
        for device, (mark, other, since, *seen_at) in data.items()
        if (known := mark_from(mark)) is not None
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
