"""Bench `hub_city`: what a hub of 10,000 sites costs those who look, and what a day of a site costs the hub.

Run: python tests/bench/hub_city.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]

from fleet_parts import HubProcess, environment  # noqa: E402
from fleet_reports import CITY, new_signer  # noqa: E402
from hub_city_fill import fill  # noqa: E402
from hub_city_site import OF_DAY, birth, day, new_life  # noqa: E402
from mosquitto import Broker  # noqa: E402

from agent.contract.signing_keys import load_or_create_signer  # noqa: E402
from agent.contract.topics import topic  # noqa: E402
from agent.hub.domain.rows.findings import Wanted, place_of  # noqa: E402
from agent.hub.stores import signing_key, trust  # noqa: E402
from agent.hub.stores.findings import findings, total  # noqa: E402
from agent.hub.stores.store import NAME, Store  # noqa: E402
from agent.hub.views import metrics  # noqa: E402
from agent.hub.workers.answers import write_ack  # noqa: E402
from agent.hub.workers.expire import DAY_S  # noqa: E402
from agent.hub.workers.housekeeping import Housekeeping  # noqa: E402
from agent.hub.workers.intake import Intake  # noqa: E402
from measure.figures import Figure, flags, say, show  # noqa: E402

FINDINGS = Figure("findings_p95_ms", "ms", 150, "lower")
STATUS = Figure("status_cpu_s", "s", 0.5, "lower")
SCRAPE = Figure("scrape_ms", "ms", 50, "lower")
TRUST_ADD = Figure("trust_add_ms", "ms", 10, "lower")
PSS = Figure("hub_pss_mb", "MB", 220, "lower")
INTAKE = Figure("intake_per_cpu_s", "1/s", 3_000, "higher")
SITE_YEAR = Figure("site_year_mb", "MB", 12, "lower")

COUNTS: Final = (
    "SELECT stream, count(*), count(b.id) FROM report_row r JOIN lane l ON l.id = r.lane"
    " LEFT JOIN body b ON b.id = r.id GROUP BY stream ORDER BY stream"
)
"""Of each stream how many reports there are, and how many of them have their body."""

SITES: Final = 10_000
HEALTHS_IN_CITY: Final = 8
BATCH: Final = 256
BEGINS_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
PAGE: Final = 200
QUIET_S: Final = 2.0
SAMPLE_S: Final = 0.1
FILTERS: Final[tuple[dict[str, str], ...]] = (
    {}, {"site": "S00007"}, {"division": "140000"}, {"division": "140011"}, {"division": "150000"},
    {"maintainer": "Company 7"}, {"maintainer": "nobody"}, {"check": "clock-offset"}, {"status": "unknown"},
    {"model": "MODEL-07"}, {"model": "none"}, {"since": "2020"}, {"since": "2100"},
    {"model": "MODEL-07", "check": "clock-offset", "division": "140000"},
    {"maintainer": "Company 7", "model": "MODEL-07", "status": "fail"},
    {"check": "osd-compliant", "division": "140011"}, {"division": "140000", "since": "2020", "status": "fail"},
)  # fmt: skip

Measured = tuple[dict[str, dict[str, Any]], dict[str, Any]]


def looking(directory: Path, repeats: int) -> Measured:
    """Time what people and programs look at in a whole city."""
    pages_ms = [one for wanted in FILTERS for _ in range(repeats) for one in _pages_ms(directory, Wanted(**wanted))]
    cpu_s = [_cpu_s("hub", "status", "--json", "--data", str(directory)) for _ in range(3)]
    with metrics.serving(directory, ("127.0.0.1", 0), lambda: datetime.now(UTC)) as port:
        scraped = [_scrape_ms(port) for _ in range(20)]
    now, added = datetime.now(UTC), []
    for number in range(20):
        begun = time.perf_counter()
        trust.add(directory, f"T{number}", f"T{number:042d}", now)
        added.append(1000 * (time.perf_counter() - begun))
    p95 = statistics.quantiles(pages_ms, n=20)[-1]
    figures = {
        FINDINGS.name: FINDINGS.of(pages_ms) | {"value": round(p95, 3)},
        STATUS.name: STATUS.of(cpu_s),
        SCRAPE.name: SCRAPE.of(scraped[1:]),
        TRUST_ADD.name: TRUST_ADD.of(added),
    }
    return figures, {"first_scrape_ms": round(scraped[0], 1), "page": PAGE}


def _pages_ms(directory: Path, wanted: Wanted) -> Iterator[float]:
    """Yield what the first page of findings takes, and one in the middle: opened, counted, and written as JSON."""
    after = None
    for _ in range(2):
        begun = time.perf_counter()
        with closing(Store(directory, read_only=True)) as store:
            rows, count = findings(store, wanted, after, PAGE), total(store, wanted)
            json.dumps([asdict(one) for one in rows])
        yield 1000 * (time.perf_counter() - begun)
        if count <= PAGE:
            return
        with closing(Store(directory, read_only=True)) as store:
            after = place_of(findings(store, wanted, None, count // 2)[-1])


def _cpu_s(*words: str) -> float:
    """Return the CPU time of a command from its start to its end."""
    before = os.times()
    subprocess.run([sys.executable, "-P", "-m", "agent", *words], check=True, capture_output=True, env=environment())
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _scrape_ms(port: int) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        if b"camwarden_hub_sites{" not in page.read():
            raise RuntimeError("no page: no time is worth anything")
    return 1000 * (time.perf_counter() - begun)


def memory(directory: Path) -> Measured:
    """Run the hub on the city and a broker; return the most memory of its own while it greets every site and rests."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "broker") as broker:
        load_or_create_signer(directory / signing_key.KEY_NAME)
        hub = HubProcess(directory, broker.port, ("--host", "127.0.0.1"))
        hub.start()
        most, quiet_since, cpu_s = 0.0, time.monotonic(), hub.cpu_s()
        while time.monotonic() - quiet_since < QUIET_S:
            most = max(most, hub.pss_mb())
            if (now_s := hub.cpu_s()) > cpu_s + 0.05:
                quiet_since, cpu_s = time.monotonic(), now_s
            if hub.ends_within(SAMPLE_S):
                break
        running = hub.running
        hub.stop()
    if not running:
        raise RuntimeError("the hub ended: no memory is worth anything")
    return {PSS.name: PSS.of([most])}, {}


