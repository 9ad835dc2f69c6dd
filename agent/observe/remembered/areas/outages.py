"""Remembers when which camera, device or disk was not well. Pure."""

from typing import Final

from agent.observe.footage import outages
from agent.observe.remembered.codec import as_rows
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[outages.Outage, ...]] = ()
to_data, from_data = as_rows(outages.to_data, outages.from_data)


def update(before: Remembered, look: Look) -> tuple[outages.Outage, ...]:
    """Return the outages after a look."""
    return outages.update_outages(look.site, look.told, before.outages, look.now)
