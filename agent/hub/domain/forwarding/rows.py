"""Defines what forwarding to an upper hub stores, as ports hand it out. Pure."""

from dataclasses import dataclass, field
from typing import NamedTuple

from agent.model.finding import Head, StreamName


class Lane(NamedTuple):
    """A stream of one epoch of a site."""

    site: str
    epoch: str
    stream: StreamName


class Behind(NamedTuple):
    """A lane of which the upper hub has not confirmed all. `confirmed` and `made`: highest numbers; 0: none."""

    site: str
    epoch: str
    stream: StreamName
    city: str
    confirmed: int
    made: int

    @property
    def lane(self) -> Lane:
        """Return the lane alone."""
        return Lane(self.site, self.epoch, self.stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwardable:
    """A stored report as its site signed it; `has_body` false: its body was dropped."""

    seq: int
    digest: str
    arrived_at: str
    jws: str = field(repr=False)
    payload: bytes = field(repr=False)
    has_body: bool


class Told(NamedTuple):
    """What the upper hub said of a site last: number of its watermark; what it refused and why, or empty."""

    ack_no: int
    refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far forwarding is behind, of sites that are forwarded.

    `waiting`: reports, with those that are missing here too; `oldest_at`: when the oldest of them came, empty: none
    waits; `refused`, `held`: sites of which the upper hub has refused a report, and that are not forwarded;
    `confirmed_at`: when it last confirmed something. `upper`: its broker, or `files`; `connected_at`, `failing_since`:
    when that was last reached, and since when it is not; empty: never.
    """

    waiting: int
    sites: int
    oldest_at: str
    refused: int
    held: int
    confirmed_at: str
    upper: str
    connected_at: str
    failing_since: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderFromAbove:
    """An order of the upper hub, and what became of it here: `passed`, `resent`, or why it was not.

    `name`: of a command; of the policy, whose id is `desired`, its version.
    """

    id: str
    site: str
    name: str
    at: str
    outcome: str
    answered_at: str


Confirmed = dict[StreamName, Head]
