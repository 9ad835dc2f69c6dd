"""Which rows of the spool are to be sent now, and in which order. Reads only.

What was committed just now and never sent goes first, so that an outage does not hide the present behind the past;
then what has waited longest; then what was sent and not confirmed in its time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agent.errors import SpoolCorrupt
from agent.model import StreamName
from agent.spool_file import ROW_COLUMNS, Database, crc
from agent.spool_room import PENDING, SENT, heads_in

RETRY_AFTER_AT_MOST: Final = timedelta(hours=1)
LIVE_FOR: Final = timedelta(seconds=60)
"""A report that was committed this short a time ago and not sent yet goes ahead of the backlog."""

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A report that waits. `live`: fresh and never sent. `newest`: the head of its stream."""

    id: int
    epoch: str
    stream: StreamName
    seq: int
    digest: str
    committed_at: datetime
    attempts: int
    live: bool
    newest: bool
    jws: str = field(repr=False)
    payload: bytes = field(repr=False)


def due(
    database: Database, limit: int, now: datetime, skip: Collection[int]
) -> tuple[tuple[Row, ...], tuple[int, ...]]:
    """Return up to `limit` rows to send now, and the ids of those whose payload no longer has its digest.

    Raises:
        SpoolCorrupt: Not only a payload is damaged.
    """
    now_ms, skipped = int(now.timestamp() * 1000), list(skip)
    waiting = _select(database, "state = ? AND retry_ms = 0", (PENDING,), skipped, limit)
    live: list[Sequence[Any]] = []
    if waiting and not _is_live(waiting[0], now_ms):  # else the oldest is fresh, and so all are
        newest = _select(database, "state = ? AND retry_ms = 0", (PENDING,), skipped, limit, newest_first=True)
        live = [row for row in reversed(newest) if _is_live(row, now_ms)]
        skipped += [row[0] for row in live]
        waiting = [row for row in waiting if row[0] not in skipped][: limit - len(live)]
    # A retry beyond the longest delay was set by a clock that has since been put back: it is due.
    again = _select(
        database,
        "state = ? AND (retry_ms <= ? OR retry_ms > ?)",
        (SENT, now_ms, now_ms + RETRY_AFTER_AT_MOST // _MS),
        skipped,
        limit - len(live) - len(waiting),
    )
    heads = heads_in(database)
    rows, damaged = [], []
    for values in live + waiting + again:
        number, attempts, expected, payload, *guarded = values
        epoch, stream, seq, digest, committed_ms, jws = guarded
        if crc(*guarded) != expected:
            raise SpoolCorrupt(f"{database.path}: a row is damaged; the next start sets the file aside")
        if hashlib.sha256(payload).hexdigest() != digest:
            damaged.append(number)
            continue
        at, fresh, newest_of = datetime.fromtimestamp(committed_ms / 1000, UTC), _is_live(values, now_ms), heads[stream]
        row = Row(number, epoch, stream, seq, digest, at, attempts, fresh, newest_of.seq == seq, jws, payload)
        rows.append(row)
    return tuple(rows), tuple(damaged)


def _select(
    database: Database,
    where: str,
    values: Sequence[object],
    skip: Sequence[int],
    limit: int,
    newest_first: bool = False,
) -> list[Sequence[Any]]:
    order = "id DESC" if newest_first else "retry_ms, id"
    return database.all(
        f"SELECT id, attempts, crc, payload, {ROW_COLUMNS} FROM report"  # noqa: S608  our own names and conditions
        f" WHERE {where} AND id NOT IN ({','.join('?' * len(skip))}) ORDER BY {order} LIMIT ?",
        *(*values, *skip, max(limit, 0)),
    )


def _is_live(row: Sequence[Any], now_ms: int) -> bool:
    _, attempts, _, _, _, _, _, _, committed_ms, _ = row
    return not attempts and abs(now_ms - committed_ms) < LIVE_FOR / _MS
