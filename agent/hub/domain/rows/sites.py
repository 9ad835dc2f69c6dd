"""Defines sites, chains and waiting messages, as ports hand them to views. Pure."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from agent.model.finding import StreamName

Names = tuple[str, str]
"""The first and the last site of a page, by name."""

EVERY: Final[Names] = ("", "\U0010ffff")


class SiteRow(NamedTuple):
    """A site of which a verified message has come. Times are RFC 3339 texts in UTC, empty for never.

    `status` is the last state of its connection: `ready`, `disconnected`, `lost`, or `unknown` before the first.
    `confirm` is from its birth, `protocol` from its last message. `health_made_at`: the site's time of the report of
    `health_at`. A tuple: a city has ten thousand of them on each page.
    """

    site: str
    city: str
    epoch: str
    connection_no: int
    status: str
    state_at: str
    arrived_at: str
    health_at: str
    next_due_at: str
    kid: str
    confirm: str
    protocol: str
    health_made_at: str


@dataclass(frozen=True, slots=True)
class ChainRow:
    """How far one stream of one epoch goes. `expected`: the highest number that the site is known to have made."""

    site: str
    epoch: str
    stream: StreamName
    confirmed: int
    position: int
    broken: int
    expected: int


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """What waits for a key that nobody vouches for: how many messages, since when, and whether the key was shown."""

    site: str
    kid: str
    number: int
    since: str
    shown: bool
