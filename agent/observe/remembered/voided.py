"""Remembers which approvals were given for a box that was replaced. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Mapping[str, str]] = {}


def update(before: Remembered, look: Look) -> Mapping[str, str]:
    """Return them as they are: what is void is settled with who stands where (`kept_for.py`)."""
    return before.voided


def to_data(value: Mapping[str, str]) -> dict[str, Json]:
    """Return the digests of void approvals by camera."""
    return dict(value)


def from_data(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what `to_data` wrote. Raises AttributeError."""
    return {str(name): str(digest) for name, digest in data.items()}
