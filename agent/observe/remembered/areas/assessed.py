"""Remembers what looks counted for the city's assessment, by day. Pure."""

from typing import Final

from agent.observe.facts import assessed_days
from agent.observe.remembered.codec import as_rows
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[assessed_days.DayAssessed, ...]] = ()
to_data, from_data = as_rows(assessed_days.to_data, assessed_days.from_data)


def update(before: Remembered, look: Look) -> tuple[assessed_days.DayAssessed, ...]:
    """Return the days as they were: they are counted once the look is judged (`agent/report/assessment.py`)."""
    return before.assessed
