"""Defines the ports of open findings, of people's words on them, and of disputes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from agent.contract.disputes import Decided
from agent.hub.domain.rows.disputes import DisputeRow
from agent.hub.domain.rows.findings import FindingRow, FleetRow, Place, Repaired, SiteFacts, Stretch, Wanted
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.model.finding import Json


class Findings(Protocol):
    """Queries open findings and their history, by the newest reports of each site. Reads only."""

    def page(self, wanted: Wanted, after: Place | None = None, most: int = -1) -> list[FindingRow]:
        """Return the wanted open findings: fails first, then by check, site and subject.

        Args:
            store: The hub's.
            wanted: Which ones.
            after: Only what stands behind this one, which itself may be over meanwhile; None: from the first on.
            most: At most so many; -1: all.
        """

    def total(self, wanted: Wanted) -> int:
        """Return how many open findings are wanted."""

    def fleet(self, check: str, model: str, least: int) -> list[FleetRow]:
        """Return what fails at `least` subjects or more of one model and firmware, the largest share first.

        `check` and `model`, empty: any. A box whose site does not know its model is in no row.
        """

    def repaired(self, since: str, check: str, division: str) -> list[Repaired]:
        """Return how long fails lasted, those first of which most ended, without those whose clock went back.

        Args:
            store: The hub's.
            since: That ended at this time or later, RFC 3339 in UTC.
            check: Of this one; empty: of each.
            division: Of sites in it, or below it; empty: anywhere.
        """

    def site(self, site: str) -> SiteFacts | None:
        """Return a site by its newest configuration report; None for one of which nothing verified has come."""

    def history(self, site: str, most: int) -> list[Stretch]:
        """Return the newest stretches of a site's findings, at most so many; those that last come first."""


class Words(Protocol):
    """Stores and queries what people at the hub said of open findings and sites."""

    def keep(self, word: Word) -> None:
        """Store a word on an open finding.

        Raises:
            UsageError: The site has no such open finding, too much was said of it, or a text is empty or too long.
            StoreFailed: Nothing has changed.
        """

    def of_site(self, site: str, scope: Scope = EVERYTHING) -> list[Word]:
        """Return the words on those of a site's open findings that may be seen, oldest first."""

    def planned(self, first: str, last: str) -> Mapping[str, list[Word]]:
        """Return the plans by site that may count on one of some days in China, those that are over too."""

    def keep_operator(self, site: str, name: str, by: str, now: datetime) -> None:
        """Store who operates a site; a later word takes the place of the one before. Raises UsageError, StoreFailed."""


class Disputes(Protocol):
    """Stores the disputes that sites signed, each once by its id, and what was decided on them."""

    def take(self, site: str, body: Mapping[str, Any], now: datetime) -> list[dict[str, Json]]:
        """Store what the first event report under its number says of a dispute; return the events to log.

        An event about the end of an episode ends what is disputed of it.
        """

    def decide(self, site: str, word: Decided, command: str) -> None:
        """Store a decision and the command that carries it."""

    def listed(self, site: str | None = None) -> list[DisputeRow]:
        """Return the disputes of a site, or of all, in the order in which they came."""

    def open_counts(self) -> dict[str, int]:
        """Return how many disputes of each site have no decision yet."""

    def find(self, site: str, begin: str) -> DisputeRow:
        """Return the one dispute of a site whose id begins so. Raises UsageError where there is none, or several."""
