"""Bench `hub_province`: what reports cost in PostgreSQL in time and room, who waits for whom, and whether chains hold.

Run: python tests/bench/hub_province.py [--quick] [--json] [--sites N]; README.md beside this says what figures mean.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]

from fleet_reports import CITY, Life, new_signer  # noqa: E402
from hub_city_site import PERIOD, birth, day, new_life  # noqa: E402
from hub_province_hub import BEGINS_AT, Hub, Message  # noqa: E402
from hub_province_room import WORKERS, grown  # noqa: E402
from postgres import PostgresServer  # noqa: E402

from agent.contract.topics import topic  # noqa: E402
from agent.hub.stores.postgres.store import Store  # noqa: E402
from agent.model.finding import Head, StreamName  # noqa: E402
from measure.figures import Figure, flags, say, show  # noqa: E402

WORKER = Figure("worker_per_cpu_s", "1/s", 2_500, "higher")
WAITS = Figure("lock_wait_ratio", "", 0.05, "lower")
WRONG = Figure("wrong_chains", "", 0, "lower")

SITES: Final = 100_000

QUESTIONS: Final = 240
QUESTIONS_BESIDE: Final = 40
"""Of SQLite, which takes seconds over each."""

DAY_SITES: Final = 200
"""Of fewer, each table has pages to spare that 100,000 sites would share."""

WARM_UNTIL: Final = BEGINS_AT + 2 * PERIOD
"""Until then each site has told its configuration, an event and two health reports."""

_BACKENDS: Final = (
    "SELECT wait_event_type = 'Lock', coalesce(wait_event, '') FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'"
)


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


def per_cpu_s(hub: Hub, made: Province, rounds: int) -> list[float]:
    """Return how many reports a CPU second of one worker took, in each round; it has met every site before."""
    (done,) = hub.work([[*made.warm, *made.day]], [None])
    if done["reports"] != len(made.warm) - len(made.lives) + len(made.day):
        raise RuntimeError("a report was not stored")
    course = [one for one in done["course"] if one[0] >= len(made.warm)]
    marks = [course[number * (len(course) - 1) // rounds] for number in range(rounds + 1)]
    return [(b[1] - a[1]) / (b[2] - a[2]) for a, b in pairwise(marks)]


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


def say_all(figures: Mapping[str, Mapping[str, Any]], conditions: Mapping[str, Any]) -> None:
    """Tell what is known before the longest part begins: with 100,000 sites, that takes hours."""
    say(f"so far {json.dumps({name: one['value'] for name, one in figures.items()})} {json.dumps(conditions)}")


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
        say_all(figures, conditions)
        say("room")
        of_hours, of_day = (64, 2) if asked.quick else (SITES, 200)
        room = grown(directory, server, asked.number or of_hours, min(asked.number or of_day, DAY_SITES))
        figures, conditions = figures | room[0], conditions | room[1]
    show("hub_province", asked, figures, conditions)


if __name__ == "__main__":
    main()
