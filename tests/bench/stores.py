"""Bench `stores`: stores of 64 cameras and 90 days read for the first time and again, and the holes found in others.

Run: python tests/bench/stores.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

from measure.figures import Figure, flags, say, show
from measure.processes import ROOT, run

SEGMENTS_FIRST = Figure("segments_first_s", "s", 60, "lower")
SEGMENTS_NEXT = Figure("segments_next_s", "s", 1, "lower")
SEGMENTS_RSS = Figure("segments_rss_mb", "MB", 120, "lower")
FRIGATE_FIRST = Figure("frigate_first_s", "s", 12, "lower")
FRIGATE_NEXT = Figure("frigate_next_s", "s", 0.5, "lower")
GAPS_FOUND = Figure("gaps_found_ratio", "", 1.0, "higher")
GAPS_INVENTED = Figure("gaps_invented", "", 0, "lower")

KEPT = ROOT / "build" / "bench-stores"
SEEDS = 20


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    size = {"cameras": 2, "days": 3} if asked.quick else {"cameras": 64, "days": 90}
    looks, real = (3, 1) if asked.quick else (9, 2)
    load = round(os.getloadavg()[0], 2)
    say("segments in folders by day")
    by_day = run("store_segments", {**size, "looks": looks, "real": real}).said
    say("segments in one folder each")
    flat = run("store_segments", {**size, "looks": 3, "real": 0, "flat": 1}).said
    schema = zlib.crc32((ROOT / "tests" / "fixtures" / "stores" / "frigate.sql").read_bytes())
    path = KEPT / f"frigate-{size['cameras']}x{size['days']}-{schema:08x}.db"
    if asked.quick or not path.exists():
        say("writing a database; it is kept in build/")
        KEPT.mkdir(parents=True, exist_ok=True)
        run("store_frigate", {**size, "make": str(path)}, timeout_s=3600)
    say("Frigate")
    frigate = run("store_frigate", {**size, "path": str(path), "looks": looks}).said
    say("holes")
    holes = _holes(2 if asked.quick else SEEDS, 5 if asked.quick else 30)
    figures = {
        SEGMENTS_FIRST.name: SEGMENTS_FIRST.of(by_day["wall_s"][:1]),
        SEGMENTS_NEXT.name: SEGMENTS_NEXT.of(by_day["wall_s"][1:]),
        SEGMENTS_RSS.name: SEGMENTS_RSS.of([by_day["rss_mb"]]),
        FRIGATE_FIRST.name: FRIGATE_FIRST.of(frigate["wall_s"][:1]),
        FRIGATE_NEXT.name: FRIGATE_NEXT.of(frigate["wall_s"][1:]),
        GAPS_FOUND.name: GAPS_FOUND.of([one["found"] / one["true"] for one in holes.values()]),
        GAPS_INVENTED.name: GAPS_INVENTED.of([one["invented"] for one in holes.values()]),
    }
    conditions = {
        **size,
        "load_1min_before": load,
        "segments": by_day,
        "flat": flat,
        "frigate": frigate,
        "holes": holes,
    }
    show("stores", asked, figures, conditions)


def _holes(seeds: int, days: int) -> dict[str, Any]:
    numbers = list(range(seeds))
    return {name: run(f"store_{name}", {"holes": numbers, "days": days}).said for name in ("segments", "frigate")}


if __name__ == "__main__":
    main()
