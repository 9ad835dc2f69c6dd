"""Defines the port of trust: which key signs for which site."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from agent.contract.jwk import PublicKey
from agent.verify.bindings import By, Rotated, Trust


class TrustStore(Protocol):
    """Which key signs for which site, one row a key. Whoever changes it may come beside the running hub."""

    where: Path
    """As people are told: where it is."""

    def load(self, before: Trust | None = None) -> Trust:
        """Return all bindings; none where nobody was trusted yet.

        With `before`, an earlier result, only changes since are read.

        Raises:
            Forbidden: This user may not read it.
            ConfigurationError: It cannot be read. A running hub goes on with its earlier bindings.
        """

    def of_key(self, kid: str) -> Trust:
        """Return the binding of one key.

        Raises:
            Forbidden, ConfigurationError: As `load`.
        """

    def of_sites(self, first: str, last: str) -> Trust:
        """Return the bindings of the sites from one to another by name. Raises as `load`."""

    def add(
        self,
        site: str,
        kid: str,
        now: datetime,
        until: date | None = None,
        by: By = "person",
        key: PublicKey | None = None,
    ) -> Trust:
        """Bind a key to a site, or take its revocation back; write the one row.

        A key that has handed over keeps its limit, unless its successor is revoked.

        Args:
            site: Its id.
            kid: The thumbprint that was compared.
            now: Written into the row.
            until: The last day in UTC on which a message of this key may arrive, or the last moment; None: no end.
            by: Name of the person who binds it.
            key: The public key itself, where it is here: then its reports are verified without its birth.

        Raises:
            UsageError: Not a site id, not a thumbprint, or that of another key than `key`, a day that is over, or the
                key is bound to another site.
            Forbidden, ConfigurationError: The file cannot be read or written.
        """

    def rotate(
        self, site: str, kid: str, limit: Rotated, now: datetime, jwk: Mapping[str, str] | None = None
    ) -> Trust | None:
        """Bind the successor that a trusted key has named, with its public key, and limit the old one, at once.

        The successor is trusted no longer than the key that named it; a person can extend that.

        Returns:
            Both bindings; None where the file, read again first, no longer allows it: one of them was just revoked, the
                old key has named another successor, or the new one is another site's.

        Raises:
            Forbidden, ConfigurationError: The file cannot be read or written.
        """

    def revoke(self, kid: str, now: datetime) -> Trust:
        """Revoke a key; write the one row.

        Raises:
            UsageError: The file does not have the key.
            Forbidden, ConfigurationError: The file cannot be read or written.
        """

    def revoke_site(self, site: str, now: datetime) -> Trust:
        """Revoke every key of a site in one write, so that none can name a successor meanwhile.

        Raises:
            Forbidden, ConfigurationError: The file cannot be read or written.
        """

    def mark(self) -> object:
        """Return a value that differs once the bindings have changed."""
