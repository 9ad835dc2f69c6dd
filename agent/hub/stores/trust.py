"""Stores which key signs for which site, one row a key: `trust.db`, written by commands, read by the hub.

A file of its own beside `hub.db`: a hub that lost its reports still has its sites, and a command never waits for a
batch of reports. To trust one among 100,000 sites writes one row, which the running hub reads. What a binding means is
in `agent/verify/bindings.py`. The `trust.json` of a hub of release 0.1 is imported once, and then called
`trust.json.imported`.

The running hub writes in one case: a trusted key has named its successor inside the chain (`rotated`). Then the new kid
is bound to the same site (`by` `rotation`), and the old one gets a limit that outlives the hub's database.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.contract.jwk import PublicKey
from agent.contract.topics import SITE_ID
from agent.host.files import create_empty
from agent.hub.stores.database import connection, transaction
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.verify.bindings import THUMBPRINT, Binding, By, Rotated, Trust, binding_of, entry_of, read_file

NAME: Final = "trust.db"
FILE: Final = "trust.json"
IMPORTED: Final = "trust.json.imported"

_VERSION = 1
_HEADER_BYTES = 100
_TABLES = """
CREATE TABLE binding (kid TEXT PRIMARY KEY, site TEXT NOT NULL, entry TEXT NOT NULL, change_no INTEGER NOT NULL);
CREATE INDEX binding_site ON binding (site);
CREATE INDEX binding_change ON binding (change_no)
"""


def load(directory: Path, before: Trust | None = None) -> Trust:
    """Return the bindings of the hub whose data is in a folder; none where there is no file yet.

    With `before`, an earlier result, only changes since are read.

    Raises:
        Forbidden: This user may not read it.
        ConfigurationError: It cannot be read. A running hub goes on with its earlier bindings.
    """
    path = directory / NAME
    if not path.exists():
        with suppress(FileNotFoundError):
            return read_file(directory / FILE)
        return Trust()
    with _translated(path), closing(connection(path, "ro")) as db:
        if _version(db) == 0:  # somebody has just begun to make it
            return Trust()
        ((newest,),) = db.execute("SELECT coalesce(max(change_no), 0) FROM binding").fetchall()
        since = before.change_no if before is not None and before.change_no <= newest else 0
        found = _bindings(db.execute("SELECT entry FROM binding WHERE change_no > ?", (since,)))
    changed = Trust({one.kid: one for one in found}, newest)
    return before.joined(changed) if before is not None and since else changed


def of_sites(directory: Path, first: str, last: str) -> Trust:
    """Return the bindings of the sites from one to another by name, for who looks at some of many.

    Raises:
        Forbidden, ConfigurationError: As `load`.
    """
    path = directory / NAME
    if not path.exists():
        return load(directory)
    with _translated(path), closing(connection(path, "ro")) as db:
        rows = db.execute("SELECT entry FROM binding WHERE site BETWEEN ? AND ?", (first, last)) if _version(db) else ()
        return Trust({one.kid: one for one in _bindings(rows)})


def of_key(directory: Path, kid: str) -> Trust:
    """Return the binding of one key.

    Raises:
        Forbidden, ConfigurationError: As `load`.
    """
    path = directory / NAME
    if not path.exists():
        return load(directory)
    with _translated(path), closing(connection(path, "ro")) as db:
        known = _one(db, kid) if _version(db) else None
    return Trust({kid: known} if known else {})


def add(
    directory: Path,
    site: str,
    kid: str,
    now: datetime,
    until: date | None = None,
    by: By = "person",
    key: PublicKey | None = None,
) -> Trust:
    """Bind a key to a site, or take its revocation back; write the one row.

    A key that has handed over keeps its limit, unless its successor is revoked.

    Args:
        directory: The hub's data.
        site: Its id.
        kid: The thumbprint that was compared.
        now: Written into the row.
        until: The last day in UTC on which a message of this key may arrive, or the last moment; None: without an end.
        by: Name of the person who binds it.
        key: The public key itself, where it is here: then its reports are verified without its birth.

    Raises:
        UsageError: Not a site id, not a thumbprint, or that of another key than `key`, a day that is over, or the key
            is bound to another site.
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    if not SITE_ID.fullmatch(site):
        raise UsageError("{site!r} is not a site: 1 to 23 of 0-9, A-Z, a-z", site=site)
    if not THUMBPRINT.fullmatch(kid):
        raise UsageError(
            "{kid!r} is not a thumbprint: 43 characters, as `camwarden keys show` prints it at the site", kid=kid
        )
    if key is not None and key.kid != kid:
        raise UsageError("the key in the file has the thumbprint {found}, not {kid}", found=key.kid, kid=kid)
    end = until if isinstance(until, datetime) or until is None else _end_of(until)
    if end is not None and end <= now:
        raise UsageError("{until} is over; name the last day on which the key may be used", until=until)
    with _changing(directory) as db:
        known = _one(db, kid)
        if known is not None and known.site != site:
            raise UsageError("{kid} is the key of site {site}; each site makes its own", kid=kid, site=known.site)
        limit = known.rotated if known else None
        successor = _one(db, limit.to) if limit else None
        limit = None if successor is not None and successor.revoked_at else limit
        jwk = dict(key.jwk) if key is not None else known.jwk if known is not None else {}
        binding = Binding(kid, site, utc_text(now), until=utc_text(end) if end else "", by=by, rotated=limit, jwk=jwk)
        return _save(db, binding)


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def rotate(
    directory: Path, site: str, kid: str, limit: Rotated, now: datetime, jwk: Mapping[str, str] | None = None
) -> Trust | None:
    """Bind the successor that a trusted key has named, with its public key, and limit the old one, in one transaction.

    The successor is trusted no longer than the key that named it; a person can extend that.

    Returns:
        Both bindings; None where the file, read again first, no longer allows it: one of them was just revoked, the
            old key has named another successor, or the new one is another site's.

    Raises:
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    with _changing(directory) as db:
        old, new = _one(db, kid), _one(db, limit.to)
        if (
            old is None
            or Trust({kid: old}).decide(site, kid) != "trusted"
            or (old.rotated and old.rotated.to != limit.to)
        ):
            return None
        if kid == limit.to or (new is not None and (new.site != site or new.revoked_at)):
            return None
        new = new or Binding(limit.to, site, utc_text(now), until=old.until, by="rotation")
        new = replace(new, jwk=dict(jwk or new.jwk))
        return _save(db, replace(old, rotated=old.rotated or limit), new)


def revoke(directory: Path, kid: str, now: datetime) -> Trust:
    """Revoke a key; write the one row.

    Raises:
        UsageError: The file does not have the key.
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    with _changing(directory) as db:
        known = _one(db, kid)
        if known is None:
            raise UsageError("{kid!r} is not in {path}; see `camwarden hub trust list`", kid=kid, path=directory / NAME)
        return _save(db, replace(known, revoked_at=known.revoked_at or utc_text(now)))


