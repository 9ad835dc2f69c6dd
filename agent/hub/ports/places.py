"""Defines the port of where sites lie: by their reports, and by people at the hub."""

from datetime import date, datetime
from typing import Protocol

from agent.hub.domain.rows.places import Differing
from agent.hub.domain.scope import EVERYTHING, Scope


class Places(Protocol):
    """Stores in which division sites lie, as people said, and compares it with what sites tell."""

    def say(self, site: str, division: str, by: str, why: str, now: datetime, since: date | None = None) -> None:
        """Store where a site lies; of what was said of one day the last word counts.

        Args:
            site: It need not have reported yet.
            division: Its code of six digits.
            by: Who says so.
            why: The reason.
            now: When.
            since: The first day in China on which it lies there; None: it has never lain elsewhere.

        Raises:
            UsageError: It is no code, the day is still to come, or a text is empty or too long.
            StoreFailed: Nothing has changed.
        """

    def differing(self, scope: Scope = EVERYTHING) -> list[Differing]:
        """Return the sites that may be seen of which reports tell another division than the one that counts."""
