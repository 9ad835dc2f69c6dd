"""How long the hub takes for the figures of a month, and what memory: 5,000 sites that reported on each of 31 days.

Run alone: python tests/bench/hub_report.py [--quick] [--json].
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.hub.domain.figures import METRICS
from agent.hub.stores.store import Store
from measure.figures import Figure, flags, say, show

MONTH = Figure("hub_report_month_s", "s", 60.0, "lower")
MEMORY = Figure("hub_report_rss_mb", "MB", 300.0, "lower")

SITES = 5_000
DAYS = 31
DIVISIONS = 200
MODELS = 40
MODELS_PER_SITE = 4
REPEATS = 3
BEGINS_AT = datetime(2026, 10, 1, tzinfo=UTC)
COMMAND = "import sys; from agent.cli import main; sys.exit(main(sys.argv[1:]))"


def fill(directory: Path, sites: int) -> None:
    """Write what the intake keeps of a month's reports: a row for each site, day and kind of group."""
    store = Store(directory)
    figures = {name: [6_000, 6_144, 30, 12] for name in METRICS}
    at = BEGINS_AT.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for number in range(sites):
        site = f"S{number:05}"
        models = {f"MODEL-{(number + n) % MODELS:03}": figures for n in range(MODELS_PER_SITE)}
        told = {"division": {f"1402{number % DIVISIONS:02}": figures}, "model": models, "maintainer": models}
        with store.transaction():
            store.run("INSERT INTO epoch (site, epoch, first_at, verdict) VALUES (?, 'e1', ?, 'first')", site, at)
            for day in range(DAYS):
                for by, groups in told.items():
                    store.run(
                        "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES (?, ?, ?, 'e1', ?, ?)",
                        *(
                            by,
                            (BEGINS_AT + timedelta(days=day)).date().isoformat(),
                            site,
                            day + 1,
                            json.dumps(groups, separators=(",", ":")),
                        ),
                    )
    store.close()


def report(directory: Path, by: str) -> tuple[float, float, int]:
    """Run the command as a person does; return wall time, largest resident memory of any so far, and how many rows."""
    book = directory / "month.xlsx"
    words = ["hub", "report", "--month", "2026-10", "--by", by, "--xlsx", str(book), "--json", "--data", str(directory)]
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", COMMAND, *words], check=True, capture_output=True)
    took_s = time.perf_counter() - begun
    rows = json.loads(done.stdout)["rows"]
    if not rows or any(row["coverage_ratio"] != 1 for row in rows) or not book.stat().st_size:
        raise RuntimeError("the report is not whole: no time is worth anything")
    return took_s, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6, len(rows)


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    sites, repeats = (100, 1) if asked.quick else (SITES, REPEATS)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        say(f"{sites} sites, {DAYS} days")
        fill(directory, sites)
        took, memory, found = [], [], {"sites": float(sites), "days": float(DAYS)}
        for _ in range(repeats):
            took_s, rss_mb, rows = report(directory, "division")
            took.append(took_s)
            memory.append(rss_mb)
        found["divisions"] = float(rows)
        by_model_s, by_model_mb, _ = report(directory, "model")
        found |= {"by_model_s": round(by_model_s, 2), "by_model_rss_mb": round(by_model_mb, 1)}
        found["database_mb"] = round(sum(path.stat().st_size for path in directory.glob("hub.db*")) / 1e6, 1)
    show("hub_report", asked, {MONTH.name: MONTH.of(took), MEMORY.name: MEMORY.of(memory)}, found)


if __name__ == "__main__":
    main()
