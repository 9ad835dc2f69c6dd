"""Stores sums of days beside the rows that they are of, and drops each as soon as one of its rows changes.

A sum is worth something only as long as it is that of its rows. So the database itself drops it, by triggers, in the
transaction that adds, changes or deletes a row, whoever does it; what is not stored is added up when it is asked for,
by the same function. `agent/hub/workers/day_sums.py` adds days up anew, and holds stored sums against their rows.
"""

from collections.abc import Collection
from datetime import date
from typing import Final, get_args

from agent.hub.domain.figures import REPAIRS, By
from agent.hub.domain.rows.day_sums import DaySum, add_up, packed, unpacked, within
from agent.hub.stores.database import Database
from agent.hub.stores.keeping.payloads import Rows
from agent.hub.stores.reading.assessed import figures_of_day

NAMES: Final = (*get_args(By), *REPAIRS.values())
"""What is added up: figures and repairs."""

SITES_LEAST: Final = 100
"""Of fewer sites a day is read as fast from its rows, and no sum of it is stored."""

_CHANGES: Final = (("insert", "INSERT", "new"), ("delete", "DELETE", "old"), ("update", "UPDATE OF told", "new"))

_PLACES: Final = ("place_said", "division_told")
"""Tables that decide in which division a site's rows count: a change there drops the sums of every day of that site."""

_OF_PLACES: Final = ", ".join(f"'{name}'" for name in ("division", REPAIRS["division"]))

STEPS: Final = (
    "CREATE TABLE IF NOT EXISTS day_sum (by_what TEXT NOT NULL, day TEXT NOT NULL, told BLOB NOT NULL,"
    " PRIMARY KEY (by_what, day)) WITHOUT ROWID",
    *(
        f"CREATE TRIGGER IF NOT EXISTS assessed_{name} AFTER {change} ON assessed"  # noqa: S608  our own words
        f"{' WHEN old.told IS NOT new.told' if name == 'update' else ''} BEGIN"
        f" DELETE FROM day_sum WHERE by_what = {row}.by_what AND day = {row}.day; END"
        for name, change, row in _CHANGES
    ),
    *(
        f"CREATE TRIGGER IF NOT EXISTS {table}_{name} AFTER {change.split()[0]} ON {table} BEGIN"  # noqa: S608
        f" DELETE FROM day_sum WHERE by_what IN ({_OF_PLACES}) AND day IN (SELECT day FROM assessed"
        f" WHERE site = {row}.site AND by_what IN ({_OF_PLACES})); END"
        for table in _PLACES
        for name, change, row in _CHANGES
    ),
)
"""`told` as `agent/hub/domain/rows/day_sums.py` packs it."""


def add_tables(rows: Rows) -> None:
    """Create the table and its triggers, within the caller's transaction; sums come when somebody adds them up."""
    for statement in STEPS:
        rows.run(statement)


def sum_of_day(store: Database, by: str, day: date, sites: Collection[str] | None = None) -> DaySum:
    """Return what all sites, or some, reported of a day, added up."""
    stored = store.all("SELECT told FROM day_sum WHERE by_what = ? AND day = ?", by, day.isoformat())
    whole = unpacked(stored[0][0]) if stored else None
    if whole is None:
        return add_up(figures_of_day(store, by, day, sites))
    return whole if sites is None else within(whole, sites, lambda some: figures_of_day(store, by, day, some))


def days_without_sum(store: Database, days: Collection[date]) -> list[tuple[str, date]]:
    """Return which of these days, by what, have rows of many sites and no sum, in their order."""
    return [(by, day) for day in days for by in NAMES if _is_large(store, by, day) and not _has_sum(store, by, day)]


def keep_sum(store: Database, by: str, day: date) -> bool:
    """Add a day up and store the sum; return whether another one was stored."""
    with store.transaction():
        found = _packed(store, by, day.isoformat())
        before = store.all("SELECT told FROM day_sum WHERE by_what = ? AND day = ?", by, day.isoformat())
        store.run(
            "INSERT INTO day_sum VALUES (?, ?, ?) ON CONFLICT (by_what, day) DO UPDATE SET told = excluded.told",
            *(by, day.isoformat(), found),
        )
    return bool(before) and before[0][0] != found


def sums_after(store: Database, by: str, day: str, most: int) -> list[tuple[str, str]]:
    """Return the next stored sums, by what and day."""
    rows = store.all(
        "SELECT by_what, day FROM day_sum WHERE (by_what, day) > (?, ?) ORDER BY by_what, day LIMIT ?", by, day, most
    )
    return [(name, at) for name, at in rows]


def differing_sums(store: Database) -> tuple[int, list[tuple[str, str]]]:
    """Return how many sums are stored, and which of them are not those of their rows."""
    stored = store.all("SELECT by_what, day, told FROM day_sum ORDER BY by_what, day")
    return len(stored), [(by, day) for by, day, told in stored if told != _packed(store, by, day)]


def _packed(store: Database, by: str, day: str) -> bytes:
    return packed(add_up(figures_of_day(store, by, date.fromisoformat(day))))


def _is_large(store: Database, by: str, day: date) -> bool:
    rows = "SELECT count(*) FROM (SELECT 1 FROM assessed WHERE by_what = ? AND day = ? LIMIT ?) of_day"
    return bool(store.all(rows, by, day.isoformat(), SITES_LEAST)[0][0] >= SITES_LEAST)


def _has_sum(store: Database, by: str, day: date) -> bool:
    return bool(store.all("SELECT 1 FROM day_sum WHERE by_what = ? AND day = ?", by, day.isoformat()))
