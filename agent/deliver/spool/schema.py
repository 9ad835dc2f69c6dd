"""Defines the schema of the spool's file; detects a damaged file by schema and checksums, and moves it aside.

    meta      single values, and for each stream its newest report and how far the hub has confirmed it
    report    one row per report, until a day after its confirmation
    dropped   digests of evicted rows, until the watermark passes them
    incident  faults of the spool that no event has reported yet

Heads and single values share one table, and so mostly one page: each page that a commit touches costs it a frame of
the write-ahead log.
"""

from __future__ import annotations

import secrets
import sqlite3
import zlib
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from agent.contract.chain import GENESIS, STREAMS
from agent.model.errors import ConfigurationError, SpoolCorrupt
from agent.model.finding import Head

_SET_ASIDE_KEPT = 2  # a failing disk must not fill up with its own corpses


def crc(*values: object) -> int:
    """Return a checksum over a row's values: finds a flipped bit, proves nothing."""
    return zlib.crc32("\n".join(map(str, values)).encode())


def set_aside(path: Path, now: datetime) -> str:
    """Rename the damaged file with its side files; return the new name."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    for suffix in ("-wal", "-shm", ""):  # the file itself last: until then the next start finds it again
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.rename(aside.with_name(aside.name + suffix))
    old = sorted(path.parent.glob(f"{path.name}.corrupt-*Z"))[:-_SET_ASIDE_KEPT]
    for name in old:
        for suffix in ("", "-wal", "-shm"):
            name.with_name(name.name + suffix).unlink(missing_ok=True)
    return aside.name


ROW_COLUMNS: Final = "epoch, stream, seq, digest, committed_ms, jws"
"""Columns of `report` that its checksum covers; a payload has its own digest."""

STREAM: Final = "stream:"
"""Prefix of a stream's row in `meta`."""

MEMORY: Final = "memory"
"""The row of `meta` with what a cycle leaves for the next, compressed."""

_APPLICATION_ID = 0x76737301  # "vss" and 1
_USER_VERSION = 2

_LAYOUT = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
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
    """The newest report of a stream, and how far the hub has confirmed it."""

    head: Head
    confirmed: Head

    def text(self) -> str:
        """Encode it for the table `meta`."""
        return f"{self.head.seq} {self.head.digest} {self.confirmed.seq} {self.confirmed.digest}"

    @classmethod
    def of(cls, text: str) -> StreamRow:
        """Parse the output of `text`."""
        seq, digest, confirmed_seq, confirmed_digest = text.split(" ")
        return cls(Head(int(seq), digest), Head(int(confirmed_seq), confirmed_digest))


def ms_of(at: datetime) -> int:
    """Return a time as the file stores it: milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def new_epoch() -> str:
    """Return a new epoch of a spool: 64 random bits in hex."""
    return secrets.token_hex(8)


def create_schema(connection: sqlite3.Connection) -> None:
    """Create the tables of an empty file, with a new epoch."""
    genesis = StreamRow(GENESIS, GENESIS).text()
    values = {"epoch": new_epoch(), "layout": str(_USER_VERSION)} | {STREAM + name: genesis for name in STREAMS}
    rows = ",".join(str((name, value, crc(value))) for name, value in values.items())
    connection.executescript(
        f"""BEGIN IMMEDIATE;
        {_LAYOUT}
        INSERT INTO meta VALUES {rows};
        PRAGMA application_id={_APPLICATION_ID};
        PRAGMA user_version={_USER_VERSION};
        COMMIT;"""  # noqa: S608  names of our own streams and hex digits
    )


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str, str | None]]:
    """Return every table and index with the statement that made it: a flipped bit there renames a column."""
    return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()


@cache
def _expected_schema() -> list[tuple[str, str, str | None]]:
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(_LAYOUT)
        return _schema(empty)


def detect_damage(connection: sqlite3.Connection, path: Path) -> None:
    """Detect damage that would only show in the middle of the work; not a damaged payload, see `Spool.pending`."""
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise SpoolCorrupt("{path}: {sound}", path=path, sound=sound)
    ours = _schema(connection) == _expected_schema()
    if application == _APPLICATION_ID and version > _USER_VERSION:
        said = connection.execute("SELECT value, crc FROM meta WHERE name = 'layout'").fetchone() if ours else None
        if said != (str(_USER_VERSION), crc(_USER_VERSION)):  # else a flipped bit says so, at every start
            raise ConfigurationError("{path}: written by a newer camwarden; install that version again", path=path)
    if (application, version) != (_APPLICATION_ID, _USER_VERSION) or not ours:
        raise SpoolCorrupt("{path}: not a spool", path=path)
    names = {name for (name,) in connection.execute("SELECT name FROM meta")}
    if not names >= {"epoch", *(STREAM + name for name in STREAMS)}:
        raise SpoolCorrupt("{path}: epoch or heads are missing", path=path)
    for table, columns in (("meta", "value"), ("report", ROW_COLUMNS)):
        for *values, expected in connection.execute(f"SELECT {columns}, crc FROM {table}"):  # noqa: S608
            if crc(*values) != expected:
                raise SpoolCorrupt("{path}: a row of {table} is damaged", path=path, table=table)
