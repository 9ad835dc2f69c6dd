"""Defines how far the hub's log is, as its port hands it out. Pure."""

from dataclasses import dataclass
from typing import Final

RESTORED: Final = "restored"
"""In the place of `last_digest` of a log that was copied back from a backup: it waits for a person's statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far the log is: `size` entries, the last of the report `last_id`; receipts of `sent` entries have gone out.

    `note` is the signed checkpoint over exactly these entries.
    """

    origin: str
    size: int
    last_id: int
    last_digest: str
    sent: int
    note: str
