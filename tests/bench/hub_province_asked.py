"""Fills a hub with the city of `hub_ask`, copied until it has the sites of a province, and asks questions over them.

A copy has everything that questions read, under names of its own: sites, divisions, operators, boxes, open findings,
and what was bad on each of thirty days. So a hundred thousand sites are there in minutes, and no two are one site.
"""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from hub_ask import asked_once, city, questions
from hub_city_fill import add_days_up

from agent.hub.domain.asking.words import question
from agent.hub.domain.figures import china_day

CITY_SITES: Final = 2_000

_READ: Final = (
    "site", "epoch", "site_now", "site_division", "division_told", "operator", "device_now", "judged_now",
    "finding_now", "assessed",
)  # fmt: skip
_OF_DAYS: Final = "by_what IN ('failing', 'maintainer')"
"""What questions read of a day; the sums of figures are of the city that was copied."""

Connection = Any
"""Of sqlite3 or psycopg: both take these statements, and describe what they return."""


def province(directory: Path, sites: int, now: datetime, db: Connection) -> None:
    """Fill the hub of a folder with so many sites, a multiple of 2,000 or fewer; `db`: a connection beside it."""
    city(directory, min(sites, CITY_SITES), now)
    copies = sites // CITY_SITES - 1
    for table in _READ if copies > 0 else ():
        _copy(db, table, copies)
    add_days_up(directory, now)


def _copy(db: Connection, table: str, copies: int) -> None:
    """Copy the rows of a table under other sites; a number that the database gives is another one."""
    described = db.execute(f"SELECT * FROM {table} LIMIT 0").description  # noqa: S608  the names of our own tables
    columns = [name for name, *_ in described if name != "id"]
    values = ["'C' || copy.n || '-' || t.site" if name == "site" else f"t.{name}" for name in columns]
    db.execute(
        f"WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < {copies})"  # noqa: S608
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} t, copy"
        f" WHERE {_OF_DAYS if table == 'assessed' else '1 = 1'}"
    )


def ask(directory: Path, sites: int, now: datetime, number: int) -> list[float]:
    """Return how long so many questions took (ms), every kind of them in turn, each asked once."""
    today, took_ms = china_day(now), []
    for named, scope in questions(number, min(sites, CITY_SITES), today):
        wall_ms, _, _ = asked_once(directory, question(named, today), scope)
        took_ms.append(wall_ms)
    return took_ms


def p95(values: Sequence[float]) -> float:
    """Return what 95 of 100 do not exceed."""
    return statistics.quantiles(values, n=20)[-1]


def sqlite_beside(directory: Path, sites: int, now: datetime, number: int) -> list[float]:
    """Return how long the questions took on a hub without a server."""
    directory.mkdir()
    with closing(sqlite3.connect(directory / "hub.db", isolation_level=None)) as db:
        province(directory, sites, now, db)
    return ask(directory, sites, now, number)
