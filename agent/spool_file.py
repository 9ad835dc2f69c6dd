"""The spool's file on disk: its layout, its transactions, and what happens when it is damaged.

Decides whether a file can be used as a spool. A damaged one is set aside under a name with its time, never repaired
in place and never a reason not to start; a fresh one with a new epoch takes its place. What is kept in it, and for how
long, is `agent/spool.py`'s.
"""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from agent.chain import GENESIS, STREAMS
from agent.errors import ConfigurationError, Forbidden, SpoolCorrupt, SpoolFailed, SpoolFull
from agent.spool_damage import crc, set_aside

LOG = logging.getLogger("camwarden.spool")

PAGE_BYTES: Final = 8192
"""Three reports of 2 KiB fit one page; in pages of 4 KiB each would take one of its own."""

RESERVED_PAGES: Final = 16
"""Kept free for gap records: what is dropped must still be named when nothing else fits."""

_MIN_PAGES = 48
_APPLICATION_ID = 0x76737301  # "vss" and 1
_USER_VERSION = 1
_AUTOCHECKPOINT_PAGES = 1024  # 8 MiB of log: each checkpoint costs two syncs and a second write of every page

STREAM_COLUMNS: Final = "name, seq, digest, confirmed_seq, confirmed_digest"
ROW_COLUMNS: Final = "epoch, stream, seq, digest, committed_ms, jws"
"""What the checksum of a row in `stream` and in `report` covers; a payload has its own digest."""

_LAYOUT = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE stream (
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL, digest TEXT NOT NULL,
    confirmed_seq INTEGER NOT NULL, confirmed_digest TEXT NOT NULL,
    crc INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL,
    state INTEGER NOT NULL,
    committed_ms INTEGER NOT NULL,
    retry_ms INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    confirmed_ms INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    crc INTEGER NOT NULL,
    jws TEXT NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (epoch, stream, seq)
);
CREATE INDEX report_due ON report (state, retry_ms, id);
CREATE TABLE dropped (
    epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (epoch, stream, seq)
) WITHOUT ROWID;
CREATE TABLE incident (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, detail TEXT NOT NULL, at TEXT NOT NULL);
"""


class StreamRow(NamedTuple):
    """How far a stream was made, and how far the hub has confirmed it."""

    seq: int
    digest: str
    confirmed_seq: int
    confirmed_digest: str


class Database:
    """The open file. One lock serves all threads; an error of SQLite leaves as one of ours.

    Single values and streams are remembered: nobody else has the file open. A transaction that fails forgets them.
    """

    def __init__(self, path: Path, max_bytes: int, connection: sqlite3.Connection) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._max_bytes = max_bytes
        self._connection = connection
        self._set_to: tuple[bool, bool] | None = None
        self._meta: dict[str, str] = {}
        self._streams: dict[str, StreamRow] = {}

    def close(self) -> None:
        """Close the file; what stands in the write-ahead log moves into it."""
        with self.lock:
            self._connection.close()

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query, as tuples."""
        with self.lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise translate(error, self.path) from error

    def run(self, statement: str, *values: object) -> int:
        """Run one statement of a transaction; return how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def run_many(self, statement: str, values: Sequence[tuple[object, ...]]) -> None:
        """Run one statement of a transaction for each tuple."""
        self._connection.executemany(statement, values)

    def meta(self, name: str) -> str:
        """Return a single value, empty where it was never set."""
        with self.lock:
            if name not in self._meta:
                rows = self.all("SELECT value FROM meta WHERE name = ?", name)
                self._meta[name] = str(rows[0][0]) if rows else ""
            return self._meta[name]

    def set_meta(self, **values: object) -> None:
        """Set single values, within a transaction."""
        self.run_many("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", [(k, str(v), crc(v)) for k, v in values.items()])
        self._meta.update({name: str(value) for name, value in values.items()})

    def streams(self) -> Mapping[str, StreamRow]:
        """Return the row of every stream by its name; it is the caller's to read, not to change."""
        with self.lock:
            if not self._streams:
                rows = self.all(f"SELECT {STREAM_COLUMNS} FROM stream")  # noqa: S608  our own columns
                self._streams = {name: StreamRow(*values) for name, *values in rows}
            return self._streams

    def set_stream(self, name: str, **values: Any) -> None:
        """Set columns of a stream's row, within a transaction."""
        row = self.streams()[name]._replace(**values)
        self.run(
            "UPDATE stream SET seq = ?, digest = ?, confirmed_seq = ?, confirmed_digest = ?, crc = ? WHERE name = ?",
            *(*row, crc(name, *row), name),
        )
        self._streams[name] = row

    @contextmanager
    def transaction(self, durable: bool = True, reserved: bool = True) -> Iterator[None]:
        """Run the block as one transaction under the lock.

        `durable` False leaves the sync to the next durable one. `reserved` False may fill the reserved pages too.

        Raises:
            SpoolFailed: Nothing of the block was kept.
        """
        with self.lock:
            try:
                if self._set_to != (durable, reserved):
                    self._set_to = None
                    self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                    _limit_pages(self._connection, self._max_bytes, reserved)
                    self._set_to = (durable, reserved)
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._meta, self._streams = {}, {}
                    if self._connection.in_transaction:  # SQLite itself has rolled back where the disk was full
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise translate(error, self.path) from error


