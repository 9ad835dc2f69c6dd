"""Opens the spool's file and runs its transactions; caps its size and replaces a damaged file.

Decides whether a file can be used as a spool. A damaged one is set aside under a name with its time, never repaired
in place and never a reason not to start; a fresh one with a new epoch replaces it. Its content and retention are
decided in `agent/deliver/spool/spool.py`.
"""

import logging
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.contract.chain import STREAMS
from agent.deliver.spool import reserve
from agent.deliver.spool.schema import STREAM, StreamRow, crc, create_schema, detect_damage, set_aside
from agent.host.files import create_empty
from agent.host.log_kinds import about
from agent.model.errors import ConfigurationError, Forbidden, SpoolCorrupt, SpoolFailed, SpoolFull, os_words
from agent.model.finding import Head

LOG = logging.getLogger("camwarden.spool")

PAGE_BYTES: Final = 8192
"""Three reports of 2 KiB fit one page; with 4 KiB each would take a page of its own."""

RESERVED_PAGES: Final = 16
"""Reserved for gap records: evicted reports must be named when nothing else fits."""

_MIN_PAGES = 48
_AUTOCHECKPOINT_PAGES_WHEN_FULL = 16
_CYCLES_TO_CHECKPOINT = 4  # a page that several of them wrote is then written to the file once; few, for a full disk
_AUTOCHECKPOINT_PAGES = 1024  # 8 MiB of log: each checkpoint costs two syncs and a second write of every page


