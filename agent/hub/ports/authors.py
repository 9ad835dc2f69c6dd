"""Defines the port of the names behind the ids that reports have."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from agent.contract.authors import Names
from agent.hub.domain.rows.people import Author, Taken


class Authors(Protocol):
    """Stores who is behind which id, apart from everything signed, so that it can be erased: for good.

    No backup has a name. What was erased stays so in a backup, and through a restore.
    """

    def take(self, names: Names, now: datetime) -> Taken:
        """Store the names that a site tells, within no transaction but its own.

        The first name of an id stays; an erased one gets none again. Raises StoreFailed.
        """

    def of_site(self, site: str) -> list[Author]:
        """Return whom a site has named, and who was erased, by id. Raises StoreFailed."""

    def listed(self) -> list[Author]:
        """Return the same of all sites. Raises StoreFailed."""

    def erase(self, author: str, by: str, why: str, now: datetime) -> bool:
        """Erase a name for good, whether it was told or not; return whether there was one. Who, when and why stay.

        No byte of the name is left in a file of the store.

        Raises:
            UsageError: It is no id of an author, or a text is empty, too long, or has the name itself in it.
            StoreFailed: The disk failed: begun again with the same words, it goes on.
        """

    def expire(self, used: Iterable[tuple[str, str]]) -> int:
        """Delete the names of sites that were last told before a time: (site, RFC 3339). Raises StoreFailed."""
