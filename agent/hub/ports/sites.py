"""Defines the ports of views over sites: state, chains, counters, figures of days."""

from collections.abc import Collection
from datetime import date
from typing import Any, Protocol

from agent.hub.domain.rows.day_sums import DaySum
from agent.hub.domain.rows.sites import EVERY, ChainRow, Names, SiteRow, WaitingRow
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.verify.message import Claim, Gap


class Sites(Protocol):
    """Queries what is known of sites, one by one and together. Reads only."""

    def rows(self, only: str | None = None, names: Names = EVERY, scope: Scope = EVERYTHING) -> list[SiteRow]:
        """Return every site of a page that may be seen, by name, or the one of that name."""

    def chains(self, site: str | None = None, names: Names = EVERY) -> list[ChainRow]:
        """Return the chains of a site, or of all of a page."""

    def waiting(self, names: Names = EVERY) -> list[WaitingRow]:
        """Return what waits for keys to be trusted, by site and in the order of arrival."""

    def waiting_reports(self) -> int:
        """Return how many reports wait for keys to be trusted, without state messages."""

    def missing_runs(self, chain: ChainRow) -> list[tuple[int, int]]:
        """Return the runs of numbers that are neither stored nor explained, up to the last that the site made."""

    def gaps(self, site: str) -> list[Gap]:
        """Return the runs of gap records, and those confirmed before a hub lost its database, also what came again."""

    def absent(self, site: str) -> list[Gap]:
        """Return the explained runs again, without what has come all the same."""

    def counts(self, names: Names = EVERY) -> dict[str, dict[str, int]]:
        """Return the counters by site; the empty site is for what names none."""

    def confirmed_counts(self, names: Names = EVERY) -> dict[str, int]:
        """Return how many reports up to the watermarks came, by site.

        Below a watermark nothing is missing that no gap explains.
        """

    def chains_with_holes(self) -> list[ChainRow]:
        """Return the chains behind whose place the site is known to have made more."""

    def epochs(self, site: str) -> list[tuple[str, str, str]]:
        """Return name, time of first arrival and verdict of a site's epochs, in the order in which they were met."""

    def page(self, after: str | None, most: int) -> tuple[list[str], int, bool]:
        """Return the sites behind one by name, at most so many, how many there are in all, and whether more follow.

        Those that are known, and those that are only counted: what came under no name that a site can have has none.
        `after` None: from the first on. `most` -1: all.
        """

    def contacts(self) -> list[tuple[str, str, str]]:
        """Return name, status and time of arrival of the newest health report (empty: none) of every site, by name."""

    def counts_summed(self) -> dict[str, int]:
        """Return the counters, summed over the sites."""

    def lags(self) -> dict[str, int]:
        """Return of how many reports that a site has made in its present epoch nothing is confirmed, by site."""

    def first_contacts(self) -> list[tuple[str, str]]:
        """Return each site, and when the first verified message of it came."""


class Figures(Protocol):
    """Stores and queries the figures of days that sites reported."""

    def keep(self, claim: Claim) -> None:
        """Store what the first health or config report under its number has about a day, without malformed values.

        Within a transaction.
        """

    def of_day(self, by: str, day: date, sites: Collection[str] | None = None) -> dict[str, Any]:
        """Return the report of each site, or of some, about a day; of several epochs that which the site began last."""

    def of_site(self, by: str, site: str, first: date) -> dict[str, Any]:
        """Return what a site reported of each day from one on, by day; of several epochs that which it began last."""

    def last(self, by: str, site: str) -> dict[str, Any]:
        """Return the last report of a site, by group; empty where there is none."""

    def plans_before(self, first: date) -> dict[str, Any]:
        """Return what each site had planned in its last report before a day.

        `CROSS JOIN` keeps SQLite from scanning every row that was ever stored.
        """

    def sum_of_day(self, by: str, day: date, sites: Collection[str] | None = None) -> DaySum:
        """Return what all sites, or some, reported of a day, added up."""

    def days_without_sum(self, days: Collection[date]) -> list[tuple[str, date]]:
        """Return which of these days, by what, have rows of many sites and no stored sum, in their order."""

    def keep_sum(self, by: str, day: date) -> bool:
        """Add a day up and store the sum, until one of its rows changes; return whether another one was stored."""

    def sums_after(self, by: str, day: str, most: int) -> list[tuple[str, str]]:
        """Return the next stored sums, by what and day."""

    def differing_sums(self) -> tuple[int, list[tuple[str, str]]]:
        """Return how many sums are stored, and which of them are not those of their rows."""
