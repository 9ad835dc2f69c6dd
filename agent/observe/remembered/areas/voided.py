"""Remembers approvals that name no box and whose box is gone, by their digest. Pure."""

from collections.abc import Mapping
from typing import Final

from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Mapping[str, str]] = {}
to_data, from_data = as_object(str, str)


def update(before: Remembered, look: Look) -> Mapping[str, str]:
    """Return them as they were: they are decided before pictures are judged (`agent/service/cycle/kept_for.py`)."""
    return before.voided
