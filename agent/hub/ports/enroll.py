"""Defines the port of the enrollment desk: tokens and certificates."""

from contextlib import AbstractContextManager
from typing import Protocol

from agent.hub.domain.rows.enrollment import CertificateRow, TokenRow


class EnrollStore(Protocol):
    """The open tokens and certificates of a desk. What changes is on disk before a gateway is answered."""

    def close(self) -> None:
        """Close it."""

    def changing(self) -> AbstractContextManager[None]:
        """Run the block as one transaction; it is on disk when the block ends.

        Raises:
            StoreFailed: The disk failed.
        """

    def token(self, digest: str) -> TokenRow | None:
        """Return a token by the digest of its secret."""

    def tokens(self) -> list[TokenRow]:
        """Return every token, by site and age."""

    def certificate(self, serial: str) -> CertificateRow | None:
        """Return a certificate by its serial number."""

    def certificates(self, site: str = "") -> list[CertificateRow]:
        """Return the certificates of a site, or all, oldest first."""

    def keep_token(self, row: TokenRow) -> None:
        """Store a new token and revoke the unused ones of its site."""

    def keep_certificate(self, row: CertificateRow, token: str = "") -> None:
        """Store what was issued, and by which token, given as its digest."""

    def revoke(self, site: str, at: str) -> None:
        """Revoke every token and certificate of a site; earlier revocations keep their time."""
