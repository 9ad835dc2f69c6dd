"""How long the hub takes to answer questions over all sites of a city, beside SQL that somebody wrote for each by hand.

Questions are drawn by a seed from all that can be counted, grouped by and asked for, each asked once, on a store that
is opened for it. What is asked by hand has the same answer, or there is no figure.

Run alone: python tests/bench/hub_ask.py [--quick] [--json].
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from hub_city_fill import add_days_up, fill, opened
from hub_city_site import CHECKS, DIVISIONS, MAINTAINERS, MODELS

from agent.hub.domain.asking.question import COUNTED, NAMES, Question, known_of
from agent.hub.domain.asking.words import question
from agent.hub.domain.figures import china_day
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.scope import EVERYTHING, Scope
from measure.figures import Figure, flags, say, show

P95: Final = Figure("ask_p95_ms", "ms", 800.0, "lower")
CPU_P95: Final = Figure("ask_cpu_p95_ms", "ms", 800.0, "lower")
BY_HAND: Final = Figure("ask_vs_by_hand_ratio", "", 4.0, "lower")

SITES: Final = 2_000
QUESTIONS: Final = 240
OPERATORS: Final = 40
DAYS: Final = 30
SEED: Final = 27
REPEATS: Final = 3
_COPIED: Final = (
    "INSERT INTO assessed (by_what, day, site, epoch, seq, told)"
    " SELECT by_what, date(day, ?), site, epoch, 1, told FROM assessed"
    " WHERE by_what IN ('failing', 'maintainer', 'model') AND seq = 1 AND day >= ? ON CONFLICT DO NOTHING"
)


def city(directory: Path, sites: int, now: datetime) -> None:
    """Fill a store with a city that has operators, and a month of days by maintainer and model; nobody adds them up."""
    fill(directory, sites, 2, now)
    with closing(opened(directory)) as store, store.transaction():
        newest = (china_day(now) - timedelta(days=1)).isoformat()
        for number in range(1, DAYS + 1):
            store.run(_COPIED, f"-{number} days", newest)
        for number in range(sites):
            if number % 5:
                operator = f"Operator {number % OPERATORS}"
                store.run("INSERT INTO operator VALUES (?, ?, 'bench', '')", f"S{number:05}", operator)


def questions(number: int, sites: int, today: date) -> Iterator[tuple[dict[str, str], Scope]]:
    """Yield the parameters of questions, each once, with who asks: everybody's kinds in turn, the rest by chance."""
    rng, seen = random.Random(SEED), set[str]()
    while len(seen) < number:
        counted = COUNTED[len(seen) % len(COUNTED)]
        named = {"count": counted, **_drawn(rng, counted, sites, today)}
        scope = rng.choice((EVERYTHING, EVERYTHING, Scope(divisions=("140000",)), Scope(divisions=("140100",)),
                            Scope(operators=("Operator 7",)), Scope(maintainers=("Company 7",))))  # fmt: skip
        if repr((named, scope)) not in seen:
            seen.add(repr((named, scope)))
            yield named, scope


def _drawn(rng: random.Random, counted: str, sites: int, today: date) -> dict[str, str]:
    known = known_of(counted)
    by = rng.sample(known, rng.randrange(3))
    named = {"by": ",".join(by)} if by else {}
    values = {
        "division": rng.choice(("14", "140000", "1401", f"14{rng.randrange(DIVISIONS):04}")),
        "operator": rng.choice(("-", f"Operator {rng.randrange(OPERATORS)}")),
        "site": f"S{rng.randrange(sites):05}",
        "model": f"MODEL-{rng.randrange(MODELS):02}",
        "firmware": f"5.{rng.randrange(7)}",
        "maintainer": f"Company {rng.randrange(MAINTAINERS)}",
        "check": ",".join(rng.sample(CHECKS, rng.randrange(1, 3))),
        "status": ",".join(rng.sample(OPEN, rng.randrange(1, 3))),
    }
    wide = [name for name in known if name != "day" and (name != "site" or rng.random() < 0.1)]
    named |= {name: values[name] for name in rng.sample(wide, rng.randrange(4))}
    if counted == "camera-days" or ("day" in known and rng.random() < 0.2):
        first = today - timedelta(days=rng.randrange(1, DAYS + 1))
        named |= {"from": first.isoformat(), "to": (first + timedelta(days=rng.randrange(DAYS))).isoformat()}
    return named | {"top": str(rng.choice((5, 20, 1000)))}


