"""Bench `idle`: what the service takes of a gateway while it watches 64 cameras every five minutes, day and night.

Run: python tests/bench/idle.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from delivery_site import broker

from measure.figures import Figure, flags, say, show
from measure.processes import run, service_environment, stub_devices

RSS = Figure("idle_rss_mb", "MB", 95, "lower")
CPU = Figure("idle_cpu_ratio", "", 0.02, "lower")

LOGIN = {"user": "admin", "password": "bench-Pa55"}
PERIOD_S = 300
HOUR_S = 3600.0


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    count, cycles, rest_s = (4, 2, 3.0) if asked.quick else (64, int(HOUR_S // PERIOD_S), 120.0)
    conditions: dict[str, Any] = {
        "devices": count, "cycles": cycles, "period_s": PERIOD_S, "rest_s": rest_s,
        "load_1min_before": round(os.getloadavg()[0], 2), "daemon_environment": service_environment(),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder) / "mosquitto") as port:
        ahead = Path(folder) / "ahead"
        ahead.write_text("0")
        with stub_devices(["healthy"] * count, ahead) as ports:
            say(f"an hour of work: {cycles} cycles over {count} devices, then {rest_s:.0f} s of rest")
            given = {"ports": [one["http"] for one in ports], "broker": port, "ahead": str(ahead), **LOGIN}
            given |= {"cycles": cycles, "period_s": PERIOD_S, "rest_s": rest_s}
            said = run("idle", given, environment=service_environment(), timeout_s=1800).said
        say("a daemon that does nothing, on the same broker")
        peer = run("idle_peer", {"broker": port, "rest_s": rest_s}, environment=service_environment()).said
    if said["queue"].get("pending") or said["publisher_connects"] != 1:
        raise SystemExit(f"not everything was delivered over one connection: {said['queue']}")
    show("idle", asked, _figures(said), conditions | _more(said, peer))


def _figures(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each cycle stands for one period of an hour, whose rest is measured for a while and counted for all of it."""
    rest_ratio = said["rest_cpu_s"] / said["rest_s"]
    ratios = []
    for cpu_s, wall_s in zip(said["cycle_cpu_s"][1:], said["cycle_wall_s"][1:], strict=True):
        ratios.append((cpu_s + rest_ratio * max(0.0, PERIOD_S - wall_s)) / PERIOD_S)
    # The mean of all periods, and no median: what is due only now and then is part of an hour.
    exact = {"value": sum(ratios) / len(ratios), "low": min(ratios), "high": max(ratios)}
    figure = CPU.of(ratios) | {name: round(one, 4) for name, one in exact.items()}
    return {RSS.name: RSS.of(said["rest_rss_mb"]), CPU.name: figure}


def _more(said: dict[str, Any], peer: dict[str, Any]) -> dict[str, Any]:
    return {
        "first_cycle_cpu_s": round(said["cycle_cpu_s"][0], 2),
        "cycle_cpu_s": [round(one, 2) for one in said["cycle_cpu_s"][1:]],
        "cycle_wall_s": [round(one, 1) for one in said["cycle_wall_s"]],
        "rest_cpu_ratio": round(said["rest_cpu_s"] / said["rest_s"], 5),
        "rss_after_each_cycle_mb": [round(one, 1) for one in said["cycle_rss_mb"]],
        "daemon_peak_mb": round(said["peak_mb"], 1),
        "worker_starts": said["worker_starts"],
        "pictures": said["pictures"],
        "queue": said["queue"],
        "nothing_rss_mb": round(peer["rss_mb"], 1),
        "nothing_rest_cpu_ratio": round(peer["rest_cpu_s"] / peer["rest_s"], 5),
    }


if __name__ == "__main__":
    main()
