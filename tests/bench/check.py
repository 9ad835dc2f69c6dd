"""Bench `check`: how long `camwarden check` takes on 32 simulated cameras, four of which are dead.

Run: python tests/bench/check.py [--quick] [--json]. What the figure means stands in README.md beside this file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from measure.figures import Figure, flags, repeated, say, show
from measure.processes import ROOT, simulated_site

WALL = Figure("check_32_wall_s", "s", 30, "lower")
DEAD = 4
WITHIN_S = 300.0


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    healthy, times = (2, 1) if asked.quick else (28, 3)
    load = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as folder, simulated_site(Path(folder), healthy) as site:
        say(f"camwarden check on {healthy + DEAD} cameras, {DEAD} of them dead")
        told: list[dict[str, Any]] = []
        walls = repeated(times, lambda: _checked(site["config"], healthy, told))
    conditions = {
        "cameras": healthy + DEAD,
        "looked_at_three_times": site["soft"],
        "reasons_of_the_dead": told[-1],
        "load_1min_before": load,
    }
    show("check", asked, {WALL.name: WALL.of(walls)}, conditions)


def _checked(config: str, healthy: int, told: list[dict[str, Any]]) -> float:
    """Run the command as a user does, hold its answer against the site, and return its wall time in seconds."""
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "agent", "check", "--config", config, "--json"],
        capture_output=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=WITHIN_S,
        check=False,
    )
    wall_s = time.monotonic() - begun
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"check ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
    result = json.loads(done.stdout)
    online = Counter(camera["online"] for camera in result["cameras"])
    dead = {
        finding["subject"]: finding["evidence"].get("cause") or finding["reason"]
        for finding in result["findings"]
        if finding["check"] == "camera-online" and finding["status"] != "pass"
    }
    if online["pass"] != healthy or set(dead) != {f"camera:dead-{number}" for number in range(DEAD)}:
        raise RuntimeError(f"check saw another site than there was: {dict(online)}, {dead}")
    told.append(dead)
    return wall_s


if __name__ == "__main__":
    main()
