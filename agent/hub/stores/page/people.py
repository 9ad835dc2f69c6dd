"""Stores who may use the page: people and their bindings, sessions, tokens; and the chained rows of what they did.

One SQLite file beside the hub's, so that no log-in waits for a batch of reports. Of a session or token only a digest is
stored, of a password an Argon2 hash. A row of the audit log is never changed: triggers refuse it, and a chain of
digests shows whoever goes past them. Decides nothing.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from agent.hub.domain.people.audit import AuditRow, row_digest
from agent.hub.domain.people.person import Role
from agent.hub.domain.people.rows import PersonRow, SessionRow, TokenRow
from agent.hub.stores.database import failed, identity, is_current, opened, transaction
from agent.model.errors import ConfigurationError

NAME: Final = "web.db"
VERSION: Final = 1
KNOWN_MOST: Final = 16
"""Addresses from which a person has come in that are kept."""

_TABLES: Final = (
    "CREATE TABLE person (name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, made_at TEXT NOT NULL,"
    " disabled_at TEXT NOT NULL DEFAULT '') WITHOUT ROWID",
    "CREATE TABLE binding (person TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (person, kind, value)) WITHOUT ROWID",
    "CREATE TABLE session (digest TEXT PRIMARY KEY, person TEXT NOT NULL, made_at TEXT NOT NULL,"
    " seen_at TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX session_person ON session (person)",
    "CREATE TABLE token (id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, person TEXT NOT NULL, label TEXT NOT NULL,"
    " made_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT NOT NULL DEFAULT '',"
    " used_at TEXT NOT NULL DEFAULT '') WITHOUT ROWID",
    "CREATE INDEX token_person ON token (person)",
    "CREATE TABLE known (person TEXT NOT NULL, address TEXT NOT NULL, at TEXT NOT NULL,"
    " PRIMARY KEY (person, address)) WITHOUT ROWID",
    "CREATE TABLE account (issuer TEXT NOT NULL, subject TEXT NOT NULL, person TEXT NOT NULL,"
    " PRIMARY KEY (issuer, subject)) WITHOUT ROWID",
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE audit (no INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL,"
    " what TEXT NOT NULL, outcome TEXT NOT NULL, address TEXT NOT NULL, digest TEXT NOT NULL)",
    "CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
    "CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
)

_TOKEN: Final = "id, person, label, made_at, expires_at, revoked_at, used_at"  # noqa: S105  names of columns


class People:
    """The open database in `directory`. For one thread."""

    def __init__(self, directory: Path, read_only: bool = False) -> None:
        """Open or create it; only to read it costs half as much.

        Raises:
            Forbidden: This user may not write there.
            ConfigurationError: It is no such database, or one of a newer camwarden.
        """
        self.directory, self._path = directory, directory / NAME
        self._opened_as = identity(self._path)
        self._db, version = opened(self._path, None if read_only else _prepare)
        if version != VERSION:
            self._db.close()
            raise ConfigurationError("{path}: a newer camwarden wrote it; use that version here too", path=self._path)

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def is_current(self) -> bool:
        """Return whether what was opened to read is still what stands there, and of this version."""
        return is_current(self._db, self._path, self._opened_as, VERSION)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Run the block as one transaction; within one, as a part of it. Raises StoreFailed."""
        if self._db.in_transaction:
            yield
            return
        try:
            with transaction(self._db):
                yield
        except sqlite3.Error as error:
            raise failed(self._path, error) from None

    def form_key(self) -> bytes:
        """Return the key of the tokens in forms; made once."""
        with self.changing():
            self._run("INSERT OR IGNORE INTO setting VALUES ('form-key', ?)", secrets.token_bytes(32))
        return bytes(self._all("SELECT value FROM setting WHERE name = 'form-key'")[0][0])

    def people(self) -> list[PersonRow]:
        """Return everybody, by name."""
        return [self._row(*row) for row in self._all("SELECT * FROM person ORDER BY name")]

    def person(self, name: str) -> PersonRow | None:
        """Return a person by name, a disabled one too."""
        rows = self._all("SELECT * FROM person WHERE name = ?", name)
        return self._row(*rows[0]) if rows else None

    def keep_person(self, row: PersonRow) -> None:
        """Store a person, new or changed, with exactly these bindings."""
        with self.changing():
            values = (row.name, row.role, row.password, row.made_at, row.disabled_at)
            self._run("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?)", *values)
            self._run("DELETE FROM binding WHERE person = ?", row.name)
            for kind in ("division", "operator", "maintainer"):
                for value in getattr(row, f"{kind}s"):
                    self._run("INSERT OR IGNORE INTO binding VALUES (?, ?, ?)", row.name, kind, value)

    def account(self, issuer: str, subject: str) -> str:
        """Return the person whom an account of another login is of, empty for none."""
        rows = self._all("SELECT person FROM account WHERE issuer = ? AND subject = ?", issuer, subject)
        return str(rows[0][0]) if rows else ""

    def keep_account(self, issuer: str, subject: str, name: str) -> None:
        """Store whom an account of another login is of."""
        self._run("INSERT OR REPLACE INTO account VALUES (?, ?, ?)", issuer, subject, name)

    def end_sessions(self, name: str) -> None:
        """End every session of a person, and forget from where it came."""
        with self.changing():
            self._run("DELETE FROM session WHERE person = ?", name)
            self._run("DELETE FROM known WHERE person = ?", name)

    def keep_session(self, digest: str, name: str, address: str, at: str) -> None:
        """Store a new session, and from where it came."""
        with self.changing():
            self._run("INSERT INTO session VALUES (?, ?, ?, ?)", digest, name, at, at)
            self._run("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", name, address, at)
            self._run(
                "DELETE FROM known WHERE person = ?1 AND address NOT IN"
                " (SELECT address FROM known WHERE person = ?1 ORDER BY at DESC LIMIT ?2)",
                *(name, KNOWN_MOST),
            )

    def session(self, digest: str) -> SessionRow | None:
        """Return a session by its digest."""
        rows = self._all("SELECT person, made_at, seen_at FROM session WHERE digest = ?", digest)
        return SessionRow(*rows[0]) if rows else None

    def note_session(self, digest: str, at: str) -> None:
        """Store when a session was used last."""
        self._run("UPDATE session SET seen_at = ? WHERE digest = ?", at, digest)

    def end_session(self, digest: str) -> None:
        """End one session."""
        self._run("DELETE FROM session WHERE digest = ?", digest)

    def drop_sessions(self, made_before: str, seen_before: str) -> None:
        """Delete the sessions that are over."""
        self._run("DELETE FROM session WHERE made_at < ? OR seen_at < ?", made_before, seen_before)

    def is_known(self, name: str, address: str) -> bool:
        """Return whether a person has come in from an address before."""
        return bool(self._all("SELECT 1 FROM known WHERE person = ? AND address = ?", name, address))

    def keep_token(self, row: TokenRow, digest: str) -> None:
        """Store a new token."""
        values = (row.id, digest, row.person, row.label, row.made_at, row.expires_at)
        with self.changing():
            self._run(
                "INSERT INTO token (id, digest, person, label, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)", *values
            )

    def tokens(self, person: str) -> list[TokenRow]:
        """Return a person's tokens, oldest first."""
        rows = self._all(f"SELECT {_TOKEN} FROM token WHERE person = ? ORDER BY made_at, id", person)  # noqa: S608
        return [TokenRow(*row) for row in rows]

    def token(self, digest: str) -> TokenRow | None:
        """Return a token by the digest of its secret."""
        rows = self._all(f"SELECT {_TOKEN} FROM token WHERE digest = ?", digest)  # noqa: S608
        return TokenRow(*rows[0]) if rows else None

    def note_token(self, id: str, at: str) -> None:
        """Store when a token was used last."""
        self._run("UPDATE token SET used_at = ? WHERE id = ?", at, id)

    def revoke_token(self, person: str, id: str, at: str) -> bool:
        """Revoke a token of a person; return whether there was one to revoke."""
        return self._run(
            "UPDATE token SET revoked_at = ? WHERE person = ? AND id = ? AND revoked_at = ''", at, person, id
        ) > 0  # fmt: skip

    def record(self, row: AuditRow) -> None:
        """Append a row to the audit log, chained to the one before; `no` and `digest` are given here."""
        with self.changing():
            last = self._all("SELECT no, digest FROM audit ORDER BY no DESC LIMIT 1")
            no, before = last[0] if last else (0, "")
            digest = row_digest(before, no + 1, row)
            values = (no + 1, row.at, row.who, row.act, row.what, row.outcome, row.address, digest)
            self._run("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)

    def audit(self, before: int | None = None, most: int = -1, who: str = "") -> list[AuditRow]:
        """Return rows of the audit log, newest first: before a number, at most so many; `who` empty: anybody's."""
        rows = self._all(
            "SELECT at, who, act, what, outcome, address, no, digest FROM audit"
            " WHERE (?1 IS NULL OR no < ?1) AND (?3 = '' OR who = ?3) ORDER BY no DESC LIMIT ?2",
            *(before, most, who),
        )
        return [AuditRow(*row) for row in rows]

    def audit_from(self, first: int, most: int) -> list[AuditRow]:
        """Return rows of the audit log from a number on, oldest first, at most so many."""
        rows = self._all(
            "SELECT at, who, act, what, outcome, address, no, digest FROM audit WHERE no >= ? ORDER BY no LIMIT ?",
            *(first, most),
        )
        return [AuditRow(*row) for row in rows]

    def _row(self, name: str, role: Role, password: str, made_at: str, disabled_at: str) -> PersonRow:
        found: dict[str, list[str]] = {"division": [], "operator": [], "maintainer": []}
        for kind, value in self._all("SELECT kind, value FROM binding WHERE person = ? ORDER BY kind, value", name):
            found[kind].append(value)
        bound = {f"{kind}s": tuple(values) for kind, values in found.items()}
        return PersonRow(name=name, role=role, password=password, made_at=made_at, disabled_at=disabled_at, **bound)

    def _all(self, statement: str, *values: object) -> list[Any]:
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise failed(self._path, error) from None

    def _run(self, statement: str, *values: object) -> int:
        try:
            return self._db.execute(statement, values).rowcount
        except sqlite3.Error as error:
            raise failed(self._path, error) from None


def _prepare(db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA user_version").fetchone()[0]:
        return
    with transaction(db):
        if not db.execute("PRAGMA user_version").fetchone()[0]:
            for statement in _TABLES:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
