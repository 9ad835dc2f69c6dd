"""Remembers the last verdicts at each preset of a camera that turns. Pure."""

from typing import Final

from agent.observe.pictures import preset_verdicts
from agent.observe.remembered.codec import as_list_by_id
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[preset_verdicts.Presets] = {}
to_data, from_data = as_list_by_id(preset_verdicts.to_data, preset_verdicts.from_data)


def update(before: Remembered, look: Look) -> preset_verdicts.Presets:
    """Return the verdicts at presets after a look."""
    known = look.known.presets
    return preset_verdicts.presets_after(look.site, look.told, look.seen, before.presets, known, look.now)
