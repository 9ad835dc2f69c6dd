"""Opens the hub's SQLite files, and classifies their failures: passing, or damaged.

A file that somebody holds, or a disk that is full, passes: whoever calls such a file damaged has a person move it away,
and what it proves with it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, Protocol

from agent.host.files import create_empty
from agent.hub.stores.intake.within import Within
from agent.model.errors import ConfigurationError, Forbidden, StoreFailed, StoreWaits

BUSY_S: Final = 10.0
"""A command beside the running hub, or the hub beside a command, waits so long for the other."""

A_PART: Final[AbstractContextManager[None]] = nullcontext()
"""A transaction within another one."""

ALL: Final = 2**62
"""A `LIMIT` that is none: more rows than there are."""

_STEPS_BETWEEN: Final = 20_000
"""Instructions of SQLite between two looks at a deadline: some milliseconds."""

_PASSING: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_PRIMARY_CODE: Final = 0xFF


class Found(Protocol):
    """What a statement has found."""

    @property
    def rowcount(self) -> int:
        """How many rows it has changed."""

    def fetchone(self) -> Any:
        """Return the next row, None behind the last."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""


class Connection(Protocol):
    """An open connection, as functions use it whose SQL both engines take: standard, `?` for a value."""

    @property
    def in_transaction(self) -> bool:
        """Whether statements are part of a transaction."""

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Found:
        """Run a statement. Raises the engine's own error."""

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]], /) -> object:
        """Run a statement for each row. Raises the engine's own error."""


class Database(Protocol):
    """The hub's open `hub.db`, as functions of stores use it."""

    directory: Path

    within: Within

    def is_in_transaction(self) -> bool:
        """Return whether statements are part of a transaction: only there is what was read still so."""

    def forget_stored(self) -> None:
        """Drop what is held of stored reports: whoever changes or deletes some within a transaction calls it."""

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query. Raises StoreFailed."""

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many. Raises StoreFailed."""

    def transaction(self) -> AbstractContextManager[None]:
        """Run the block as one transaction; within one, as a part of it. Raises StoreFailed."""


def connection(path: Path, mode: str) -> sqlite3.Connection:
    """Connect to a file that is there, by SQLite's mode (`ro`, `rw`). Raises sqlite3.Error.

    One thread at a time may use it: what is only read goes from thread to thread, what is changed stays with its own.
    """
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_S,
        check_same_thread=mode != "ro",
    )  # fmt: skip


def identity(path: Path) -> tuple[int, int]:
    """Return which file stands at a path; none: zeros."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def is_current(db: sqlite3.Connection, path: Path, opened_as: tuple[int, int], version: int) -> bool:
    """Return whether an open file still is the one at its path, and of the version that it had."""
    try:
        return identity(path) == opened_as and db.execute("PRAGMA user_version").fetchone() == (version,)
    except sqlite3.Error:
        return False


def opened(path: Path, prepare: Callable[[sqlite3.Connection], object] | None) -> tuple[sqlite3.Connection, int]:
    """Open a file, or create it where it may be written; return it and the version that it has.

    `prepare` makes its tables; None: it is only read, and has to be there.

    Raises:
        Forbidden: This user may not use the file.
        StoreWaits: Somebody holds it, or the disk is full.
        ConfigurationError: It cannot be opened, or is no database. Nothing is left open.
    """
    try:
        if prepare is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            create_empty(path)
        db = connection(path, "ro" if prepare is None else "rw")
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=path) from None
    except (OSError, sqlite3.Error) as error:
        raise ConfigurationError("{path}: cannot be opened: {error}", path=path, error=error) from None
    try:
        if prepare is not None:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            prepare(db)
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        db.close()
        if passes(error):
            raise failed(path, error) from None
        raise ConfigurationError(
            "{path}: not a hub's database ({error}); move it away", path=path, error=error
        ) from None
    except BaseException:
        db.close()
        raise
    return db, version


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Run the block as one transaction, rolled back where it raises.

    Raises:
        sqlite3.Error: The disk failed; nothing was changed.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def passes(error: sqlite3.Error) -> bool:
    """Return whether a failure is transient, or ends when somebody frees space: the file itself is unchanged."""
    return (getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE) in _PASSING


def failed(path: Path, error: sqlite3.Error) -> StoreFailed:
    """Return a failure of a file as what the hub raises."""
    words = {"path": path, "error": error}
    if passes(error):
        return StoreWaits("{path}: {error}; see who holds it, and whether the disk has room", **words)
    return StoreFailed("{path}: the hub's database failed: {error}; look at the disk", **words)
