"""Caches what was read in a store, so that the next look costs little. It can always be lost.

One SQLite file of the agent's own, 0600. A damaged or foreign one, or one of another version or store, is made anew;
where none can be written, this look's cache lives in memory.
"""

import json
import logging
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from drivers.footage import Store, StoreTrouble
from drivers.stores.ends import Span

_LOG = logging.getLogger("camwarden.stores")
_VERSION = 2
_TABLES = (
    "CREATE TABLE store (identity TEXT NOT NULL, looked_at REAL NOT NULL, looks INTEGER NOT NULL)",
    "CREATE TABLE camera (name TEXT PRIMARY KEY) WITHOUT ROWID",
    """CREATE TABLE folder (camera TEXT, folder TEXT, changed_ns INTEGER NOT NULL, strays INTEGER NOT NULL,
        stray TEXT NOT NULL, PRIMARY KEY (camera, folder)) WITHOUT ROWID""",
    """CREATE TABLE part (camera TEXT, folder TEXT, day TEXT, notes TEXT NOT NULL, listing BLOB,
        PRIMARY KEY (camera, folder, day)) WITHOUT ROWID""",
)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Part:
    """The segments of one local day of a camera in one folder.

    `digest`: SHA-256, hex, over its sorted segments. `spans` in seconds since 1970. `sure`: no end was guessed.
    `first`: its oldest segments, as their beginning and name. `written_s`: when it was last written to. `read_s`: when
    it was read; `verified_s`: when every segment of it was read.
    """

    segments: int
    size_bytes: int
    digest: str
    spans: tuple[Span, ...]
    sure: bool
    troubles: tuple[StoreTrouble, ...]
    first: tuple[tuple[float, str], ...]
    written_s: float
    read_s: float
    verified_s: float


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder when it was read: its own time of change, and the names in it that are no segments."""

    changed_ns: int
    strays: int = 0
    stray: str = ""


class Index:
    """The cache. Entries are committed when the look ends, however it ends. `looks` counts finished looks."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._db = database
        ((self.looked_s, self.looks),) = database.execute("SELECT looked_at, looks FROM store").fetchall()

    def knows(self, camera: str) -> bool:
        """Return whether the store ever had this camera."""
        return bool(self._db.execute("SELECT 1 FROM camera WHERE name = ?", (camera,)).fetchall())

    def meet(self, camera: str) -> None:
        """Note that the store has this camera."""
        self._db.execute("INSERT OR IGNORE INTO camera VALUES (?)", (camera,))

    def folders(self, camera: str) -> dict[str, Folder]:
        """Return the folders of a camera by their path."""
        rows = self._db.execute("SELECT folder, changed_ns, strays, stray FROM folder WHERE camera = ?", (camera,))
        return {folder: Folder(*row) for folder, *row in rows}

    def parts(self, camera: str) -> dict[tuple[str, date], Part]:
        """Return the parts of a camera by folder and day."""
        rows = self._db.execute("SELECT folder, day, notes FROM part WHERE camera = ?", (camera,))
        return {(folder, date.fromisoformat(day)): _part(notes) for folder, day, notes in rows}

    def listing(self, camera: str, folder: str, day: date) -> bytes:
        """Return the cached segments of a part, one a line; empty where there are none."""
        asked = (camera, folder, day.isoformat())
        rows = self._db.execute(
            "SELECT listing FROM part WHERE camera = ? AND folder = ? AND day = ?", asked
        ).fetchall()
        try:
            return zlib.decompress(rows[0][0]) if rows and rows[0][0] else b""
        except (zlib.error, TypeError):
            raise sqlite3.DatabaseError("a listing is damaged") from None

    def put(self, camera: str, folder: str, day: date, part: Part, listing: bytes = b"") -> None:
        """Replace a part and its listing."""
        packed = zlib.compress(listing, 1) if listing else None
        row = (camera, folder, day.isoformat(), _notes(part), packed)
        self._db.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?)", row)

    def put_folder(self, camera: str, folder: str, notes: Folder) -> None:
        """Replace a folder's entry. Call it after its parts: a look that ends before reads the folder again."""
        row = (camera, folder, notes.changed_ns, notes.strays, notes.stray)
        self._db.execute("INSERT OR REPLACE INTO folder VALUES (?, ?, ?, ?, ?)", row)

    def drop(self, camera: str, folder: str, day: date | None = None) -> None:
        """Forget a folder, or one day of it."""
        if day is not None:
            asked = (camera, folder, day.isoformat())
            self._db.execute("DELETE FROM part WHERE camera = ? AND folder = ? AND day = ?", asked)
            return
        for table in ("part", "folder"):
            self._db.execute(f"DELETE FROM {table} WHERE camera = ? AND folder = ?", (camera, folder))  # noqa: S608

    def commit(self) -> None:
        """Write down what was put so far."""
        self._db.commit()

    def finish(self, now_s: float) -> None:
        """Count a finished look."""
        self._db.execute("UPDATE store SET looked_at = ?, looks = looks + 1", (now_s,))
        self._db.commit()


