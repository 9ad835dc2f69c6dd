"""Defines runs of reports that the hub lacks, and those that a person accepted as lost. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

from agent.model.finding import StreamName

CONFIRMED_BEFORE: Final = "confirmed-before"
"""Reason of the gap record of a run that a site saw confirmed and this hub has lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A run that was accepted. `closed`: its chain has passed it; else a report behind it is still missing."""

    epoch: str
    stream: StreamName
    first: int
    last: int
    by: str
    why: str
    at: str
    closed: bool


Kind = Literal["missing", "before"]

Run = tuple[int, int]
"""From and to, both included."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A run of reports that the hub lacks; see the table `hole` in `agent/hub/stores/schema.py`."""

    epoch: str
    stream: StreamName
    first: int
    last: int
    kind: Kind = "missing"
    asked_at: str = ""
    times: int = 0
    state: Literal["", "lost", "gone"] = ""