def intake(sites: int, days: int) -> Measured:
    """Take whole days of a few sites with real signatures; return reports a CPU second."""
    with tempfile.TemporaryDirectory() as name, closing(_Hub(Path(name), sites)) as hub:
        rates = [hub.day(number) for number in range(days)]
    return {INTAKE.name: INTAKE.of(rates)}, {"intake_sites": sites}


def site_year(days: int) -> Measured:
    """Take a year of one site, with housekeeping each month; return what is stored of it."""
    with tempfile.TemporaryDirectory() as name, closing(_Hub(Path(name), 1)) as hub:
        for number in range(days):
            hub.day(number)
            if number % 30 == 29 or number == days - 1:
                hub.keep_house(BEGINS_AT + timedelta(days=number, hours=23))
        found = hub.stored_bytes()
        told = {stream: [number, bodies] for stream, number, bodies in hub.store.all(COUNTS)}
    return {SITE_YEAR.name: SITE_YEAR.of([found / 1e6])}, {"site_year_days": days, "site_year_reports_and_bodies": told}


class _Hub:
    """A hub's intake without a broker, and sites that report to it with real signatures."""

    def __init__(self, directory: Path, sites: int) -> None:
        self._rng = random.Random(24)
        self._lives = [new_life(f"S{number:05}", new_signer()) for number in range(sites)]
        self._signer = load_or_create_signer(directory / signing_key.KEY_NAME)
        for life in self._lives:
            trust.add(directory, life.site.id, life.signer.kid, BEGINS_AT)
        self.store = Store(directory)
        self._taker = Intake(self.store, trust.load(directory))
        with self.store.transaction():
            for life in self._lives:
                self._taker.take(*birth(life, BEGINS_AT), BEGINS_AT)

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def day(self, number: int) -> float:
        """Take a day of every site, watermarks included; return how many reports a CPU second of that took.

        Raises:
            RuntimeError: A report was refused, or the day is not whole: no figure is worth anything.
        """
        at = BEGINS_AT + timedelta(days=number)
        made = [(moment, life, one) for life in self._lives for moment, one in day(life, at, self._rng)]
        made.sort(key=lambda one: one[0])
        if len(made) != len(self._lives) * OF_DAY:
            raise RuntimeError("a day of a site is not whole")
        messages = [
            (topic(CITY, life.site.id, one.report.stream), one.report.payload, one.jws) for _, life, one in made
        ]
        begun = time.process_time()
        for start in range(0, len(messages), BATCH):
            with self.store.transaction():
                told = [self._taker.take(*one, at)["event"] for one in messages[start : start + BATCH]]
                self._taker.settle()
                for site, epoch in sorted(self._taker.dirty):
                    write_ack(self.store, self._signer, site, epoch, at)
                self._taker.dirty.clear()
            if set(told) != {"verified"}:
                raise RuntimeError(f"an honest report was refused: {set(told)}")
        return len(messages) / (time.process_time() - begun)

    def keep_house(self, now: datetime) -> None:
        """Drop what is over, as often as there is more."""
        worker, now_s = Housekeeping(), 0.0
        while worker.look_at_s - now_s < DAY_S:
            worker.look(self.store, now, now_s, lambda event: None)
            now_s = max(now_s, worker.look_at_s) if worker.look_at_s - now_s < DAY_S else now_s

    def stored_bytes(self) -> int:
        """Return the bytes of all pages that are in use: a file keeps free ones for what comes next."""
        ((pages,),), ((free,),) = self.store.all("PRAGMA page_count"), self.store.all("PRAGMA freelist_count")
        ((of,),) = self.store.all("PRAGMA page_size")
        return int((pages - free) * of)


def _size(data: Path) -> int:
    """Return the bytes of the database once everything is in its file."""
    with closing(Store(data)) as store:
        store.all("PRAGMA wal_checkpoint(TRUNCATE)")
    return (data / NAME).stat().st_size


def main() -> None:
    """Measure each part, and print the one JSON object."""
    asked = flags(__doc__ or "")
    sites, repeats = (200, 1) if asked.quick else (SITES, 3)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        say(f"{sites} sites")
        reports = fill(directory, sites, HEALTHS_IN_CITY, datetime.now(UTC))
        conditions: dict[str, Any] = {"sites": sites, "reports": reports, "city_mb": round(_size(directory) / 1e6, 1)}
        figures: dict[str, dict[str, Any]] = {}
        for measured, under in (
            looking(directory, repeats),
            memory(directory),
            intake(*((2, 2) if asked.quick else (40, 3))),
            site_year(4 if asked.quick else 365),
        ):
            figures |= measured
            conditions |= under
    show("hub_city", asked, figures, conditions)


if __name__ == "__main__":
    main()
