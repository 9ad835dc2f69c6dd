"""Defines the ports of what a person may see, and of the reports that it is known by."""

from typing import Protocol

from agent.hub.domain.rows.findings import Stretch
from agent.hub.domain.rows.seen import Aged, Due, EnvelopeRow, Judged, ListedSite
from agent.hub.domain.scope import Scope, SitePlace


class Seen(Protocol):
    """Queries sites and findings within a scope: what lies outside is not there. Reads only."""

    def may_see(self, scope: Scope, site: str) -> bool:
        """Return whether a site is known here and may be seen."""

    def may_see_finding(self, scope: Scope, finding: tuple[str, str, str]) -> bool:
        """Return whether a site has this open finding, and it may be seen. `finding`: site, check, subject."""

    def place(self, site: str) -> SitePlace:
        """Return where a site belongs, for `allowed`."""

    def sites(self, scope: Scope) -> frozenset[str]:
        """Return the known sites that may be seen."""

    def listed(self, scope: Scope, division: tuple[str, str], after: str, most: int) -> list[ListedSite]:
        """Return sites behind one by name, at most so many, in divisions from one code to before another."""

    def counted(self, scope: Scope, division: tuple[str, str]) -> int:
        """Return how many sites there are in such divisions that may be seen."""

    def divisions(self, scope: Scope) -> dict[str, tuple[str, int]]:
        """Return division (empty: not told) and number of cameras of every site that may be seen."""

    def open_by_division(self, scope: Scope) -> dict[str, dict[str, int]]:
        """Return how many findings are open that may be seen, by division and status."""

    def open_by_site(self, scope: Scope) -> dict[str, dict[str, int]]:
        """Return how many findings are open that may be seen, by site and status, also where none is.

        A site of which no configuration report counts is left out: nothing is known of it.
        """

    def open_by_age(self, scope: Scope) -> list[Aged]:
        """Return how many findings are open by the day since which they are so, the newest day first."""

    def assigned(self, today: str) -> list[Due]:
        """Return of each name to which something open is assigned how much, by site, and how much of that is late."""

    def repaired_between(self, scope: Scope, start: str, end: str) -> tuple[int, float]:
        """Return how many fails ended from one time to before another, and how long they had lasted together (s)."""


class Envelopes(Protocol):
    """Queries which reports said what of one site. No body is read."""

    def judged(self, site: str) -> list[Judged]:
        """Return what the newest configuration report of a site's present epoch says, checks that pass too."""

    def newest(self, site: str, most: int) -> list[EnvelopeRow]:
        """Return the reports of a site that came last, the newest first."""

    def of_finding(self, site: str, check: str, subject: str) -> list[EnvelopeRow]:
        """Return the reports that said something of one finding, the newest first, as far back as is looked."""

    def stretches(self, site: str, check: str, subject: str) -> list[Stretch]:
        """Return the times in which a finding was open, the newest first."""