def revoke_site(directory: Path, site: str, now: datetime) -> Trust:
    """Revoke every key of a site in one write, so that none can name a successor meanwhile.

    Raises:
        Forbidden, ConfigurationError: The file cannot be read or written.
    """
    with _changing(directory) as db:
        of_site = _bindings(db.execute("SELECT entry FROM binding WHERE site = ?", (site,)))
        still = [one for one in of_site if not one.revoked_at]
        return _save(db, *(replace(one, revoked_at=utc_text(now)) for one in still))


@contextmanager
def _changing(directory: Path) -> Iterator[sqlite3.Connection]:
    """Lock the database for reading, changing and writing: a person and the running hub may come at the same time."""
    path = directory / NAME
    with _translated(path):
        directory.mkdir(parents=True, exist_ok=True)
        create_empty(path, 0o644)
        with closing(connection(path, "rw")) as db:
            db.execute("PRAGMA synchronous=FULL")  # no WAL: closing it after each row would cost more than the row
            with transaction(db):
                imported = _version(db) == 0 and _begin(db, directory / FILE)
                yield db
        if imported:
            (directory / FILE).rename(directory / IMPORTED)


def _begin(db: sqlite3.Connection, file: Path) -> bool:
    """Create the tables, and import the file of an older hub; return whether there was one."""
    for statement in _TABLES.split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version={_VERSION}")
    try:
        before = read_file(file)
    except FileNotFoundError:
        return False
    _save(db, *before.bindings.values())
    return True


def _save(db: sqlite3.Connection, *changed: Binding) -> Trust:
    """Write one row for each binding."""
    ((last,),) = db.execute("SELECT coalesce(max(change_no), 0) FROM binding").fetchall()
    db.executemany(
        "INSERT INTO binding VALUES (?, ?, ?, ?) ON CONFLICT (kid) DO UPDATE SET site = excluded.site,"
        " entry = excluded.entry, change_no = excluded.change_no",
        [(one.kid, one.site, json.dumps(entry_of(one)), last + 1) for one in changed],
    )
    return Trust({one.kid: one for one in changed})


def _one(db: sqlite3.Connection, kid: str) -> Binding | None:
    return next(_bindings(db.execute("SELECT entry FROM binding WHERE kid = ?", (kid,))), None)


def _bindings(rows: Iterable[tuple[Any, ...]]) -> Iterator[Binding]:
    return iter([binding_of(json.loads(entry)) for (entry,) in rows])


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn a failure of the file into one line; SQLite takes a file that was cut to a few bytes for a new one."""
    try:
        if path.exists() and 0 < path.stat().st_size < _HEADER_BYTES:
            raise ValueError
        yield
    except PermissionError:
        raise Forbidden("{path}: this user may not write it; run as the hub's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: {why}", path=path, why=os_words(error)) from None
    except sqlite3.OperationalError as error:
        if not os.access(path, os.R_OK):
            raise Forbidden("{path}: this user may not read it; run as the hub's user", path=path) from None
        raise ConfigurationError("{path}: {why}", path=path, why=error) from None
    except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigurationError(
            "{path}: not a trust file; restore it, or remove it and trust each site again", path=path
        ) from None


def mark(directory: Path) -> tuple[tuple[int, int, int], ...]:
    """Return a value that changes with the database, or with an older hub's file."""
    return tuple(_mark(directory / name) for name in (NAME, FILE))


def _mark(path: Path) -> tuple[int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0, 0)
    return (stat.st_mtime_ns, stat.st_ino, stat.st_size)