def open_database(path: Path, max_bytes: int, now: datetime) -> Database:
    """Return the sound spool at `path`, made or made anew where needed. The caller holds the lock.

    Raises:
        Forbidden: This user may not read or write the file.
        ConfigurationError: A newer camwarden wrote it.
        SpoolFailed: The disk refuses (full, input/output error).
    """
    try:
        return Database(path, max_bytes, _connect(path, max_bytes))
    except SpoolCorrupt as error:
        LOG.error("%s", error)
    aside = set_aside(path, now)
    database = Database(path, max_bytes, _connect(path, max_bytes))
    with database.transaction():
        database.run("INSERT INTO incident (kind, detail, at) VALUES ('spool-corrupt', ?, ?)", aside, now.isoformat())
    return database


def new_epoch() -> str:
    """Return a name for a new life of a spool: 64 random bits in hex."""
    return secrets.token_hex(8)


def translate(error: sqlite3.Error, path: Path) -> SpoolFailed:
    """Return our error for SQLite's."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return SpoolFull(f"{path}: the spool is full and nothing more may be dropped; raise spool_max_bytes")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return SpoolCorrupt(f"{path}: the spool is damaged ({error}); the next start sets it aside")
    return SpoolFailed(f"{path}: the spool failed: {error}; look at the disk")


def _connect(path: Path, max_bytes: int) -> sqlite3.Connection:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its side files the same mode
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")  # the checksums say what is damaged
    except PermissionError:
        raise Forbidden(f"{path}: this user may not write the spool; run as the service's user") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: the spool cannot be opened: {error.strerror}") from None
    except sqlite3.Error as error:
        raise translate(error, path) from None
    try:
        _prepare(connection, path, max_bytes)
    except sqlite3.Error as error:
        connection.close()
        raise translate(error, path) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, max_bytes: int) -> None:
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={_AUTOCHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit={_AUTOCHECKPOINT_PAGES * PAGE_BYTES}")
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        _lay_out(connection)
    else:
        _inspect(connection, path)
    _limit_pages(connection, max_bytes, reserved=True)


def _limit_pages(connection: sqlite3.Connection, max_bytes: int, reserved: bool) -> None:
    """Cap the file, with or without the pages that are reserved for gap records."""
    pages = max(_MIN_PAGES, max_bytes // PAGE_BYTES) - (RESERVED_PAGES if reserved else 0)
    connection.execute(f"PRAGMA max_page_count={pages}")


def _lay_out(connection: sqlite3.Connection) -> None:
    epoch = new_epoch()
    genesis = [(name, 0, GENESIS.digest, 0, GENESIS.digest) for name in STREAMS]
    rows = ",".join(str((*row, crc(*row))) for row in genesis)
    connection.executescript(
        f"""BEGIN IMMEDIATE;
        {_LAYOUT}
        INSERT INTO stream VALUES {rows};
        INSERT INTO meta VALUES ('epoch', '{epoch}', {crc(epoch)});
        PRAGMA application_id={_APPLICATION_ID};
        PRAGMA user_version={_USER_VERSION};
        COMMIT;"""  # noqa: S608  names of our own streams and hex digits
    )


def _inspect(connection: sqlite3.Connection, path: Path) -> None:
    """Look for damage that would only show in the middle of the work: then a restart would not mend it.

    A damaged payload is none of that: `Spool.pending` names it in a gap record and goes on.
    """
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise SpoolCorrupt(f"{path}: {sound}")
    if application == _APPLICATION_ID and version > _USER_VERSION:
        raise ConfigurationError(f"{path}: written by a newer camwarden; install that version again")
    if (application, version) != (_APPLICATION_ID, _USER_VERSION):
        raise SpoolCorrupt(f"{path}: not a spool")
    streams = {name for (name,) in connection.execute("SELECT name FROM stream")}
    epoch = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    if streams != set(STREAMS) or epoch is None:
        raise SpoolCorrupt(f"{path}: epoch or heads are missing")
    for table, columns in (("meta", "value"), ("stream", STREAM_COLUMNS), ("report", ROW_COLUMNS)):
        for *values, expected in connection.execute(f"SELECT {columns}, crc FROM {table}"):  # noqa: S608
            if crc(*values) != expected:
                raise SpoolCorrupt(f"{path}: a row of {table} is damaged")
