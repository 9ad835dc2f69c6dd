"""Defines a dispute of a site, and the decision on it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.contract.disputes import DUE_WITHIN, Decided, Disputed


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRow:
    """A dispute of a site, when it came, and the decision with the command that carries it to the site.

    `ended_at`: when the disputed episode was over, None: nothing is known of that. `decision` None, `command` empty: it
    is open.
    """

    site: str
    said: Disputed
    arrived_at: datetime
    ended_at: datetime | None = None
    decision: Decided | None = None
    command: str = ""

    def due_at(self, within: timedelta = DUE_WITHIN) -> datetime:
        """Return when a decision is due."""
        return self.arrived_at + within
