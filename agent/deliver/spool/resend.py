"""Selects reports to send again because the hub lost them and the spool still has them.

Whether the hub may ask is decided elsewhere; nothing here changes a head or how far the hub has confirmed.

    confirmed, sent -> pending      due at once, after fresh ones: as backlog
    pending         -> pending      it is on its way already
    parked          -> parked       the broker refuses it; the next connection tries it
    not here        -> missing      evicted, removed a day after its confirmation, or never made

A report that was confirmed once stays marked so: the broker's PUBACK sets it to `confirmed` again, for no later
watermark would, and the day until its removal does not begin again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.contract.orders import Range
from agent.deliver.spool.capacity import CONFIRMED, PARKED, PENDING, SENT
from agent.deliver.spool.database import Database

_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Resent:
    """`count` reports of a range are on their way; `missing` are runs (from, to) that are not here."""

    count: int
    missing: tuple[tuple[int, int], ...]


def resend(database: Database, asked: Range, now: datetime) -> Resent:
    """Make every confirmed or sent report of a range pending; see the table above.

    Args:
        database: Not in a transaction.
        asked: Any epoch; both ends included.
        now: Only for a row that was confirmed by a clock at zero: it must stay known as confirmed.

    Raises:
        SpoolFailed: The disk refuses; part of the range may be pending.
    """
    count = 0
    here: list[tuple[int, int]] = []
    for rows in _rows(database, asked):
        again = [number for number, _, state in rows if state in (CONFIRMED, SENT)]
        # A mark that is lost in a power cut costs that the hub asks again.
        with database.transaction(durable=False):
            database.run_many(
                # One attempt at least: it is never fresh again, however short a time ago it was committed.
                "UPDATE report SET confirmed_ms = CASE WHEN state = ? THEN max(confirmed_ms, 1) ELSE confirmed_ms END,"
                " state = ?, retry_ms = 0, attempts = max(attempts, 1), reason = '' WHERE id = ?",
                [(CONFIRMED, PENDING, number) for number in again],
            )
        count += sum(state != PARKED for _, _, state in rows)
        here = _joined(here, (seq for _, seq, _ in rows))
    return Resent(count, _missing(here, asked))


def _rows(database: Database, asked: Range) -> Iterator[list[tuple[int, int, int]]]:
    """Yield id, seq and state of a range's rows, in batches: a hub may ask for all there is."""
    start = asked.from_seq
    while rows := database.all(
        "SELECT id, seq, state FROM report WHERE epoch = ? AND stream = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
        *(asked.epoch, asked.stream, start, asked.to_seq, _AT_ONCE),
    ):
        yield rows
        start = rows[-1][1] + 1


def _joined(runs: list[tuple[int, int]], numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Add rising numbers to runs of numbers."""
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _missing(here: Iterable[tuple[int, int]], asked: Range) -> tuple[tuple[int, int], ...]:
    """Return the runs between those that are here."""
    missing, start = [], asked.from_seq
    for first, last in here:
        if first > start:
            missing.append((start, first - 1))
        start = last + 1
    if start <= asked.to_seq:
        missing.append((start, asked.to_seq))
    return tuple(missing)
