"""Reads a spool without locking it, beside a running service; damage is reported, never set aside.

Which key must sign next comes from its newest report: the chain precedes any note beside it.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.contract.envelope import read_header
from agent.deliver.spool.capacity import CONFIRMED, STATES
from agent.deliver.spool.database import translate
from agent.deliver.spool.packed import unpack
from agent.deliver.spool.schema import MEMORY, STREAM, StreamRow, ms_of
from agent.host.files import require_access
from agent.model.errors import Forbidden, NotVerified, SpoolFailed, UsageError, os_words
from agent.model.finding import Head, StreamName

_COLUMNS = "id, epoch, stream, seq, state, committed_ms, attempts, reason, digest, jws, payload"


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of the spool. `reason`: why it is parked."""

    id: int
    epoch: str
    stream: StreamName
    seq: int
    state: str
    committed_at: datetime
    attempts: int
    reason: str
    digest: str
    jws: str = field(repr=False)
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows by stream and state; of the unconfirmed: the oldest, and the bytes of their payloads."""

    counts: dict[str, dict[str, int]]
    oldest_at: datetime | None
    unconfirmed_bytes: int
    file_bytes: int
    dropped: int


class View:
    """An open read-only spool. Each method reads anew: the service may have gone on meanwhile."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    def meta(self, name: str) -> str:
        """Return a single value, empty where it was never set."""
        rows = list(self._rows("SELECT value FROM meta WHERE name = ?", name))
        return str(rows[0][0]) if rows else ""

    def memory(self) -> str:
        """Return what the last committed cycle left for the next, empty where there was none."""
        return unpack(self.meta(MEMORY))

    def streams(self) -> dict[StreamName, StreamRow]:
        """Return every stream's head, and how far it is confirmed."""
        found = self._rows("SELECT name, value FROM meta WHERE name LIKE ? ORDER BY name", STREAM + "%")
        return {name.removeprefix(STREAM): StreamRow.of(text) for name, text in found}

    def heads(self) -> dict[StreamName, Head]:
        """Return the newest report of every stream."""
        return {name: row.head for name, row in self.streams().items()}

    def confirmed(self) -> dict[StreamName, Head]:
        """Return how far every stream is confirmed."""
        return {name: row.confirmed for name, row in self.streams().items()}

    def totals(self) -> Totals:
        """Count rows and bytes."""
        counts: dict[str, dict[str, int]] = {}
        oldest, size = [], 0
        for stream, state, count, at_ms, length in self._rows(
            "SELECT stream, state, count(*), min(committed_ms), sum(length(payload)) FROM report"
            " GROUP BY stream, state ORDER BY stream, state"
        ):
            counts.setdefault(stream, {})[STATES[state]] = count
            if state != CONFIRMED:
                oldest.append(at_ms)
                size += length
        sides = [self._path.with_name(self._path.name + end) for end in ("", "-wal")]
        on_disk = sum(side.stat().st_size for side in sides if side.exists())
        at = datetime.fromtimestamp(min(oldest) / 1000, UTC) if oldest else None
        return Totals(counts, at, size, on_disk, int(self.meta("dropped") or 0))

    def kept(self, first: datetime | None = None, last: datetime | None = None) -> Iterator[StoredRow]:
        """Yield unconfirmed rows; with a time, all committed from `first` until before `last`."""
        if first is None and last is None:
            return self._kept("state < ?", CONFIRMED)
        limits = (ms_of(first) if first else -(2**62), ms_of(last) if last else 2**62)
        return self._kept("committed_ms >= ? AND committed_ms < ?", *limits)

    def every(self) -> Iterator[StoredRow]:
        """Yield every row, oldest first."""
        return self._kept("true")

    def newest(self, count: int) -> tuple[StoredRow, ...]:
        """Return so many of the newest reports, the newest first."""
        return tuple(self._kept("id IN (SELECT id FROM report ORDER BY id DESC LIMIT ?)", count))[::-1]

    def one(self, epoch: str, stream: str, seq: int) -> StoredRow | None:
        """Return one report, None where it is not here."""
        return next(self._kept("epoch = ? AND stream = ? AND seq = ?", epoch, stream, seq), None)

    def _kept(self, where: str, *values: object) -> Iterator[StoredRow]:
        for number, epoch, stream, seq, state, at_ms, *rest in self._rows(
            f"SELECT {_COLUMNS} FROM report WHERE {where} ORDER BY id",  # noqa: S608  our own names and conditions
            *values,
        ):
            at = datetime.fromtimestamp(at_ms / 1000, UTC)
            yield StoredRow(number, epoch, stream, seq, STATES.get(state, "damaged"), at, *rest)

    def _rows(self, statement: str, *values: object) -> Iterator[Any]:
        try:
            yield from self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise translate(error, self._path) from error


@contextmanager
def view(path: Path) -> Iterator[View]:
    """Open the spool at `path` read-only.

    Raises:
        UsageError: There is none yet.
        Forbidden: This user may not read it.
        SpoolFailed: It is damaged, or the disk refuses.
    """
    try:
        require_access(path)
    except FileNotFoundError:
        raise UsageError(
            "{path}: no look at this site was kept yet: camwarden run --once looks once and keeps it", path=path
        ) from None
    except PermissionError:
        raise Forbidden(
            "{path}: this user may not read the spool; run as root or as the service's user", path=path
        ) from None
    except OSError as error:
        raise SpoolFailed("{path}: the spool cannot be read: {why}", path=path, why=os_words(error)) from None
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5)
    except sqlite3.Error as error:
        raise translate(error, path) from error
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    with closing(connection):
        yield View(path, connection)


def signs_next(path: Path) -> str:
    """Return the kid of the key that signed the newest report, or that it hands over to; empty without one."""
    query = "SELECT stream, jws, payload FROM report ORDER BY id DESC LIMIT 1"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            row = connection.execute(query).fetchone()
    except sqlite3.Error:  # no file yet, or damaged: opening the spool tells it
        return ""
    if row is None:
        return ""
    stream, jws, payload = row
    if stream == "event" and (to := handed_to(payload)):
        return to
    try:
        return read_header(jws).kid
    except NotVerified:
        return ""


def handed_to(payload: bytes) -> str:
    """Return the new kid where an own event is a rotation, else an empty text."""
    try:
        to = json.loads(payload)["body"]["rotation"]["to"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return to if isinstance(to, str) else ""
