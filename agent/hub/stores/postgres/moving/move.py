"""Imports a hub from its `hub.db` into PostgreSQL: copies and compares all, then has its folder name the server.

Tables are read in portions by their keys. Every portion of every table is held against that of the source; one that is
not there yet, or differs as the hub has run in between, is replaced in one transaction. A round in which none is so is
the end: the first round copies, or goes on where it was ended, the last one compares. Nobody writes to `hub.db`
meanwhile, and nothing in it is changed; the folder names PostgreSQL only once all was compared.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import psycopg

from agent.contract.signing_keys import load_signer
from agent.host.files import sync_directory, write_atomic
from agent.host.lock import lock
from agent.hub.domain.rows.keeping import Migrated
from agent.hub.stores.database import connection
from agent.hub.stores.database import failed as sqlite_failed
from agent.hub.stores.keeping.backup import SIDECARS
from agent.hub.stores.keeping.payloads import Connected as Connection
from agent.hub.stores.keeping.payloads import Rows
from agent.hub.stores.postgres.database import NAME, Connected, connect_by, failed
from agent.hub.stores.postgres.moving import target
from agent.hub.stores.postgres.moving.reports import Reports
from agent.hub.stores.postgres.moving.tables import BEFORE_REPORTS, BEHIND_REPORTS, Key, table
from agent.hub.stores.store import NAME as HUB_DB
from agent.hub.stores.store import Store
from agent.model.errors import ConfigurationError, Forbidden, StoreFailed, UsageError, os_words

ASIDE: Final = f"{HUB_DB}.migrated"
KEY_NAME: Final = "hub-key.pem"
MOST: Final = 200
"""Rows of a portion, each with a body of 1 MiB at most."""

ROUNDS_MOST: Final = 4
"""Copied, twice put right where rows have changed places in between, compared."""

Tell = Callable[[str, int, int], None]
"""Called behind each portion with the name of the table, and how many of its rows are done, and of how many."""


class _Rows(Protocol):
    """A table, or the reports, as it is moved: its rows are values that both ends have alike."""

    @property
    def name(self) -> str:
        """The table whose rows are counted."""

    def key_of(self, row: Any, /) -> Key:
        """Return the key of a row."""

    def read(self, rows: Rows, after: Key | None, upto: Key | None, most: int, /) -> list[Any]:
        """Return rows behind one key, up to another one."""

    def write(self, to: Connected, rows: Sequence[Any], /) -> None:
        """Insert rows, within the caller's transaction."""

    def delete(self, to: Connected, after: Key | None, upto: Key | None, /) -> None:
        """Delete rows behind one key, up to another one, within the caller's transaction."""


