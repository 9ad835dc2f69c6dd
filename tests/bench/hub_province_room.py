"""How much room reports take in bench `hub_province`: health reports of all sites, and whole days of some."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from hub_province_hub import BEGINS_AT, Hub, tell
from postgres import PostgresServer

from agent.hub.stores.postgres.store import Store
from measure.figures import Figure, say

BYTES: Final = Figure("bytes_per_health_report", "B", 450, "lower")
DAY_GB: Final = Figure("gb_per_day_100k", "GB", 8, "lower")

FOUR_HOURS: Final = 16
"""Periods behind the two in which sites are met and told their first bodies, which are whole."""

WHOLE_EACH: Final = 96
WORKERS: Final = 4

_REPORTS: Final = "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('report_row')"
_ALL: Final = (
    "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relnamespace = current_schema()::regnamespace"
    " AND relkind = 'r'"
)


class Filled(NamedTuple):
    """What workers have stored of sites behind their first periods, and how many bytes stood before and after it.

    `first_bytes`: those of the reports of a site's first two periods.
    """

    reports: int
    per_cpu_s: float
    grown_bytes: int
    first_bytes: float


def filled(hub: Hub, engine: str, sites: int, periods: tuple[int, int], everything: bool, size: Any) -> Filled:
    """Have each core's worker take the reports of its sites in some periods behind the first ones."""
    first, last = periods
    of, workers = min(WORKERS, len(os.sched_getaffinity(0)) if engine == "postgres" else 1), []
    for number in range(of):
        begin, end = number * sites // of, (number + 1) * sites // of
        workers.append(
            hub.start(
                "hub_province_sites.py",
                {
                    "engine": engine, "directory": str(hub.directory), "first": begin, "count": end - begin,
                    "begins_at": BEGINS_AT.isoformat(), "periods": last, "warm": first, "everything": everything,
                },
            )
        )  # fmt: skip
    empty = size()
    say(f"{engine}: first reports of {sites} sites")
    for worker in workers:
        if worker.stdout is None or worker.stdout.readline() != "warm\n":
            raise RuntimeError("a worker failed in the first periods")
    before = size()
    say(f"{engine}: what comes behind them")
    for worker in workers:
        tell(worker, "go")
    done = [json.loads(worker.communicate()[0]) for worker in workers]
    reports = sum(one["reports"] for one in done)
    per_cpu_s = reports / sum(one["cpu_s"] for one in done)
    whole = Filled(reports, per_cpu_s, size() - before, (before - empty) / sites)
    say(f"{engine}: {whole}")
    return whole


def bytes_of(one: Filled) -> float:
    """Return the bytes of a health report, of which one in so many has a whole body."""
    each = one.grown_bytes / one.reports
    return ((WHOLE_EACH - 1) * each + max(each, one.first_bytes - each)) / WHOLE_EACH


def grown(directory: Path, server: PostgresServer, sites: int, of_day: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the figures of room: four hours of health reports of all sites, and the second day of some, with all."""
    conditions: dict[str, Any] = {"bytes_sites": sites, "day_sites": of_day}
    figures: dict[str, Any] = {}
    server.place(directory / "hours")
    hours = Hub(directory / "hours", "postgres", ())
    with closing(Store(hours.directory)):
        pass
    done = filled(hours, "postgres", sites, (2, 2 + FOUR_HOURS), False, lambda: reports_bytes(server))
    figures[BYTES.name] = BYTES.of([bytes_of(done)])
    conditions |= {"bytes_reports": done.reports, "first_two_bytes": round(done.first_bytes)}
    conditions["four_hours_per_cpu_s"] = round(done.per_cpu_s)
    beside = Hub(directory / "hours-sqlite", "sqlite", ())
    done = filled(beside, "sqlite", sites, (2, 2 + FOUR_HOURS), False, lambda: file_bytes(beside.directory))
    conditions["sqlite_bytes_per_health_report"] = round(bytes_of(done))
    say("a whole day")
    server.place(directory / "day")
    a_day = Hub(directory / "day", "postgres", ())
    with closing(Store(a_day.directory)):
        pass

    def tables() -> int:
        server.query("VACUUM")
        return int(server.query(_ALL)[0][0])

    done = filled(a_day, "postgres", of_day, (96, 192), True, tables)
    figures[DAY_GB.name] = DAY_GB.of([done.grown_bytes / of_day / 10_000])
    beside = Hub(directory / "day-sqlite", "sqlite", ())
    done = filled(beside, "sqlite", of_day, (96, 192), True, lambda: file_bytes(beside.directory))
    conditions["sqlite_gb_per_day_100k"] = round(done.grown_bytes / of_day / 10_000, 2)
    return figures, conditions


def reports_bytes(server: PostgresServer) -> int:
    """Return the bytes of the reports in PostgreSQL: rows with their bodies, and indexes."""
    return int(server.query(_REPORTS)[0][0] or 0)


def file_bytes(directory: Path) -> int:
    """Return the bytes of the pages in use of a hub's file."""
    with closing(sqlite3.connect(directory / "hub.db")) as db:
        ((pages, free, size),) = db.execute(
            "SELECT * FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        ).fetchall()
    return int((pages - free) * size)
