"""Remembers the oldest entry ever seen in each log, so that a cleared log is noticed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from agent.model.finding import Json
from agent.site.config.site import Site
from drivers.details import OldestLog
from drivers.model import Observations

OWN: Final = "site"
"""The subject of this agent's own history; that of a device's log is `device:ID`."""


def remembered(
    site: Site, observations: Observations, own_from: datetime | None, before: Mapping[str, datetime], now: datetime
) -> dict[str, datetime]:
    """Return from when on each log was ever seen to reach, by its subject.

    Args:
        site: The site; what is no longer configured is forgotten.
        observations: What this look showed.
        own_from: When the oldest entry of our own history was written, None where there is none.
        before: What was known.
        now: When this look was. What lies after it was told by a clock that was wrong, and is forgotten.
    """
    subjects = {OWN, *(f"device:{device.id}" for device in site.devices)}
    after = {subject: at for subject, at in before.items() if subject in subjects and at <= now}
    seen = [(one.subject, one.value.at) for one in observations if isinstance(one.value, OldestLog)]
    for subject, at in (*seen, *([(OWN, own_from)] if own_from else [])):
        if subject in subjects and at <= now:
            after[subject] = min(at, after.get(subject, at))
    return after


def to_data(logs: Mapping[str, datetime]) -> dict[str, Json]:
    """Return what is known as plain data for the memory's text."""
    return {subject: int(at.timestamp()) for subject, at in logs.items()}


def from_data(data: Mapping[str, Any]) -> dict[str, datetime]:
    """Return what `to_data` wrote, to the second.

    Raises:
        ValueError, TypeError, AttributeError: The data is something else.
    """
    return {str(subject): datetime.fromtimestamp(at, UTC) for subject, at in data.items()}
