"""Lends a hub's folder the tables of a PostgreSQL without a row: those of one test are emptied for the next.

To make all tables costs a test and its server as much as a hundred reports. What is about making them asks the server
for a place of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from postgres import PostgresServer

from agent.hub.stores.postgres.store import Store

_TABLES: Final = (
    "SELECT relname, relkind, relnatts, relchecks, relhastriggers, relispartition,"
    " (SELECT array_agg(name ORDER BY name) FROM migration)"
    " FROM pg_class WHERE relnamespace = current_schema()::regnamespace ORDER BY relname"
)
"""Tables, indexes, views and sequences, and which steps of migration were taken."""

_FILLED: Final = (
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
    " AND pg_relation_size(oid) > 0 AND relname <> 'migration'"
)
_MONTHS: Final = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass('report_row')"
"""Partitions: each month's is made with its first report."""

_COUNTED: Final = "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL"
_HELD: Final = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"
_LOCK_MS: Final = 1000


class EmptiedPlaces:
    """Places of one server that are lent again, but those in which more than rows was changed."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._behind = list[int]()
        self._tables = list[Any]()

    @contextmanager
    def lent(self, directory: Path) -> Iterator[None]:
        """Have the hub's folder name tables without a row while the block runs."""
        place = self._emptied()
        if place is not None:
            self._server.name(directory, place)
        else:
            place = self._server.place(directory)
            Store(directory).close()
            with closing(self._server.connected(place)) as db:
                self._tables = db.execute(_TABLES).fetchall()
        yield
        self._behind.append(place)

    def _emptied(self) -> int | None:
        """Empty a place only when it is wanted: by then, whoever was connected to it has gone."""
        while self._behind:
            place = self._behind.pop()
            with closing(self._server.connected(place)) as db:
                if _empty(db) and db.execute(_TABLES).fetchall() == self._tables:
                    return place
        return None


def _empty(db: psycopg.Connection[Any]) -> bool:
    """Empty the tables of a schema; return False where somebody still holds something."""
    if db.execute(_HELD).fetchone() is not None:
        return False
    months = [name for (name,) in db.execute(_MONTHS)]
    filled = [name for (name,) in db.execute(_FILLED) if name not in months]
    counted = [f"ALTER SEQUENCE {name} RESTART" for (name,) in db.execute(_COUNTED)]
    dropped = [f"DROP TABLE {', '.join(months)}"] if months else []
    emptied = [f"TRUNCATE {', '.join(filled)} CASCADE"] if filled else []
    try:
        db.execute("; ".join([f"SET lock_timeout = {_LOCK_MS}", *dropped, *emptied, *counted]))  # type: ignore[arg-type]
    except psycopg.errors.LockNotAvailable:
        return False
    return True
