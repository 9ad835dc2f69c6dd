"""Remembers the oldest entry ever seen in each log, so that a cleared log is noticed. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from agent.model.finding import Json
from agent.site.config.site import Site
from drivers.details import OldestLog
from drivers.model import Observations

OWN: Final = "site"
"""The subject of this agent's own history; that of a device's log is `device:ID`."""


def update_logs(
    site: Site, observations: Observations, own_from: datetime | None, before: Mapping[str, datetime], now: datetime
) -> dict[str, datetime]:
    """Return the oldest entry ever seen in each log, by its subject.

    Logs of unconfigured devices are dropped, and times after `now`, which came from a wrong clock; an entry that stands
    alone is no log that can be shortened. `own_from`: time of the oldest entry of our own history, or None.
    """
    subjects = {OWN, *(f"device:{device.id}" for device in site.devices)}
    after = {subject: at for subject, at in before.items() if subject in subjects and at <= now}
    seen = [
        (one.subject, one.value.at) for one in observations if isinstance(one.value, OldestLog) and not one.value.alone
    ]
    for subject, at in (*seen, *([(OWN, own_from)] if own_from else [])):
        if subject in subjects and at <= now:
            after[subject] = min(at, after.get(subject, at))
    return after


def to_data(logs: Mapping[str, datetime]) -> dict[str, Json]:
    """Return the times as plain data for the stored memory."""
    return {subject: int(at.timestamp()) for subject, at in logs.items()}


def from_data(data: Mapping[str, Any]) -> dict[str, datetime]:
    """Return what `to_data` wrote, to the second. Raises ValueError, TypeError or AttributeError for anything else."""
    return {str(subject): datetime.fromtimestamp(at, UTC) for subject, at in data.items()}
