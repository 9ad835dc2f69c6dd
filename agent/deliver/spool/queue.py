"""Selects the rows of the spool to send now, in their order. Reads only.

Fresh reports go first, so that an outage does not hide the present behind the past; then the backlog, oldest first;
then sent reports that were not confirmed in time.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agent.deliver.spool.capacity import PENDING, SENT, heads_in
from agent.deliver.spool.database import Database
from agent.deliver.spool.schema import ROW_COLUMNS, crc, ms_of
from agent.model.errors import SpoolCorrupt
from agent.model.finding import StreamName

RETRY_AFTER_AT_MOST: Final = timedelta(hours=1)
LIVE_FOR: Final = timedelta(seconds=60)
"""A report is fresh for this time after its commit, unless sent."""

_MS = timedelta(milliseconds=1)
_LIVE_FOR_MS = LIVE_FOR // _MS
_LISTED = "(SELECT value FROM json_each(?))"  # however many: the statement stays the same and is parsed once


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A waiting report. `live`: fresh and never sent. `newest`: the head of its stream."""

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


def rows_to_send(
    database: Database, limit: int, now: datetime, skip: Collection[int]
) -> tuple[tuple[PendingRow, ...], tuple[int, ...]]:
    """Return up to `limit` rows to send now, and the ids of those whose payload no longer has its digest.

    Raises:
        SpoolCorrupt: Not only a payload is damaged.
    """
    now_ms, skipped = ms_of(now), list(skip)
    waiting = _select(database, "state = ? AND retry_ms = 0", (PENDING,), skipped, limit)
    live: list[Sequence[Any]] = []
    if waiting and not _is_live(waiting[0], now_ms):  # else the oldest is fresh, and so all are
        ids = _live_ids(database, skipped, limit, now_ms)
        live = _select(database, f"id IN {_LISTED}", (json.dumps(ids),), (), limit, order="id") if ids else []
        skipped += ids
        waiting = [row for row in waiting if row[0] not in ids][: limit - len(live)]
    again: list[Sequence[Any]] = []
    # A retry beyond the longest delay was set by a clock that has since been put back: it is due.
    for late in (("retry_ms <= ?", now_ms), ("retry_ms > ?", now_ms + RETRY_AFTER_AT_MOST // _MS)):
        room = limit - len(live) - len(waiting) - len(again)
        if room > 0:
            again += _select(database, f"state = ? AND {late[0]}", (SENT, late[1]), skipped, room)
    heads = heads_in(database)
    rows, damaged = [], []
    for values in live + waiting + again:
        number, attempts, expected, payload, *guarded = values
        epoch, stream, seq, digest, committed_ms, jws = guarded
        if crc(*guarded) != expected:
            raise SpoolCorrupt("{path}: a row is damaged; the next start sets the file aside", path=database.path)
        if hashlib.sha256(payload).hexdigest() != digest:
            damaged.append(number)
            continue
        at, fresh, newest_of = datetime.fromtimestamp(committed_ms / 1000, UTC), _is_live(values, now_ms), heads[stream]
        row = PendingRow(number, epoch, stream, seq, digest, at, attempts, fresh, newest_of.seq == seq, jws, payload)
        rows.append(row)
    return tuple(rows), tuple(damaged)


def digest_of(database: Database, epoch: str, stream: StreamName, seq: int) -> str | None:
    """Return the digest of a report, also of an evicted one; None where none is known."""
    of, where = (epoch, stream, seq), "WHERE epoch = ? AND stream = ? AND seq = ?"
    rows = database.all(
        f"SELECT digest FROM report {where} UNION ALL SELECT digest FROM dropped {where}",  # noqa: S608
        *of,
        *of,
    )
    return str(rows[0][0]) if rows else None


def _select(
    database: Database,
    where: str,
    values: Sequence[object],
    skip: Sequence[int],
    limit: int,
    order: str = "retry_ms, id",
) -> list[Sequence[Any]]:
    return database.all(
        f"SELECT id, attempts, crc, payload, {ROW_COLUMNS} FROM report"  # noqa: S608  our own names and conditions
        f" WHERE {where} AND id NOT IN {_LISTED} ORDER BY {order} LIMIT ?",
        *(*values, json.dumps(list(skip)), max(limit, 0)),
    )


def _live_ids(database: Database, skip: Sequence[int], limit: int, now_ms: int) -> list[int]:
    """Return the newest rows that are fresh, oldest first. Their payloads are not read: mostly there are none."""
    newest = database.all(
        "SELECT id, attempts, committed_ms FROM report WHERE state = ? AND retry_ms = 0"  # noqa: S608  our own list
        f" AND id NOT IN {_LISTED} ORDER BY id DESC LIMIT ?",
        *(PENDING, json.dumps(list(skip)), max(limit, 0)),
    )
    return [number for number, attempts, at_ms in reversed(newest) if not attempts and _is_fresh(at_ms, now_ms)]


def _is_live(row: Sequence[Any], now_ms: int) -> bool:
    _, attempts, _, _, _, _, _, _, committed_ms, _ = row
    return not attempts and _is_fresh(committed_ms, now_ms)


def _is_fresh(committed_ms: int, now_ms: int) -> bool:
    return abs(now_ms - committed_ms) < _LIVE_FOR_MS
