"""Remembers what looks have counted for the city's assessment, day by day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.facts import assessed_days
from agent.observe.facts.assessed_days import DayAssessed
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[DayAssessed, ...]] = ()


def update(before: Remembered, look: Look) -> tuple[DayAssessed, ...]:
    """Return it as it is: a look is counted once it is judged (`agent/report/assessment.py`)."""
    return before.assessed


def to_data(value: Sequence[DayAssessed]) -> list[Json]:
    """Return the days as plain data."""
    return [assessed_days.to_data(one) for one in value]


def from_data(data: Sequence[Any]) -> tuple[DayAssessed, ...]:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError."""
    return tuple(assessed_days.from_data(one) for one in data)
