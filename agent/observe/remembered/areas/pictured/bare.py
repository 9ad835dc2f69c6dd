"""Remembers when each private zone of a recorded camera was seen bare. Pure."""

from typing import Final

from agent.observe.footage import bare
from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[bare.Bare] = {}
to_data, from_data = as_object(bare.to_data, bare.from_data)


def update(before: Remembered, look: Look) -> bare.Bare:
    """Return the stretches after a look; single pictures count, as what is pooled lags behind."""
    return bare.update_bare(look.site, (*look.told, *look.seen), before.footage, before.bare, look.now)
