"""Expires confirmed reports a day after confirmation, by a clock that may be wrong.

A clock that has not been set yet, or that was put back, neither removes one too early nor retains one for years.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from agent.deliver.spool.capacity import CONFIRMED
from agent.deliver.spool.database import Database

CONFIRMED_KEPT: Final = timedelta(hours=24)

_NOT_SET_BEFORE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # this program is younger: such a clock was not set
_AT_ONCE: Final = 1000
_ROUNDS: Final = 20


def confirmed_ms(now: datetime) -> int:
    """Return the stored time of a confirmation: never 0 (unconfirmed); copied to `retry_ms`, which is indexed."""
    return max(1, _ms(now))


def expire_confirmed(database: Database, now: datetime) -> None:
    """Delete reports confirmed a day ago, in batches: the log on disk would hold a million rows otherwise.

    After many rounds the rest waits for the next call. A time that this clock cannot have given, because it was
    put forward or back since, becomes now: the day begins again.

    Raises:
        SpoolFailed: The disk refuses; part may be removed.
    """
    now_ms = confirmed_ms(now)
    if now >= _NOT_SET_BEFORE:
        _redate(database, "retry_ms < ?", _ms(_NOT_SET_BEFORE), now_ms)
    _redate(database, "retry_ms > ?", now_ms, now_ms)
    for _ in range(_ROUNDS):
        with database.transaction(durable=False):
            removed = database.run(
                "DELETE FROM report WHERE id IN"
                " (SELECT id FROM report WHERE state = ? AND retry_ms < ? ORDER BY retry_ms, id LIMIT ?)",
                *(CONFIRMED, _ms(now - CONFIRMED_KEPT), _AT_ONCE),
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


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
