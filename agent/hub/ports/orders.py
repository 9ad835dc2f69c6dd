"""Defines the ports of orders: commands and policies."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Protocol

from agent.contract.orders import Command, Desired, Reported, Result
from agent.hub.domain.rows.orders import GivenCommand, OrderRow, Status, UnsentCommand, UnsentPolicy
from agent.hub.domain.scope import EVERYTHING, Scope


class Commands(Protocol):
    """Stores commands to sites, and what became of them; writes within the caller's transaction."""

    def keep(self, command: Command, payload: bytes, jws: str) -> None:
        """Store a signed command."""

    def unsent(self, now: datetime, most: int) -> list[UnsentCommand]:
        """Return unexpired commands that are to be published, oldest first."""

    def mark_sent(self, command_id: str, now: datetime) -> None:
        """Store that a command was published."""

    def renew(self, now: datetime, site: str | None = None) -> None:
        """Have unexpired commands without an answer published again, of a site or of all."""

    def find(self, command_id: str, site: str) -> GivenCommand | None:
        """Return a command that was given to a site."""

    def keep_result(self, result: Result, status: Status, reason: str, payload: bytes, jws: str, now: datetime) -> None:
        """Store the first answer to a command, with what became of it."""

    def keep_status(self, command_id: str, status: Status, reason: str) -> None:
        """Store what became of a command whose answer is here."""

    def waiting(self, sites: Set[str]) -> list[GivenCommand]:
        """Return the answered commands of these sites whose report was not here yet."""

    def open_resends(self, site: str, now: datetime) -> int:
        """Return how many requests for missing reports a site has not answered, without expired ones."""

    def expired_decisions(self, since: datetime, now: datetime) -> Sequence[tuple[str, str]]:
        """Return site and id of the disputes whose decision was ordered after `since` and expired unanswered."""

    def open_counts(self) -> dict[str, int]:
        """Return how many commands of each site have no settled answer yet, expired ones too."""

    def given(
        self, site: str | None, scope: Scope = EVERYTHING, behind: tuple[str, str] = ("", ""), most: int = -1
    ) -> list[OrderRow]:
        """Return the orders of a site, or of all sites, that may be seen, oldest first.

        `behind`: only those behind this time and id. `most`: at most so many; -1: all.
        """

    def count(self, site: str | None, scope: Scope = EVERYTHING) -> int:
        """Return how many orders of a site, or of all sites, may be seen."""


class Policies(Protocol):
    """Stores policies for sites, and what sites report of them; writes within the caller's transaction."""

    def highest_version(self, site: str) -> int:
        """Return the highest version of a policy that hub or site has named; 0 for none."""

    def keep_desired(self, desired: Desired, payload: bytes, jws: str) -> None:
        """Store a signed policy."""

    def desired(self, site: str, up_to: int) -> bytes:
        """Return the newest policy of a site up to a version, as it was signed; empty for none."""

    def unsent(self, most: int) -> list[UnsentPolicy]:
        """Return the newest policy of each site where it is to be published."""

    def mark_sent(self, site: str, version: int, now: datetime) -> None:
        """Store that a policy was published."""

    def renew(self, site: str) -> None:
        """Have a site's newest policy published again, unless the site reports it in force."""

    def renew_all(self) -> None:
        """Have the newest policy of every site published again."""

    def reported(self, site: str) -> bytes:
        """Return what a site reported last of its policy, as it was signed; empty for nothing."""

    def keep_reported(self, reported: Reported, refused: str, payload: bytes, jws: str, now: datetime) -> None:
        """Store what a site reports of its policy; `refused`: what it refused, as JSON, or empty."""

    def shown(self, site: str | None = None, scope: Scope = EVERYTHING) -> list[tuple[str, int, int, str]]:
        """Return of each site that may be seen, and was sent or reports a policy: versions sent, in force, and refused.

        By name; `site`: of this one alone.
        """
