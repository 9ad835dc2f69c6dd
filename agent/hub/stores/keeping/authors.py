"""Stores the names behind the ids that reports have: `names.db`, and in `erased.db` who was erased.

Two files of their own. `names.db` is in no backup, has no write-ahead log, and is written so that what is deleted is
overwritten: a name that was erased is in no file of the hub. `erased.db` has no name; it is in each backup, and a
restore only adds to it. What is lost with `names.db` the sites tell again, within a day.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.contract.authors import AUTHOR, Names
from agent.contract.chain import utc_text
from agent.host.files import create_empty
from agent.hub.domain.people_text import refuse_text
from agent.hub.domain.rows.people import Author, Taken
from agent.hub.stores.database import connection, failed, transaction
from agent.model.errors import Forbidden, UsageError

NAME: Final = "names.db"
ERASED: Final = "erased.db"

OF_SITE_MOST: Final = 4096
"""Names that are stored of one site; further ones are not taken."""

CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""An older message counts all the same where it was made just now: the site's clock was set back."""

# name: `told_at` is when the site last told it. told: `ts` of the newest message of a site, by its own clock.
_NAMES = """
CREATE TABLE IF NOT EXISTS name (
    site TEXT NOT NULL, author TEXT NOT NULL, name TEXT NOT NULL, told_at TEXT NOT NULL, PRIMARY KEY (site, author)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told (site TEXT PRIMARY KEY, ts TEXT NOT NULL) WITHOUT ROWID;
"""
_TOMBS = """
CREATE TABLE IF NOT EXISTS erased (
    author TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL
) WITHOUT ROWID;
"""


def take(directory: Path, names: Names, now: datetime) -> Taken:
    """Store the names that a site tells. See `agent/hub/ports/authors.py`."""
    erased = {one.id for one in _erased(directory, names.site)}
    with _changing(directory / NAME, _NAMES) as db:
        ((newest,),) = db.execute("SELECT coalesce(max(ts), '') FROM told WHERE site = ?", (names.site,)).fetchall()
        ts = utc_text(names.at)
        if ts <= newest and abs(now - names.at) > CLOCKS_DIFFER:
            return Taken(is_stale=True)
        db.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (names.site, ts))
        rows = db.execute("SELECT author, name FROM name WHERE site = ?", (names.site,)).fetchall()
        known: dict[str, str] = dict(rows)
        fresh = [one for one in names.names if one not in known and one not in erased]
        fresh = fresh[: max(0, OF_SITE_MOST - len(known))]
        db.executemany(
            "INSERT INTO name VALUES (?, ?, ?, ?)", [(names.site, one, names.names[one], "") for one in fresh]
        )
        told = [(utc_text(now), names.site, one) for one in names.names]
        db.executemany("UPDATE name SET told_at = ? WHERE site = ? AND author = ?", told)
        contradicted = sum(1 for one, name in names.names.items() if known.get(one, name) != name)
        return Taken(len(fresh), contradicted)


def of_site(directory: Path, site: str) -> list[Author]:
    """Return whom a site has named, and who was erased. See `agent/hub/ports/authors.py`."""
    erased = {one.id: one for one in _erased(directory, site)}
    rows = _rows(directory / NAME, "SELECT site, author, name, told_at FROM name WHERE site = ?", site)
    named = {author: Author(of, author, name, told_at) for of, author, name, told_at in rows}
    return [one for _, one in sorted((named | erased).items())]


def listed(directory: Path) -> list[Author]:
    """Return whom all sites have named, and who was erased. See `agent/hub/ports/authors.py`."""
    erased = {one.id: one for one in _erased(directory)}
    rows = _rows(directory / NAME, "SELECT site, author, name, told_at FROM name")
    named = {author: Author(of, author, name, told_at) for of, author, name, told_at in rows}
    return [one for _, one in sorted((named | erased).items())]


def erase(directory: Path, author: str, by: str, why: str, now: datetime) -> bool:
    """Erase a name for good: first that it is erased, so that it comes back from nowhere, then the name."""
    found = AUTHOR.fullmatch(author)
    if found is None:
        raise UsageError("{author!r} is no id of an author: see `camwarden hub people list`", author=author[:80])
    name = next((one.name for one in of_site(directory, found[1]) if one.id == author), "")
    for text in (by, why):
        refuse_text(text)
        if name and name in text:
            raise UsageError("--by or --why has the name that is to be erased, and stays: write it without")
    with _changing(directory / ERASED, _TOMBS) as db:
        db.execute("INSERT OR IGNORE INTO erased VALUES (?, ?, ?, ?)", (author, utc_text(now), by, why))
    with _changing(directory / NAME, _NAMES) as db:
        was_there = db.execute("DELETE FROM name WHERE author = ?", (author,)).rowcount > 0
    _write_anew(directory / NAME)
    return was_there


def expire(directory: Path, used: Iterable[tuple[str, str]]) -> int:
    """Delete the names that were last told before a time, and those of whom it is stored that they were erased."""
    if not (directory / NAME).exists():
        return 0
    gone = [(one.site, one.id) for one in _erased(directory)]
    with _changing(directory / NAME, _NAMES) as db:
        count = db.executemany("DELETE FROM name WHERE site = ? AND told_at < ?", list(used)).rowcount
        count += db.executemany("DELETE FROM name WHERE site = ? AND author = ?", gone).rowcount
    if count > 0:
        _write_anew(directory / NAME)
    return max(0, count)


def join_erased(directory: Path, other: Path) -> None:
    """Add to who was erased at a hub those of another `erased.db`. Raises StoreFailed, Forbidden."""
    rows = _rows(other, "SELECT author, at, by, why FROM erased")
    with _changing(directory / ERASED, _TOMBS) as db:
        db.executemany("INSERT OR IGNORE INTO erased VALUES (?, ?, ?, ?)", rows)


def _erased(directory: Path, site: str = "") -> list[Author]:
    rows = _rows(directory / ERASED, "SELECT author, at FROM erased")
    found = [Author(match[1], author, "", "", at) for author, at in rows if (match := AUTHOR.fullmatch(author))]
    return [one for one in found if site in ("", one.site)]


def _rows(path: Path, query: str, *values: object) -> list[tuple[str, ...]]:
    if not path.exists():
        return []
    try:
        with closing(connection(path, "ro")) as db:
            return db.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise failed(path, error) from error


@contextmanager
def _changing(path: Path, tables: str) -> Iterator[sqlite3.Connection]:
    """Open a file, made where there is none, for one transaction. Raises Forbidden, StoreFailed."""
    try:
        create_empty(path)
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=path) from None
    except OSError as error:
        raise failed(path, sqlite3.OperationalError(str(error))) from error
    try:
        with _connected(path) as db:
            db.executescript(tables)
            with transaction(db):
                yield db
    except sqlite3.Error as error:
        raise failed(path, error) from error


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect so that what is deleted is overwritten, and is in no log or temporary file. Source: sqlite.org/pragma."""
    with closing(connection(path, "rw")) as db:  # also where it is no database, as the first statement finds out
        db.execute("PRAGMA journal_mode=DELETE")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA secure_delete=ON")
        db.execute("PRAGMA temp_store=MEMORY")
        yield db


def _write_anew(path: Path) -> None:
    """Write the file anew from what is in it: a row that was moved leaves a copy that no deletion overwrites."""
    try:
        with _connected(path) as db:
            db.execute("VACUUM")
    except sqlite3.Error as error:
        raise failed(path, error) from error
