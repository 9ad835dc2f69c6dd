"""Defines the ports of what is missing: epochs, holes, accepted losses, lost runs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from agent.hub.domain.rows.gaps import Accepted, Hole
from agent.hub.domain.rows.intake import Key


class Epochs(Protocol):
    """Stores the epochs of sites, and what was decided of each; all within the caller's transaction."""

    def verdict(self, site: str, epoch: str) -> str | None:
        """Return what was decided of an epoch, empty for nothing yet; None for one that never was met."""

    def keep_verdict(self, site: str, epoch: str, verdict: str) -> None:
        """Store what was decided of an epoch."""

    def unexplained(self, quiet_since: datetime, now: datetime) -> list[tuple[str, str]]:
        """Return site and name of new epochs that nothing explains, met before and quiet since a time, oldest first."""

    def raise_connection(self, site: str, epoch: str, number: int) -> bool:
        """Store the highest number of a connection in an epoch; return whether this one is."""

    def others(self, site: str, epoch: str) -> tuple[str, ...]:
        """Return the epochs of a site but one, by name."""

    def versions_at(self, key: Key, seq: int) -> list[tuple[str, str, bool]]:
        """Return digest, `prev` and whether it is a fork of each report with a number, the one that counts first."""

    def signer_of_state(self, site: str) -> str | None:
        """Return the key that signed the birth of a site's present connection."""


class Holes(Protocol):
    """Stores the runs of reports that the hub lacks, and finds them; all within the caller's transaction."""

    def quiet_sites(self, quiet_since: datetime, now: datetime) -> list[str]:
        """Return the connected sites of which something is missing and no backlog has come since a time."""

    def note_search(self, site: str, now: datetime) -> None:
        """Store when a site's holes were looked for."""

    def known(self, site: str) -> list[Hole]:
        """Return the holes of a site that were stored, by chain and number."""

    def keep(self, site: str, holes: Iterable[Hole]) -> None:
        """Store the holes of a site in the place of those before."""

    def absent_of(self, site: str, most: int) -> Iterator[Hole]:
        """Yield the runs that a site has made, or was confirmed for, and that are not here; `most` of each chain."""


class AcceptedLosses(Protocol):
    """Stores the runs that a person accepted as lost."""

    def keep(self, key: Key, first: int, last: int, by: str, why: str, now: datetime) -> None:
        """Store that a person accepts a run as lost; the running hub looks for the site's holes anew."""

    def within(self, key: Key, first: int, last: int) -> tuple[str, str] | None:
        """Return who has accepted a part of a run, and when; None where nobody has."""

    def of_site(self, site: str) -> list[Accepted]:
        """Return what was accepted of a site, by chain and number. Reads only."""

    def unseen(self) -> bool:
        """Return whether something was accepted that the running hub has not read."""

    def take_unseen(self, now: datetime) -> list[tuple[Key, int, int]]:
        """Return chain, first and last number of what was accepted since the last call, and mark it seen."""

    def through(self, key: Key, seq: int) -> int:
        """Return the last number of the accepted runs that follow one another from `seq` on; `seq` - 1: none does."""

    def first_behind(self, key: Key, seq: int, last: int) -> tuple[int, str, int] | None:
        """Return what is here first from `seq` to the number behind `last`: a report, else a gap record.

        Its first number, the digest that it names of what lies before it (a gap record's: of its own last), and the
        last number that this digest is of.
        """


class LostRuns(Protocol):
    """Queries runs that a site saw confirmed and this hub has lost; all within the caller's transaction."""

    def digests_of(self, key: Key, seq: int) -> list[str]:
        """Return the digests of the reports with a number."""

    def ending_at(self, key: Key, seq: int) -> tuple[int, int, str] | None:
        """Return first and last number of the lost run that ends with a number, and the digest of its last report."""

    def delete(self, key: Key, last: int) -> None:
        """Delete the lost run that ends with a number."""

    def reports_downwards(self, key: Key, first: int, last: int, most: int) -> list[tuple[int, str, str, bool]]:
        """Return number, digest, `prev` and whether it is a fork of the reports of a run, from the last number on."""

    def given_up_to(self, key: Key, last: int, digest: str) -> int | None:
        """Return the first number of a run that a gap record gives up, ends so, and names this digest (empty: any)."""
