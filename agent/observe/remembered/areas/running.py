"""Remembers how long each device that reports its uptime has been up. Pure."""

from collections.abc import Mapping
from typing import Final

from agent.observe.facts import restarts
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Mapping[str, restarts.RunningDevice]] = {}
to_data, from_data = restarts.to_data, restarts.from_data


def update(before: Remembered, look: Look) -> dict[str, restarts.RunningDevice]:
    """Return the uptimes after a look."""
    return restarts.update_running(look.site, look.told, before.running, look.now, look.trusted)