def asked_once(directory: Path, asked: Question, scope: Scope) -> tuple[float, float, Any]:
    """Return wall and CPU time (ms) of one answer on a store of its own, and the answer."""
    begun, used = time.perf_counter(), time.process_time()
    with closing(opened(directory, read_only=True)) as store:
        answer = store.questions.answer(asked, scope, within_s=60)
    return 1000 * (time.perf_counter() - begun), 1000 * (time.process_time() - used), answer


BY_HAND_SQL: Final = {
    "count=findings by=check,status top=1000": (
        "SELECT check_id, status, count(*) FROM finding_now GROUP BY check_id, status"
    ),
    "count=findings by=model,firmware check=clock-offset status=fail top=1000": (
        "SELECT model, firmware, count(*) FROM finding_now WHERE check_id = 'clock-offset' AND status = 'fail'"
        " GROUP BY model, firmware"
    ),
    "count=findings by=operator top=1000": (
        "SELECT coalesce(o.name, ''), count(*) FROM finding_now f LEFT JOIN operator o ON o.site = f.site GROUP BY 1"
    ),
    "count=sites by=division top=1000": (
        "SELECT division, count(*) FROM site_division WHERE standing = 'main' GROUP BY division"
    ),
    "count=sites by=maintainer status=fail top=1000": (
        "SELECT maintainer, count(DISTINCT site) FROM finding_now WHERE status = 'fail' GROUP BY maintainer"
    ),
    "count=cameras by=check top=1000": (
        "SELECT check_id, count(*) FROM (SELECT DISTINCT check_id, site, subject FROM finding_now"
        " WHERE subject LIKE 'camera:%') GROUP BY check_id"
    ),
    "count=camera-days by=maintainer top=1000": (
        "SELECT json_extract(r.value, '$[1]'), count(*) FROM assessed a JOIN json_each(a.told) r"
        " WHERE a.by_what = 'failing' AND a.day >= '{first}' AND a.day <= '{last}'"
        " AND json_extract(r.value, '$[0]') = 'good' GROUP BY 1"
    ),
}  # fmt: skip
"""What somebody would write for one question each: the groups alone, without sight, basis or epochs."""


def beside(directory: Path, today: date) -> dict[str, float]:
    """Return the CPU time of our answer divided by that of the statement by hand, by question.

    Raises:
        RuntimeError: Their groups differ: no time is worth anything.
    """
    found = {}
    for text, statement in BY_HAND_SQL.items():
        asked = question(dict(word.split("=", 1) for word in text.split(" ")), today)
        ours, theirs = [], []
        for _ in range(REPEATS):
            _, cpu_ms, answer = asked_once(directory, asked, EVERYTHING)
            ours.append(cpu_ms)
            used = time.process_time()
            with closing(opened(directory, read_only=True)) as store:
                rows = store.all(statement.format(first=asked.first, last=asked.last))
            theirs.append(1000 * (time.process_time() - used))
        groups = {row.names: row.count for row in answer.rows}
        if {tuple(names): count for *names, count in rows} != groups:
            raise RuntimeError(f"{text}: the answers differ")
        found[text] = statistics.median(ours) / statistics.median(theirs)
    return found


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    sites = 60 if asked.quick else SITES
    with tempfile.TemporaryDirectory() as name:
        directory, now = Path(name), datetime.now(UTC)
        say(f"{sites} sites, {DAYS} days")
        city(directory, sites, now)
        add_days_up(directory, now)
        wall_ms, cpu_ms, subjects, filled = [], [], Counter[str](), 0
        for named, scope in questions(QUESTIONS, sites, china_day(now)):
            wall, cpu, answer = asked_once(directory, question(named, china_day(now)), scope)
            wall_ms.append(wall)
            cpu_ms.append(cpu)
            subjects[answer.subject] += 1
            filled += answer.total > 0
        ratios = beside(directory, china_day(now))
    figures = {
        P95.name: P95.of(wall_ms) | {"value": round(statistics.quantiles(wall_ms, n=20)[-1], 1)},
        CPU_P95.name: CPU_P95.of(cpu_ms) | {"value": round(statistics.quantiles(cpu_ms, n=20)[-1], 1)},
        BY_HAND.name: BY_HAND.of(list(ratios.values())),
    }
    conditions = {
        "sites": sites, "days": DAYS, "questions": len(wall_ms), "names": list(NAMES), "seed": SEED,
        "subjects": dict(sorted(subjects.items())), "answers_above_zero": filled,
        "median_ms": round(statistics.median(wall_ms), 1), "median_cpu_ms": round(statistics.median(cpu_ms), 1),
        "by_hand": {text: round(ratio, 2) for text, ratio in ratios.items()},
    }  # fmt: skip
    show("hub_ask", asked, figures, conditions)


if __name__ == "__main__":
    main()
