"""Stores enrollment tokens made and used, and the certificates that were issued.

One SQLite file (WAL, `synchronous=FULL`): an answer to a gateway is on disk before it is sent. Of a token only a digest
of its secret is stored. Decides nothing: `agent/hub/enroll/desk.py` does.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from agent.host.files import create_empty
from agent.hub.domain.rows.enrollment import CertificateRow, TokenRow
from agent.hub.stores.database import transaction
from agent.model.errors import ConfigurationError, Forbidden, StoreFailed

NAME: Final = "enroll.db"
VERSION: Final = 1

_BUSY_S: Final = 10.0  # a command beside the serving desk waits so long for it
_TABLES: Final = """
CREATE TABLE token (
    digest TEXT PRIMARY KEY, site TEXT NOT NULL, made_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    revoked_at TEXT NOT NULL DEFAULT '', used_at TEXT NOT NULL DEFAULT '', serial TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE certificate (
    serial TEXT PRIMARY KEY, site TEXT NOT NULL, tls_key TEXT NOT NULL, kid TEXT NOT NULL, pem TEXT NOT NULL,
    issued_at TEXT NOT NULL, not_after TEXT NOT NULL, revoked_at TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX token_of_site ON token (site);
CREATE INDEX certificate_of_site ON certificate (site, issued_at);
"""


class EnrollStore:
    """The open database in `directory`. Not for several threads at once."""

    def __init__(self, directory: Path) -> None:
        """Open or create it.

        Raises:
            Forbidden: This user may not write there.
            ConfigurationError: It is no such database, or one of a newer camwarden.
        """
        path = directory / NAME
        with ExitStack() as opened:
            self._open(path, opened)
            opened.pop_all()

    def _open(self, path: Path, opened: ExitStack) -> None:
        try:
            create_empty(path)
            self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            opened.callback(self._db.close)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            with self.changing():
                ((version,),) = self._all("PRAGMA user_version")
                if version == 0:
                    for statement in _TABLES.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {VERSION}")
        except PermissionError:
            raise Forbidden("{path}: this user may not write it; run as the hub's user", path=path) from None
        except (OSError, sqlite3.Error, StoreFailed) as error:
            raise ConfigurationError("{path}: cannot be opened: {why}; restore it", path=path, why=error) from None
        if version > VERSION:
            raise ConfigurationError("{path}: a newer camwarden wrote it; use that version here too", path=path)

    def close(self) -> None:
        """Close it."""
        self._db.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Run the block as one transaction; it is on disk when the block ends.

        Raises:
            StoreFailed: The disk failed.
        """
        try:
            with transaction(self._db):
                yield
        except sqlite3.Error as error:
            raise StoreFailed("the desk's database failed: {error}", error=error) from None

    def token(self, digest: str) -> TokenRow | None:
        """Return a token by the digest of its secret."""
        rows = self._all("SELECT * FROM token WHERE digest = ?", digest)
        return TokenRow(*rows[0]) if rows else None

    def tokens(self) -> list[TokenRow]:
        """Return every token, by site and age."""
        return [TokenRow(*row) for row in self._all("SELECT * FROM token ORDER BY site, made_at")]

    def certificate(self, serial: str) -> CertificateRow | None:
        """Return a certificate by its serial number."""
        rows = self._all("SELECT * FROM certificate WHERE serial = ?", serial)
        return CertificateRow(*rows[0]) if rows else None

    def certificates(self, site: str = "") -> list[CertificateRow]:
        """Return the certificates of a site, or all, oldest first."""
        where = "WHERE site = ? OR ? = ''"
        rows = self._all(f"SELECT * FROM certificate {where} ORDER BY site, issued_at", site, site)  # noqa: S608
        return [CertificateRow(*row) for row in rows]

    def keep_token(self, row: TokenRow) -> None:
        """Store a new token and revoke the unused ones of its site."""
        self._db.execute(
            "UPDATE token SET revoked_at = ? WHERE site = ? AND used_at = '' AND revoked_at = ''",
            (row.made_at, row.site),
        )
        self._db.execute(
            "INSERT INTO token (digest, site, made_at, expires_at) VALUES (?, ?, ?, ?)",
            (row.digest, row.site, row.made_at, row.expires_at),
        )

    def keep_certificate(self, row: CertificateRow, token: str = "") -> None:
        """Store what was issued, and by which token, given as its digest."""
        self._db.execute(
            "INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (row.serial, row.site, row.tls_key, row.kid, row.pem, row.issued_at, row.not_after, row.revoked_at),
        )
        self._db.execute(
            "UPDATE token SET used_at = ?, serial = ? WHERE digest = ?", (row.issued_at, row.serial, token)
        )

    def revoke(self, site: str, at: str) -> None:
        """Revoke every token and certificate of a site; earlier revocations keep their time."""
        for table in ("token", "certificate"):
            self._db.execute(
                f"UPDATE {table} SET revoked_at = ? WHERE site = ? AND revoked_at = ''",  # noqa: S608
                (at, site),
            )

    def _all(self, statement: str, *values: object) -> list[Any]:
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StoreFailed("the desk's database failed: {error}", error=error) from None
