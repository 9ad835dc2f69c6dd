"""Defines what intake stores beside reports: messages of unknown keys, and the name of a chain. Pure."""

from dataclasses import dataclass, field
from typing import Final

from agent.model.finding import StreamName

KEYS_MOST: Final = 16
"""Keys that nobody has vouched for that are kept per site."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message of a key that nobody has vouched for yet."""

    site: str
    kid: str
    topic: str
    jws: str = field(repr=False)
    payload: bytes = field(repr=False)


Key = tuple[str, str, StreamName]
"""Site, epoch and stream."""
