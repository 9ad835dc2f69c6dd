"""Remembers how far back the log of each subject ever reached. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from agent.observe.facts import log_reach
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Mapping[str, datetime]] = {}
to_data, from_data = log_reach.to_data, log_reach.from_data


def update(before: Remembered, look: Look) -> dict[str, datetime]:
    """Return the reach of the logs after a look."""
    return log_reach.update_logs(look.site, look.told, look.own_log_from, before.logs, look.now)
