"""Remembers the verdicts of the last looks at each private zone, for the next one to be pooled with. Pure."""

from typing import Final

from agent.observe.pictures import zone_verdicts
from agent.observe.remembered.codec import as_rows
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[zone_verdicts.CameraVerdicts, ...]] = ()
to_data, from_data = as_rows(zone_verdicts.to_data, zone_verdicts.from_data)


def update(before: Remembered, look: Look) -> tuple[zone_verdicts.CameraVerdicts, ...]:
    """Return the looks that the next one is pooled with."""
    return zone_verdicts.pool_verdicts(look.site, look.told, look.seen, before.pooled, look.now)[1]
