"""Stores the history of the site's transitions, three years at most and within its size limit: a file beside the spool.

One row per transition; the one that closes an episode has the whole episode. It is written after the commit of the
event: a crash in between costs the history these rows, and the hub nothing. A damaged file is set aside and a new one
begins; a failed write is logged and stops nothing. Only the daemon writes.
"""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from agent.host.files import require_access
from agent.judge.memory.episodes import WELL, Episode, episode_data, episode_from
from agent.judge.memory.transitions import Transition
from agent.model.errors import Forbidden, SpoolFailed
from agent.model.finding import Message, Status
from agent.site.config.site import Storage

NAME: Final = "history.db"
ASIDE: Final = ".damaged"
"""Ends the name of the damaged file that was set aside last; there is one at most."""

KEPT: Final = timedelta(days=3 * 365 + 1)
"""How long a transition is stored at the longest: as long as records of processing have to be.

Source: PIPL article 56.
"""

PAGE_BYTES: Final = 4096

_APPLICATION_ID = 0x76737302  # "vss" and 2
_VERSION = 1
_FORGET_SHARE = 16  # one part of so many goes when there is no room
_JOURNAL_SHARE = 8  # one part of so many is left to the journal of a transaction
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_COLUMNS = "at_ms, subject, check_id, before, after, told, closes, episode"
_LAYOUT = f"""BEGIN IMMEDIATE;
CREATE TABLE transition (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL, subject TEXT NOT NULL, check_id TEXT NOT NULL,
    before TEXT, after TEXT NOT NULL, told INTEGER NOT NULL, closes INTEGER NOT NULL, episode TEXT
);
PRAGMA application_id={_APPLICATION_ID};
PRAGMA user_version={_VERSION};
COMMIT;"""

log = logging.getLogger("camwarden.history")


class _ForeignDatabase(Exception):
    """A database, but not a history of this version of camwarden."""


@dataclass(frozen=True, slots=True)
class StoredTransition:
    """A stored transition; `episode` as it was then, None where none was open; `closes`: it ended."""

    at: datetime
    subject: str
    check: str
    before: Status | None
    after: Status
    told: bool
    closes: bool
    episode: Episode | None


def store_history(storage: Storage, changed: Sequence[Transition], now: datetime) -> None:
    """Store what changed. Failures are logged."""
    rows = [_row(one, now) for one in changed]
    if not rows:
        return
    path = storage.directory / NAME
    try:
        try:
            _store(path, storage.history_max_bytes, rows)
        except (sqlite3.DatabaseError, _ForeignDatabase) as error:
            if isinstance(error, sqlite3.Error) and _code(error) not in _DAMAGED:
                raise
            path.replace(path.with_name(NAME + ASIDE))
            log.error("%s was damaged: it lies beside as %s, and a new history begins", path, NAME + ASIDE)
            _store(path, storage.history_max_bytes, rows)
    except (sqlite3.Error, OSError) as error:
        log.error("%s: %d changes cannot be remembered: %s", path, len(rows), error)


def expire_history(storage: Storage, now: datetime) -> None:
    """Delete transitions that are older than `KEPT`. A failure is logged: the next day tries again."""
    path = storage.directory / NAME
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("DELETE FROM transition WHERE at_ms < ?", (_ms(now - KEPT),))
    except sqlite3.Error as error:
        log.warning("%s: old changes cannot be deleted: %s", path, error)


def read_history(directory: Path, since: datetime | None = None, subject: str = "") -> list[StoredTransition]:
    """Return the stored transitions, oldest first: those from `since` on, and of `subject` unless it is empty.

    Raises Forbidden where this user may not read them, SpoolFailed where the file is damaged or the disk refuses.
    """
    path = directory / NAME
    try:
        require_access(path)
    except FileNotFoundError:
        return []
    except PermissionError:
        raise Forbidden(
            Message("{path}: this user may not read the history; run as root or as the user camwarden", {"path": path})
        ) from None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM transition"  # noqa: S608  our own names
                " WHERE at_ms >= ? AND ? IN ('', subject) ORDER BY id",
                (_ms(since) if since else -(2**62), subject),
            )
            return list(_transitions(found))
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise SpoolFailed(
            Message(
                "{path}: the history cannot be read ({error}); the service sets a damaged one aside",
                {"path": path, "error": error},
            )
        ) from None


