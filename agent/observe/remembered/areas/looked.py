"""Remembers the last result of each path that is looked at in rotation. Pure."""

from typing import Final

from agent.observe.pictures import kept_turns, turns
from agent.observe.remembered.codec import as_rows
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[tuple[turns.PathResult, ...]] = ()
to_data, from_data = as_rows(kept_turns.to_data, kept_turns.from_data)


def update(before: Remembered, look: Look) -> tuple[turns.PathResult, ...]:
    """Return the results after a look, before they stand in for paths without a turn."""
    return turns.path_results(look.site, look.told, before.looked, look.now)
