"""Defines the ports of housekeeping: holds, bodies, expiry, room on the disk."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Protocol

from agent.hub.domain.retention import Held, Phase, StoredBody
from agent.hub.domain.rows.keeping import Hold, ReportOfAge, Room


class Holds(Protocol):
    """Stores which times of a site are held against deletion."""

    def keep(self, hold: Hold) -> int:
        """Store a hold; return its number.

        Raises:
            UsageError: The site is not known here, the time is empty, or a text is empty or too long.
            StoreFailed: Nothing has changed.
        """

    def release(self, number: int, by: str, why: str, now: datetime) -> None:
        """End a hold before its last day; who, when and why stay. Raises UsageError, StoreFailed."""

    def listed(self, today: str, site: str | None = None, by_fails: bool = True) -> list[Hold]:
        """Return what holds on a day (2026-11-24), of a site or of all: rows first, then what holds by itself.

        `by_fails`: also by open fails, which are looked for in all that is open.
        """

    def held(self, sites: Iterable[str], today: str, by_fails: bool = True) -> dict[str, list[Held]]:
        """Return the held times of some sites; without those of open fails where the last limit for reports is over.

        A site that fell silent with a fail would else be stored for ever.
        """


class Bodies(Protocol):
    """Queries and drops bodies of stored reports; writes within the caller's transaction."""

    def after(self, after_id: int, most: int) -> list[StoredBody]:
        """Return the next reports that have their body, by id."""

    def held_before(self, phase: Phase, after_id: int, most: int) -> list[StoredBody]:
        """Return the next reports that housekeeping left in a phase because they were held."""

    def needed(self, numbers: Collection[int]) -> set[int]:
        """Return which of these bodies others are differences to that are not among these."""

    def drop(self, numbers: Collection[int]) -> None:
        """Drop the bodies of these reports; what differs from one stays. Within the caller's transaction."""

    def leave(self, phase: Phase, numbers: Iterable[int]) -> None:
        """Note that these are held, so that they are looked at again, within the caller's transaction."""

    def forget(self, phase: Phase, numbers: Iterable[int]) -> None:
        """Look at these no more: they stay in this phase, within the caller's transaction."""

    def place(self, phase: Phase) -> int:
        """Return the id of the last report that housekeeping has judged in a phase."""

    def go_on(self, phase: Phase, after_id: int) -> None:
        """Note how far housekeeping has come, within the caller's transaction."""

    def newest_arrival(self) -> datetime:
        """Return when the newest reports arrived, the oldest time for an empty store: no later clock drops a body."""


class Months(Protocol):
    """Drops the reports of a month together, named as they sort; writes within the caller's transaction."""

    def next_before(self, limit: str, after: str) -> str:
        """Return the next month all of which arrived before a limit, empty where there is none."""

    def of_site(self, month: str, site: str) -> list[ReportOfAge]:
        """Return the reports of a site in a month."""

    def drop(self, month: str, kept: Collection[int]) -> bool:
        """Drop a month but for these reports and those that a chain needs; return whether any went."""


class Expiry(Protocol):
    """Queries what was stored longest, and deletes it; writes within the caller's transaction."""

    months: Months | None
    """None: each report goes by itself."""

    def newest_made_at(self) -> datetime | None:
        """Return the newest time that a site wrote into one of the newest reports; None where none did."""

    def reports_after(self, after_id: int, most: int) -> list[ReportOfAge]:
        """Return the next reports by id: the order in which they came, but for a few that had waited for trust."""

    def delete_report(self, number: int) -> None:
        """Delete a report with the columns of views and cases; what differs from its body is made whole first."""

    def delete_untold_findings(self, site: str) -> None:
        """Delete the findings of a site that no stored report tells of."""

    def delete_beside(self, limit: str) -> None:
        """Delete what else is over: figures of days, refusals, unverified messages, orders, and who accepted a loss."""


class Disk(Protocol):
    """Measures how much room the store takes and has."""

    def sizes(self) -> dict[date, int]:
        """Return how much was stored at the end of each of the last days; none where that is not known."""

    def keep_size(self, today: date, used_bytes: int) -> None:
        """Store the size of today, in the place of an earlier one of today. Raises OSError."""

    def measure(self) -> Room:
        """Return how much room there is. Raises StoreFailed, OSError."""
