"""Defines the port of who may use the hub's page, and of what they did there."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from agent.hub.domain.people.audit import AuditRow
from agent.hub.domain.people.rows import PersonRow, SessionRow, TokenRow


class PeopleStore(Protocol):
    """The open store of the page's people: roles and bindings, sessions, tokens, and the audit log, which only grows.

    For one thread. Of a session or token a digest is stored, of a password an Argon2 hash. Whatever cannot be read or
    written raises StoreFailed.
    """

    directory: Path

    def close(self) -> None:
        """Close it."""

    def is_current(self) -> bool:
        """Return whether what was opened to read is still what is there, and of this version."""

    def changing(self) -> AbstractContextManager[None]:
        """Run the block as one transaction; within one, as a part of it. What raises in it leaves nothing of it.

        Raises:
            StoreFailed: The block was rolled back.
        """

    def form_key(self) -> bytes:
        """Return the key of the tokens in forms; made once."""

    def people(self) -> list[PersonRow]:
        """Return everybody, by name."""

    def person(self, name: str) -> PersonRow | None:
        """Return a person by name, a disabled one too."""

    def keep_person(self, row: PersonRow) -> None:
        """Store a person, new or changed, with exactly these bindings."""

    def account(self, issuer: str, subject: str) -> str:
        """Return the person whom an account of another login is of, empty for none."""

    def keep_account(self, issuer: str, subject: str, name: str) -> None:
        """Store whom an account of another login is of."""

    def end_sessions(self, name: str) -> None:
        """End every session of a person, and forget from where it came."""

    def keep_session(self, digest: str, name: str, address: str, at: str) -> None:
        """Store a new session, and from where it came."""

    def session(self, digest: str) -> SessionRow | None:
        """Return a session by its digest."""

    def note_session(self, digest: str, at: str) -> None:
        """Store when a session was used last."""

    def end_session(self, digest: str) -> None:
        """End one session."""

    def drop_sessions(self, made_before: str, seen_before: str) -> None:
        """Delete the sessions that are over."""

    def is_known(self, name: str, address: str) -> bool:
        """Return whether a person has come in from an address before."""

    def keep_token(self, row: TokenRow, digest: str) -> None:
        """Store a new token."""

    def tokens(self, person: str) -> list[TokenRow]:
        """Return a person's tokens, oldest first."""

    def token(self, digest: str) -> TokenRow | None:
        """Return a token by the digest of its secret."""

    def note_token(self, id: str, at: str) -> None:
        """Store when a token was used last."""

    def revoke_token(self, person: str, id: str, at: str) -> bool:
        """Revoke a token of a person; return whether there was one to revoke."""

    def record(self, row: AuditRow) -> None:
        """Append a row to the audit log, chained to the one before; `no` and `digest` are given here."""

    def audit(self, before: int | None = None, most: int = -1, who: str = "") -> list[AuditRow]:
        """Return rows of the audit log, newest first: before a number, at most so many; `who` empty: anybody's."""

    def audit_from(self, first: int, most: int) -> list[AuditRow]:
        """Return rows of the audit log from a number on, oldest first, at most so many."""
