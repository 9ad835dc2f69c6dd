"""What is looked for at each look of a running hub does not grow with what the hub holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from empty_hub import lay_empty

from agent.hub.stores.asking.packed_days import REPORTED, due
from agent.hub.stores.store import NAME

FIRST = date(2026, 11, 1)
ASKED = [FIRST + timedelta(days=number - 30) for number in range(60)]
EVERY = 10
"""Instructions of SQLite between two counts."""


def steps(db: sqlite3.Connection) -> int:
    """Return how many times so many instructions of SQLite it takes to look for days that are due."""
    counted: list[None] = []
    db.set_progress_handler(lambda: counted.append(None), EVERY)
    store: Any = SimpleNamespace(all=lambda statement, *values: db.execute(statement, values).fetchall())
    assert due(store, ASKED) == []
    db.set_progress_handler(None, EVERY)
    return len(counted)


def report(db: sqlite3.Connection, days: range) -> None:
    rows = [(REPORTED, str(FIRST + timedelta(days=day))) for day in days]
    db.executemany("INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES (?, ?, 'S1', 'e1', 1, '')", rows)


def test_looking_for_days_to_be_packed_takes_no_longer_where_more_has_been_reported(tmp_path: Path) -> None:
    with closing(sqlite3.connect(lay_empty(tmp_path) / NAME)) as db:
        report(db, range(-9_000, 9_001, 9_000))
        few = steps(db)
        report(db, range(-8_999, -30))
        assert few <= steps(db) <= few + 10