def oldest_stored(directory: Path) -> datetime | None:
    """Return the time of the oldest stored transition; None where there is none, or it cannot be read."""
    path = directory / NAME
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            row = connection.execute("SELECT at_ms FROM transition ORDER BY id LIMIT 1").fetchone()
            return datetime.fromtimestamp(row[0] / 1000, UTC) if row else None
    except (sqlite3.Error, ValueError, TypeError, OverflowError, OSError):
        return None


def _transitions(rows: Iterator[Any]) -> Iterator[StoredTransition]:
    for at_ms, subject, check, before, after, told, closes, episode in rows:
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        stood = episode_from(json.loads(episode)) if episode else None
        yield StoredTransition(
            at, subject, check, cast(Status | None, before), cast(Status, after), bool(told), bool(closes), stood
        )


def _row(one: Transition, now: datetime) -> tuple[object, ...]:
    closes = one.episode is not None and one.finding.status in WELL
    episode = None
    if one.episode is not None:
        episode = json.dumps(episode_data(one.episode), ensure_ascii=False, separators=(",", ":"))
    finding = one.finding
    return (_ms(now), finding.subject, finding.check, one.before, finding.status, one.told, closes, episode)


def _store(path: Path, max_bytes: int, rows: Sequence[tuple[object, ...]]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        path.chmod(0o600)
        _prepare(connection, max_bytes // PAGE_BYTES * (_JOURNAL_SHARE - 1) // _JOURNAL_SHARE)

        def insert() -> None:
            connection.executemany(
                f"INSERT INTO transition ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  our own names
                rows,
            )

        while not _transacted(connection, insert):
            some = connection.execute("SELECT 1 FROM transition LIMIT 1").fetchone()
            if not some or not _transacted(connection, lambda: _delete_oldest(connection)):
                raise sqlite3.OperationalError("there is no room on the disk, or within history_max_bytes")


def _prepare(connection: sqlite3.Connection, max_pages: int) -> None:
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA synchronous=NORMAL")  # a power cut costs the newest rows, not the file
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        connection.executescript(_LAYOUT)
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    if marks != [_APPLICATION_ID, _VERSION]:
        raise _ForeignDatabase
    if connection.execute("PRAGMA page_count").fetchone()[0] > max_pages:
        _shrink(connection, max_pages)
    connection.execute(f"PRAGMA max_page_count={max_pages}")


def _transacted(connection: sqlite3.Connection, work: Callable[[], object]) -> bool:
    """Run it as one transaction; return whether there was space."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        work()
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if _code(error) == sqlite3.SQLITE_FULL:
            return False
        raise
    return True


def _delete_oldest(connection: sqlite3.Connection) -> None:
    """Delete the oldest rows. Their pages are used again, so that the file never grows past its size."""
    connection.execute(
        f"DELETE FROM transition WHERE id <= (SELECT min(id) + (max(id) - min(id)) / {_FORGET_SHARE} FROM transition)"  # noqa: S608  our own number
    )


def _shrink(connection: sqlite3.Connection, max_pages: int) -> None:
    """Delete what exceeds a smaller `history_max_bytes`, and free its pages."""
    used = (
        "SELECT page_count - freelist_count, (SELECT count(*) FROM transition)"
        " FROM pragma_page_count, pragma_freelist_count"
    )
    while True:
        pages, rows = connection.execute(used).fetchone()
        if pages < max_pages or not rows:
            break
        _transacted(connection, lambda: _delete_oldest(connection))
    connection.execute("VACUUM")


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