class Database:
    """The open file: one lock for all threads, our errors for SQLite's, a cache that a failed transaction clears."""

    def __init__(self, path: Path, max_bytes: int, connection: sqlite3.Connection) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._max_bytes = max_bytes
        self._connection = connection
        self._set_to: tuple[bool, bool] | None = None
        self._meta: dict[str, str] = {}
        self._streams: dict[str, StreamRow] = {}
        self._changed: dict[str, str] = {}
        self._disk_full_at_pages: int | None = None
        self._begun = 0
        self.relieved = 0
        """How often the ballast was removed: what failed before that is worth a retry."""
        if not reserve.make(path):
            LOG.warning("%s: the disk has no room for the ballast that keeps the spool working when it is full", path)
            self.stop_growth()

    def close(self) -> None:
        """Close the file; the write-ahead log is moved into it."""
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
        """Set single values, within a transaction; they are written at its end."""
        texts = {name: str(value) for name, value in values.items()}
        self._meta.update(texts)
        self._changed.update(texts)

    def streams(self) -> Mapping[str, StreamRow]:
        """Return the row of every stream by its name, for reading only."""
        with self.lock:
            if not self._streams:
                self._streams = {name: StreamRow.of(self.meta(STREAM + name)) for name in STREAMS}
            return self._streams

    def set_stream(self, name: str, head: Head | None = None, confirmed: Head | None = None) -> None:
        """Set a stream's head, or how far it is confirmed, within a transaction; it is written at its end."""
        before = self.streams()[name]
        row = StreamRow(head or before.head, confirmed or before.confirmed)
        self._streams[name] = row
        self._changed[STREAM + name] = row.text()

    @contextmanager
    def transaction(self, durable: bool = True, reserved: bool = True) -> Iterator[None]:
        """Run the block as one transaction under the lock.

        `durable` False leaves the sync to the next durable one. `reserved` False may fill the reserved pages too.

        Raises:
            SpoolFailed: Nothing of the block was stored.
        """
        with self.lock:
            try:
                if self._set_to != (durable, reserved):
                    self._set_to = None
                    self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                    self._limit_pages(reserved)
                    self._set_to = (durable, reserved)
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    if self._changed:  # together: they share one page, and each page costs a frame of the log
                        rows = [(name, value, crc(value)) for name, value in self._changed.items()]
                        self.run_many("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", rows)
                        self._changed = {}
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._meta, self._streams, self._changed = {}, {}, {}
                    if self._connection.in_transaction:  # SQLite itself has rolled back where the disk was full
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                failed = translate(error, self.path)
                if not isinstance(failed, SpoolCorrupt) and reserve.is_full(self.path.parent):
                    self._relieve()
                    raise _disk_full(self.path) from error
                raise failed from error

    @property
    def on_a_full_disk(self) -> bool:
        """Return whether the file must not grow, because the disk was full and has not been seen with room since."""
        return self._disk_full_at_pages is not None

    def stop_growth(self) -> None:
        """Stop the growth of file and log: room is made by eviction now, and gap records use the ballast's space."""
        with self.lock, suppress(sqlite3.Error):  # what fails here fails again where somebody hears of it
            (self._disk_full_at_pages,) = self._connection.execute("PRAGMA page_count").fetchone()
            self._set_to = None
            self._connection.execute(f"PRAGMA wal_autocheckpoint={_AUTOCHECKPOINT_PAGES_WHEN_FULL}")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def tidy(self) -> None:
        """Begin a cycle: checkpoint the log at every fourth (a short one costs little when the disk is full later).

        On a full disk it is checkpointed at each, and that mode ends where there is room.
        """
        with self.lock, suppress(sqlite3.Error):
            self._begun += 1
            if self.on_a_full_disk or self._begun % _CYCLES_TO_CHECKPOINT == 0:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            if self.on_a_full_disk and reserve.make(self.path):
                self._connection.execute(f"PRAGMA wal_autocheckpoint={_AUTOCHECKPOINT_PAGES}")
                self._disk_full_at_pages = self._set_to = None
                LOG.warning("%s: the disk has room again", self.path)

    def _relieve(self) -> None:
        """Remove the ballast from the full disk."""
        if reserve.remove(self.path):
            self.relieved += 1
            words = "%s: the disk is full; the spool goes on in the room that it has"
            LOG.error(words, self.path, extra=about("disk-full"))
        self.stop_growth()

    def spare_pages(self) -> int:
        """Return how many pages are free below the cap, without the reserved ones."""
        ((used, free),) = self.all("SELECT * FROM pragma_page_count, pragma_freelist_count")
        return self._most_pages() - RESERVED_PAGES - int(used) + int(free)

    def _limit_pages(self, reserved: bool) -> None:
        """Cap the file, with or without the pages that are reserved for gap records."""
        most = self._most_pages()
        self._connection.execute(f"PRAGMA max_page_count={most - (RESERVED_PAGES if reserved else 0)}")

    def _most_pages(self) -> int:
        most = max(_MIN_PAGES, self._max_bytes // PAGE_BYTES)
        if self._disk_full_at_pages is not None:
            most = min(most, self._disk_full_at_pages + RESERVED_PAGES)
        return most


def open_database(path: Path, max_bytes: int, now: datetime) -> Database:
    """Return the sound spool at `path`, created or replaced where needed. The caller holds the lock.

    Raises:
        Forbidden: This user may not read or write the file.
        ConfigurationError: A newer camwarden wrote it.
        SpoolFailed: The disk refuses (full, input/output error).
    """
    try:
        return Database(path, max_bytes, _connect(path))
    except SpoolCorrupt as error:
        LOG.error("%s", error, extra=about("spool-damaged"))
    except SpoolFailed:
        if not reserve.is_full(path.parent):
            raise
        if not reserve.remove(path):
            raise _disk_full(path) from None
        return Database(path, max_bytes, _connect(path))
    aside = set_aside(path, now)
    database = Database(path, max_bytes, _connect(path))
    with database.transaction():
        database.run("INSERT INTO incident (kind, detail, at) VALUES ('spool-corrupt', ?, ?)", aside, now.isoformat())
    return database


def _disk_full(path: Path) -> SpoolFull:
    return SpoolFull("{path}: the disk is full; make room on it", path=path)


def translate(error: sqlite3.Error, path: Path) -> SpoolFailed:
    """Return our error for SQLite's."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return SpoolFull("{path}: the spool is full and nothing more may be dropped; raise spool_max_bytes", path=path)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return SpoolCorrupt(
            "{path}: the spool is damaged ({error}); the next start sets it aside", path=path, error=error
        )
    return SpoolFailed("{path}: the spool failed: {error}; look at the disk", path=path, error=error)


def _connect(path: Path) -> sqlite3.Connection:
    try:
        create_empty(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")  # the checksums say what is damaged
    except PermissionError:
        raise Forbidden("{path}: this user may not write the spool; run as the service's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: the spool cannot be opened: {why}", path=path, why=os_words(error)) from None
    except sqlite3.Error as error:
        raise translate(error, path) from None
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise translate(error, path) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={_AUTOCHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit={_AUTOCHECKPOINT_PAGES * PAGE_BYTES}")
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        create_schema(connection)
    else:
        detect_damage(connection, path)
