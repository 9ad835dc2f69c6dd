"""Bench `hub_province`: what reports cost in PostgreSQL in time and room, who waits for whom, and whether chains hold.

Run: python tests/bench/hub_province.py [--quick] [--json] [--sites N]; README.md beside this says what figures mean.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]

from fleet_reports import CITY, Life, new_signer  # noqa: E402
from hub_city_site import PERIOD, birth, day, new_life  # noqa: E402
from postgres import PostgresServer  # noqa: E402

from agent.contract.signing_keys import load_or_create_signer  # noqa: E402
from agent.contract.topics import topic  # noqa: E402
from agent.hub.stores import areas, signing_key  # noqa: E402
from agent.hub.stores.postgres.store import Store  # noqa: E402
from agent.model.finding import Head, StreamName  # noqa: E402
from measure.figures import Figure, flags, say, show  # noqa: E402

WORKER = Figure("worker_per_cpu_s", "1/s", 2_500, "higher")
WAITS = Figure("lock_wait_ratio", "", 0.05, "lower")
WRONG = Figure("wrong_chains", "", 0, "lower")
BYTES = Figure("bytes_per_health_report", "B", 450, "lower")
DAY_GB = Figure("gb_per_day_100k", "GB", 8, "lower")

FOUR_HOURS: Final = 16
"""Periods behind the two in which sites are met and told their first bodies, which are whole."""

WHOLE_EACH: Final = 96
DAY_SITES: Final = 200
"""Of fewer, each table has pages to spare that 100,000 sites would share."""

_REPORTS: Final = "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('report_row')"
_ALL: Final = (
    "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relnamespace = current_schema()::regnamespace"
    " AND relkind = 'r'"
)

WORKERS: Final = 4
BEGINS_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
WARM_UNTIL: Final = BEGINS_AT + 2 * PERIOD
"""Until then each site has told its configuration, an event and two health reports."""

SAMPLE_S: Final = 0.01
_BACKENDS: Final = (
    "SELECT wait_event_type = 'Lock', coalesce(wait_event, '') FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'"
)

Message = tuple[str, str, str]


class Province(NamedTuple):
    """Sites and what they send, in the order of time: `warm` first, then `day`: health reports alone, or all.

    `heads`: the last report of each chain.
    """

    lives: Sequence[Life]
    warm: Sequence[Message]
    day: Sequence[Message]
    heads: Mapping[tuple[str, StreamName], Head]


def province(sites: int, periods: int, everything: bool) -> Province:
    """Make the signed messages of some sites, until some periods are over."""
    rng = random.Random(27)
    lives = [new_life(f"S{number:05}", new_signer()) for number in range(sites)]
    until = BEGINS_AT + periods * PERIOD
    sent: list[tuple[datetime, str, Message]] = []
    heads: dict[tuple[str, StreamName], Head] = {}
    for life in lives:
        for at, one in takewhile(lambda made: made[0] < until, day(life, BEGINS_AT, rng)):
            name = topic(CITY, life.site.id, one.report.stream)
            heads[life.site.id, one.report.stream] = Head(one.report.seq, one.report.digest)
            sent.append((at, one.report.stream, (name, one.report.payload.decode(), one.jws)))
    sent.sort(key=lambda one: one[0])
    births = [(name, payload.decode(), jws) for name, payload, jws in (birth(life, BEGINS_AT) for life in lives)]
    return Province(
        lives,
        births + [one for at, _, one in sent if at < WARM_UNTIL],
        [one for at, stream, one in sent if at >= WARM_UNTIL and (everything or stream == "health")],
        heads,
    )


class Hub:
    """The folder of a hub that trusts these sites."""

    def __init__(self, directory: Path, engine: str, lives: Sequence[Life]) -> None:
        self.directory, self._engine, self._files = directory, engine, 0
        directory.mkdir(exist_ok=True)
        load_or_create_signer(directory / signing_key.KEY_NAME)
        trust = areas.TrustStore(directory)
        for life in lives:
            trust.add(life.site.id, life.signer.kid, BEGINS_AT)

    def work(self, parts: Sequence[Sequence[Message]], seeds: Sequence[int | None], look: Any = None) -> list[Any]:
        """Have a worker take each part, all at the same time; `look` is called again and again meanwhile."""
        workers = [self._worker(part, seed) for part, seed in zip(parts, seeds, strict=True)]
        for worker in workers:
            if worker.stdout is None or worker.stdout.readline() != "ready\n":
                raise RuntimeError("a worker did not start")
        for worker in workers:
            _tell(worker, "go")
        while look is not None and any(worker.poll() is None for worker in workers):
            look()
            time.sleep(SAMPLE_S)
        done = [worker.communicate()[0] for worker in workers]
        if any(worker.returncode for worker in workers):
            raise RuntimeError("a worker failed")
        return [json.loads(told) for told in done]

    def _worker(self, part: Sequence[Message], seed: int | None) -> subprocess.Popen[str]:
        self._files += 1
        path = self.directory / f"messages-{self._files}"
        path.write_text("".join(f"{json.dumps(one)}\n" for one in part), "utf-8")
        at = (BEGINS_AT + 96 * PERIOD).isoformat()
        asked = {
            "engine": self._engine,
            "directory": str(self.directory),
            "messages": str(path),
            "seed": seed,
            "at": at,
        }
        return self.start("hub_province_worker.py", asked)

    def start(self, program: str, asked: Mapping[str, Any]) -> subprocess.Popen[str]:
        """Start a program beside this file with what is asked of it."""
        paths = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]
        worker = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name(program))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )  # fmt: skip
        _tell(worker, json.dumps(asked))
        return worker


def per_cpu_s(hub: Hub, made: Province, rounds: int) -> list[float]:
    """Return how many reports a CPU second of one worker took, in each round."""
    hub.work([made.warm], [None])
    size = len(made.day) // rounds
    parts = [made.day[start : start + size] for start in range(0, size * rounds, size)]
    done = [hub.work([part], [None])[0] for part in parts]
    if sum(one["reports"] for one in done) != size * rounds:
        raise RuntimeError("a report was not stored")
    return [one["reports"] / one["cpu_s"] for one in done]


def distinct(hub: Hub, made: Province, server: PostgresServer) -> tuple[float, dict[str, int]]:
    """Return which share of the time workers on distinct sites waited for locks, and how often for which."""
    hub.work([made.warm], [None])
    names = [life.site.id for life in made.lives]
    whose = {name: number * WORKERS // len(names) for number, name in enumerate(names)}
    parts = [[one for one in made.day if whose[one[0].split("/")[3]] == number] for number in range(WORKERS)]
    seen: Counter[str] = Counter()
    server.query("SELECT 1")
    with server.connected() as db:

        def look() -> None:
            seen.update(kind if waits else "" for waits, kind in db.execute(_BACKENDS).fetchall())

        hub.work(parts, [None] * WORKERS, look)
    return (seen.total() - seen[""]) / seen.total(), dict(seen)


def same(hub: Hub, made: Province) -> tuple[int, dict[str, int]]:
    """Return how many chains are wrong where each worker has every message, in an order of its own."""
    hub.work([made.warm], [None])
    done = hub.work([made.day] * WORKERS, range(WORKERS))
    wrong = 0
    with closing(Store(hub.directory, read_only=True)) as store:
        for (site, stream), head in made.heads.items():
            stored = list(store.reports.stored(site, "e1", stream, 1, head.seq))
            whole = [one.seq for one in stored] == list(range(1, head.seq + 1))
            wrong += not (whole and store.chains.get((site, "e1", stream)).confirmed == head)
    return wrong, {
        "same_reports": sum(one["reports"] for one in done),
        "same_waited": sum(one["waited"] for one in done),
    }


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
    for worker in workers:
        if worker.stdout is None or worker.stdout.readline() != "warm\n":
            raise RuntimeError("a worker failed in the first periods")
    before = size()
    for worker in workers:
        _tell(worker, "go")
    done = [json.loads(worker.communicate()[0]) for worker in workers]
    reports = sum(one["reports"] for one in done)
    per_cpu_s = reports / sum(one["cpu_s"] for one in done)
    return Filled(reports, per_cpu_s, size() - before, (before - empty) / sites)


def bytes_of(one: Filled) -> float:
    """Return the bytes of a health report, of which one in so many has a whole body."""
    each = one.grown_bytes / one.reports
    return ((WHOLE_EACH - 1) * each + max(each, one.first_bytes - each)) / WHOLE_EACH


def _tell(worker: subprocess.Popen[str], line: str) -> None:
    if worker.stdin is None:
        raise RuntimeError("no pipe to a worker")
    worker.stdin.write(f"{line}\n")
    worker.stdin.flush()


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


def main() -> None:
    """Measure each part, and print the one JSON object."""
    asked = flags(__doc__ or "", "--sites")
    sites, rounds, several = (64, 1, 16) if asked.quick else (512, 3, 128)
    say(f"{sites} sites")
    health, whole = province(sites, 11, everything=False), province(several, 24, everything=True)
    conditions: dict[str, Any] = {"sites": sites, "health_reports": len(health.day), "workers": WORKERS}
    with tempfile.TemporaryDirectory() as name, PostgresServer(durable=True) as server:
        directory = Path(name)

        def hub(of: str, made: Province, engine: str = "postgres") -> Hub:
            if engine == "postgres":
                server.place(directory / of)
            return Hub(directory / of, engine, made.lives)

        figures = {WORKER.name: WORKER.of(per_cpu_s(hub("one", health), health, rounds))}
        beside = per_cpu_s(hub("sqlite", health, "sqlite"), health, rounds)
        conditions["sqlite_per_cpu_s"] = [round(one) for one in beside]
        say("whole days")
        conditions["days_per_cpu_s"] = round(per_cpu_s(hub("days", whole), whole, 1)[0])
        conditions["sqlite_days_per_cpu_s"] = round(per_cpu_s(hub("sqlite-days", whole, "sqlite"), whole, 1)[0])
        say("several workers")
        ratio, kinds = distinct(hub("distinct", health), health, server)
        wrong, told = same(hub("same", whole), whole)
        figures |= {WAITS.name: WAITS.of([ratio]), WRONG.name: WRONG.of([wrong])}
        conditions |= {"backends_seen": kinds, **told}
        say("room")
        of_hours, of_day = (64, 2) if asked.quick else (100_000, 200)
        room = grown(directory, server, asked.number or of_hours, min(asked.number or of_day, DAY_SITES))
        figures, conditions = figures | room[0], conditions | room[1]
    show("hub_province", asked, figures, conditions)


if __name__ == "__main__":
    main()