@dataclass(frozen=True, slots=True)
class _Move:
    """Both ends of a move, and who is told how far it has come."""

    source: Store
    to: Connected
    tell: Tell

    def run(self) -> dict[str, int]:
        """Copy and compare; return how many rows each table has."""
        tables = self._tables()
        for _ in range(ROUNDS_MOST):
            counts = {one.name: self._compare(one) for one in tables}
            if not any(replaced for _, replaced in counts.values()):
                return {name: rows for name, (rows, _) in counts.items()}
        raise StoreFailed("{path}: what was copied to PostgreSQL differs again and again", path=HUB_DB)

    def _tables(self) -> list[_Rows]:
        """Return the tables in their order; those that the source does not have yet are none."""
        there = {name for (name,) in self.source.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
        before, behind = (
            [table(self.to, name) for name in names if name in there] for names in (BEFORE_REPORTS, BEHIND_REPORTS)
        )
        return [*before, Reports(self.source), *behind]

    def _compare(self, one: _Rows) -> tuple[int, int]:
        """Compare a table, and replace what differs; return how many rows it has, and how many portions differed."""
        count = replaced = 0
        for after, upto, rows in self._portions(one):
            count += len(rows)
            if one.read(Connection(self.to), after, upto, len(rows) + 1) != rows:
                replaced += 1
                self._replace(one, after, upto, rows)
        return count, replaced

    def _replace(self, one: _Rows, after: Key | None, upto: Key | None, rows: Sequence[Any]) -> None:
        """Write a portion in one transaction, in the place of what is between two keys."""
        try:
            with self.to.db.transaction():
                one.delete(self.to, after, upto)
                if rows:
                    one.write(self.to, rows)
        except (
            psycopg.errors.UniqueViolation
        ):  # of a row behind it that is another one by now: the next round copies all
            one.delete(self.to, None, None)
        except psycopg.DataError as error:
            raise StoreFailed(
                "{path}: table {table} has a value that PostgreSQL does not take: {error}",
                path=self.source.directory / HUB_DB, table=one.name, error=str(error).partition("\n")[0],
            ) from None  # fmt: skip

    def _portions(self, one: _Rows) -> Iterator[tuple[Key | None, Key | None, list[Any]]]:
        """Yield portions of the source: the keys between which it is, and its rows; the last one has no end."""
        ((of,),) = self.source.all(f"SELECT count(*) FROM {one.name}")  # noqa: S608  our own names
        done, after = 0, None
        while True:
            rows = one.read(self.source, after, None, MOST)
            is_last = len(rows) < MOST
            upto = None if is_last else one.key_of(rows[-1])
            yield after, upto, rows
            done += len(rows)
            self.tell(one.name, done, of)
            if is_last:
                return
            after = upto


def migrate(directory: Path, conninfo: Path, tell: Tell) -> Migrated:
    """Move the hub of a folder, which must not run, into the database that a file names; call it again to go on.

    Raises:
        UsageError: The folder names PostgreSQL already, or the database has something else.
        Locked: A hub runs on the folder.
        NotVerified: A stored report is not what it was.
        StoreWaits: The server is gone, or somebody writes to `hub.db`.
        AgentError: A file cannot be used, the database cannot be used.
    """
    path = directory / NAME
    try:
        if os.path.lexists(path) and not (directory / HUB_DB).exists():
            raise UsageError("{path}: the hub's reports are in PostgreSQL already", path=path)
        told = _line_of(conninfo)
        if os.path.lexists(path) and path.read_bytes() != told:
            raise UsageError("{path}: names PostgreSQL beside a hub.db; move it away, and name it with --to", path=path)
        with _alone(directory), closing(connect_by(conninfo, read_only=False)) as to:
            return _migrate(directory, conninfo, told, to, tell)
    except psycopg.Error as error:
        raise failed(conninfo, error) from None
    except sqlite3.Error as error:
        raise sqlite_failed(directory / HUB_DB, error) from None
    except PermissionError as error:
        raise Forbidden(
            "{path}: this user may not use it; run as the hub's user", path=error.filename or conninfo
        ) from None
    except OSError as error:
        path, why = error.filename or conninfo, os_words(error)
        raise ConfigurationError("{path}: {why}; write where the database is", path=path, why=why) from None


def _line_of(conninfo: Path) -> bytes:
    """Return what names the database. Raises ConfigurationError, OSError."""
    try:
        return conninfo.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError("{path}: not there; write where the database is", path=conninfo) from None


def _migrate(directory: Path, conninfo: Path, told: bytes, to: Connected, tell: Tell) -> Migrated:
    kid, counts = load_signer(directory / KEY_NAME).kid, {}
    if not ((directory / NAME).exists() and target.is_whole(to, kid)):  # else only its last step is left
        with _unchanged(directory), closing(Store(directory, read_only=True)) as source:
            target.begin(to, conninfo, kid)
            counts = _Move(source, to, tell).run()
            write_atomic(directory / NAME, told, 0o600)
            target.end(to)
    _put_aside(directory)
    return Migrated(directory / ASIDE, counts)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Have no hub run on a folder meanwhile. Raises ConfigurationError, UsageError, Locked."""
    if not (directory / HUB_DB).exists():
        raise ConfigurationError("{path}: no hub has run here; check --data", path=directory / HUB_DB)
    held = lock(directory / "hub")
    try:
        yield
    finally:
        os.close(held)


@contextmanager
def _unchanged(directory: Path) -> Iterator[None]:
    """Have nobody else write to the database of a folder meanwhile, which is not changed."""
    with closing(connection(directory / HUB_DB, "rw")) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


def _put_aside(directory: Path) -> None:
    """Rename the old database, so that nobody takes it for the hub's; its own name goes last."""
    for end in (*SIDECARS, ""):
        if (directory / f"{HUB_DB}{end}").exists():
            (directory / f"{HUB_DB}{end}").rename(directory / f"{ASIDE}{end}")
    sync_directory(directory)