def with_index(path: Path, store: Store, use: Callable[[Index], Result]) -> Result:
    """Call `use` with a store's index, once more with a new one if damaged, at last in memory; always commits."""
    for _ in range(2):
        try:
            with _opened(str(path), _identity(store)) as index:
                return use(index)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                # An earlier look still has it: it is not damaged.
                break
            _LOG.warning("store %s: its index cannot be used and is made anew: %s", store.id, error)
            for name in (path, path.with_name(f"{path.name}-journal")):
                with suppress(OSError):
                    name.unlink()
    with _opened(":memory:", _identity(store)) as index:
        return use(index)


class IndexDamagedError(sqlite3.DatabaseError):
    """The index is not one that can be used."""


@contextmanager
def _opened(path: str, identity: str) -> Iterator[Index]:
    if path != ":memory:":
        try:
            # SQLite gives its journal the mode of the file.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        except OSError as error:
            raise IndexDamagedError(f"it cannot be opened: {error.strerror}") from None
    with closing(sqlite3.connect(path, timeout=1.0)) as database:
        database.execute("PRAGMA synchronous = NORMAL")
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            for table in _TABLES:
                database.execute(table)
            database.execute("INSERT INTO store VALUES (?, 0, 0)", (identity,))
            database.commit()
        elif "store" not in tables or database.execute("SELECT identity FROM store").fetchall() != [(identity,)]:
            raise IndexDamagedError("it is of another store or version")
        index = Index(database)
        try:
            yield index
        finally:
            with suppress(sqlite3.Error):
                database.commit()


def _identity(store: Store) -> str:
    return json.dumps([_VERSION, store.kind, str(store.path), store.pattern, store.time_zone])


def _notes(part: Part) -> str:
    troubles = [
        [one.kind, one.times, one.first, one.first_at.timestamp() if one.first_at else None] for one in part.troubles
    ]
    return json.dumps(
        [part.segments, part.size_bytes, part.digest, part.spans, part.sure, troubles, part.first, part.written_s,
         part.read_s, part.verified_s]
    )  # fmt: skip


def _part(notes: str) -> Part:
    try:
        segments, size, digest, spans, sure, troubles, first, written, read, verified = json.loads(notes)
        return Part(
            segments,
            size,
            digest,
            tuple((begins, ends) for begins, ends in spans),
            sure,
            tuple(
                StoreTrouble(kind, times, name, None if at is None else datetime.fromtimestamp(at, UTC))
                for kind, times, name, at in troubles
            ),
            tuple((begins, name) for begins, name in first),
            written,
            read,
            verified,
        )
    except (ValueError, TypeError) as error:
        raise IndexDamagedError(f"a part cannot be read: {error}") from None
