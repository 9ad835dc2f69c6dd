"""Defines a note of a person at the hub about an open finding. Pure."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["acknowledged", "assigned", "comment", "planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word on an open finding. `until`: day on which it ends, or by which a repair is due or planned, or empty.

    `at`, `ended_at`: RFC 3339 in UTC, the hub's time, and the site's where a report ended it; empty: it counts.
    """

    site: str
    check: str
    subject: str
    kind: Kind
    said_by: str
    at: str
    assignee: str = ""
    until: str = ""
    text: str = ""
    ended_at: str = ""
