"""Defines what is queried for one person's view of a city, a site or a finding, as ports hand it out. Pure."""

from dataclasses import dataclass
from typing import Final

LOOKED_AT_MOST: Final = 400
"""Configuration reports and events of a site, the newest first, that are searched for one finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeRow:
    """A stored report that was verified by the key `kid`. `confirmed`: a watermark of this hub has passed it.

    `status`, `reason` and `message` are what it says of the one finding that was asked for; else empty.
    """

    epoch: str
    stream: str
    seq: int
    digest: str
    kid: str
    arrived_at: str
    made_at: str
    fork: bool
    confirmed: bool
    status: str = ""
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the newest configuration report of a site says of one check: `subjects` one a line."""

    check: str
    subjects: str
    status: str

    def names(self) -> list[str]:
        """Return the subjects."""
        return self.subjects.split("\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSite:
    """A site, and how many findings are open there that may be seen.

    `status`: the last state of its connection; times RFC 3339 in UTC; all texts empty where nothing has told them.
    """

    site: str
    city: str
    division: str
    operator: str
    status: str
    arrived_at: str
    health_at: str
    made_at: str
    cameras: int
    fails: int
    warns: int
    unknowns: int


@dataclass(frozen=True, slots=True)
class Aged:
    """How many open findings of a status have been so since one day (of UTC, as 2026-11-24)."""

    status: str
    day: str
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is assigned to somebody at a site: how many open findings, and how many of them were due before today."""

    assignee: str
    site: str
    open: int
    late: int
