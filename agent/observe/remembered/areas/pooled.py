"""Remembers which private zones failed, so that a second look confirms it and a failing zone waits for none. Pure."""

from typing import Final

from agent.observe.pictures import zone_verdicts
from agent.observe.remembered.codec import as_rows
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[zone_verdicts.CameraVerdicts, ...]] = ()
to_data, from_data = as_rows(zone_verdicts.to_data, zone_verdicts.from_data)


def update(before: Remembered, look: Look) -> tuple[zone_verdicts.CameraVerdicts, ...]:
    """Return what is remembered unchanged: verdicts are confirmed where they are judged (`rounds.py`)."""
    return before.pooled
