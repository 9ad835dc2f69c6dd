"""Expires confirmed reports after a day, and applies verified watermarks of the hub to the rows of the spool.

A clock that has not been set yet, or that was put back, neither removes one too early nor retains one for years.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from agent.contract.watermark import Watermark
from agent.deliver.spool.capacity import CONFIRMED, confirmed_in, heads_in
from agent.deliver.spool.database import Database
from agent.deliver.spool.queue import digest_of
from agent.deliver.spool.schema import ms_of
from agent.model.finding import Head, StreamName

CONFIRMED_KEPT: Final = timedelta(hours=24)

_NOT_SET_BEFORE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # this program is younger: such a clock was not set
_AT_ONCE: Final = 1000
_ROUNDS: Final = 20


def confirmed_ms(now: datetime) -> int:
    """Return the stored time of a confirmation: never 0 (unconfirmed); copied to `retry_ms`, which is indexed."""
    return max(1, ms_of(now))


def expire_confirmed(database: Database, now: datetime) -> None:
    """Delete reports confirmed a day ago, in batches: the log on disk would hold a million rows otherwise.

    After many rounds the rest waits for the next call. A time that this clock cannot have given, because it was
    put forward or back since, becomes now: the day begins again.

    Raises:
        SpoolFailed: The disk refuses; part may be removed.
    """
    now_ms = confirmed_ms(now)
    if now >= _NOT_SET_BEFORE:
        _redate(database, "retry_ms < ?", ms_of(_NOT_SET_BEFORE), now_ms)
    _redate(database, "retry_ms > ?", now_ms, now_ms)
    for _ in range(_ROUNDS):
        with database.transaction(durable=False):
            removed = database.run(
                "DELETE FROM report WHERE id IN"
                " (SELECT id FROM report WHERE state = ? AND retry_ms < ? ORDER BY retry_ms, id LIMIT ?)",
                *(CONFIRMED, ms_of(now - CONFIRMED_KEPT), _AT_ONCE),
            )
        if removed < _AT_ONCE:
            return


def _redate(database: Database, where: str, limit_ms: int, now_ms: int) -> None:
    while rows := database.all(
        f"SELECT id FROM report WHERE state = ? AND {where} LIMIT ?",  # noqa: S608  our own conditions
        *(CONFIRMED, limit_ms, _AT_ONCE),
    ):
        with database.transaction(durable=False):
            database.run_many(
                "UPDATE report SET confirmed_ms = ?, retry_ms = ? WHERE id = ?",
                [(now_ms, now_ms, number) for (number,) in rows],
            )


Outcome = Literal["confirmed", "nothing-new", "epoch", "went-back", "no-row", "ahead", "fork"]
"""The effect of a watermark; all but the first two were refused as a whole.

`epoch`: not the spool's. `went-back`: older than one before. `no-row`: it names a report whose digest is no
longer here. `ahead`, `fork`: it confirms a report that this spool never made, or made otherwise: the file is a
restored copy, and `begin` starts a new epoch.
"""


def confirm(database: Database, mark: Watermark, now: datetime) -> Outcome:
    """Apply a watermark if it fits; see `Outcome`. The caller holds the lock.

    Rows are marked in batches: the log on disk would hold a million of them otherwise. The stream's own mark is
    moved last, so that what a power cut leaves out is taken from the next watermark.

    Raises:
        SpoolFailed: The disk refuses; rows may be confirmed, the stream is unchanged.
    """
    if mark.epoch != database.meta("epoch"):
        return "epoch"
    if mark.ack_no < int(database.meta("ack_no") or 0):
        return "went-back"
    heads, confirmed = heads_in(database), confirmed_in(database)
    advance = {s: head for s, head in mark.streams.items() if head.seq > confirmed[s].seq}
    for stream, head in mark.streams.items():
        if head.seq < confirmed[stream].seq:
            return "went-back"
        own = digest_of(database, mark.epoch, stream, head.seq) if stream in advance else confirmed[stream].digest
        if own is None and head.seq <= heads[stream].seq:
            return "no-row"
        if own != head.digest:
            with database.transaction():
                database.set_meta(restored=f"{stream}:{head.seq} of epoch {mark.epoch}")
            return "ahead" if own is None else "fork"
    for stream, head in advance.items():
        _mark(database, mark.epoch, stream, confirmed[stream].seq, head.seq, now)
    with database.transaction(durable=False):  # the watermark is retained: a lost mark comes again
        database.set_meta(ack_no=mark.ack_no)
        for stream, head in advance.items():
            _mark_run(database, mark.epoch, stream, *_last_run(confirmed[stream], head), now)
            database.run(
                "DELETE FROM dropped WHERE epoch = ? AND stream = ? AND seq <= ?", mark.epoch, stream, head.seq
            )
            database.set_stream(stream, confirmed=head)
    return "confirmed" if advance else "nothing-new"


def _mark(database: Database, epoch: str, stream: StreamName, after: int, upto: int, now: datetime) -> None:
    """Confirm the rows of a long run, except its last part, in separate transactions."""
    while upto - after > _AT_ONCE:
        with database.transaction(durable=False):
            _mark_run(database, epoch, stream, after, after + _AT_ONCE, now)
        after += _AT_ONCE


def _last_run(confirmed: Head, head: Head) -> tuple[int, int]:
    """Return the part of a run that `_mark` leaves: after which number, up to which."""
    length = (head.seq - confirmed.seq - 1) % _AT_ONCE + 1
    return head.seq - length, head.seq


def _mark_run(database: Database, epoch: str, stream: StreamName, after: int, upto: int, now: datetime) -> None:
    now_ms = confirmed_ms(now)
    database.run(
        "UPDATE report SET state = ?, confirmed_ms = ?, retry_ms = ?"
        " WHERE epoch = ? AND stream = ? AND seq > ? AND seq <= ? AND state < ?",
        *(CONFIRMED, now_ms, now_ms, epoch, stream, after, upto, CONFIRMED),
    )
