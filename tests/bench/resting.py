"""Bench `resting`: what the service takes of a small gateway between two looks, and what a day of it writes to flash.

Run: python tests/bench/resting.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery_site import broker

from measure.figures import Figure, flags, say, show
from measure.kernel import children, cpu_s, pss_mb, rss_mb, wakeups, written_bytes
from measure.processes import run, service_environment, stub_devices
from measure.service import LOGIN, ConfirmingHub, ServiceProcess, confirming_hub, service, write_site

PSS = Figure("resting_pss_mb", "MB", 75, "lower")
CPU = Figure("resting_cpu_ratio", "", 0.001, "lower")
WAKEUPS = Figure("wakeups_per_min", "1/min", 70, "lower")
FLASH = Figure("flash_mb_per_day", "MB", 25, "lower")
READY = Figure("start_to_ready_s", "s", 2, "lower")
FIRST = Figure("start_to_first_report_s", "s", 15, "lower")

PERIODS_S = (900, 300)
DAY_S = 86_400
SETTLES_S = 5.0
"""After the first report: its confirmation, and what follows from that, is no rest."""


@dataclass(frozen=True)
class Rest:
    """What a resting service cost, in one stretch after another of its rest."""

    cpu_ratio: list[float]
    wakeups_per_min: list[float]
    pss_mb: list[float]
    rss_mb: list[float]
    written_bytes: int
    threads: dict[str, int]
    """Wake-ups by thread, over all stretches."""


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    count, looks, starts, stretches, stretch_s = (2, 3, 1, 1, 2.0) if asked.quick else (16, 24, 3, 4, 30.0)
    conditions: dict[str, Any] = {
        "cameras": count, "looks": looks, "rest_s": stretches * stretch_s,
        "load_1min_before": round(os.getloadavg()[0], 2), "daemon_environment": service_environment(),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIRECTORY")) as name:
        folder = Path(name)
        (folder / "hub").mkdir()
        ahead = folder / "ahead"
        ahead.write_text("0")
        with (
            broker(folder / "mosquitto") as port,
            confirming_hub(folder / "hub", port) as hub,
            stub_devices(["healthy"] * count, ahead) as devices,
        ):
            ports = [one["http"] for one in devices]
            ready_s, first_s = _starts(folder, ports, port, hub, starts)
            rests = {
                period: _rest(folder / f"rest-{period}", ports, port, hub, period, stretches, stretch_s)
                for period in PERIODS_S
            }
            say(f"a day: {looks} looks at {count} cameras")
            given = {"ports": ports, "broker": port, "ahead": str(ahead), "jwks": str(folder / "hub/hub-jwks.json")}
            given |= {"cycles": looks, "period_s": PERIODS_S[0], "rest_s": 3.0, **LOGIN}
            day = run("idle", given, environment=service_environment(), timeout_s=1800).said
    if day["queue"].get("pending") or day["queue"].get("sent"):
        raise SystemExit(f"not everything was confirmed: {day['queue']}")
    longest = rests[PERIODS_S[0]]
    per_look = [one / 1e6 * DAY_S / PERIODS_S[0] for one in day["cycle_written_bytes"]]
    mean = statistics.fmean(per_look)
    figures = {
        # What a day has left in memory counts, and no fresh start.
        PSS.name: PSS.of(day["rest_pss_mb"]),
        CPU.name: CPU.of(longest.cpu_ratio),
        WAKEUPS.name: WAKEUPS.of(longest.wakeups_per_min),
        # The mean of all looks, and no median: what is written only now and then is part of a day.
        FLASH.name: FLASH.of(per_look) | {"value": round(mean, 2)},
        READY.name: READY.of(ready_s),
        FIRST.name: FIRST.of(first_s),
    }
    show("resting", asked, figures, conditions | _more(rests, day))


def _starts(
    folder: Path, ports: list[int], port: int, hub: ConfirmingHub, starts: int
) -> tuple[list[float], list[float]]:
    """Start a site that has never run, so often; return the seconds to READY and to the first report at the hub."""
    ready_s, first_s = [], []
    for number in range(starts):
        say(f"start {number + 1}/{starts}")
        jwks = folder / "hub/hub-jwks.json"
        config = write_site(folder / f"start-{number}", ports, port, jwks, PERIODS_S[0])
        with service(config) as running:
            ready_s.append(running.wait_for("READY=1"))
            first_s.append(hub.wait_for("health", running.begun_mono, 300.0)["at_mono"] - running.begun_mono)
    return ready_s, first_s


def _rest(
    folder: Path, ports: list[int], port: int, hub: ConfirmingHub, period_s: int, stretches: int, stretch_s: float
) -> Rest:
    say(f"a rest at a period of {period_s} s")
    with service(write_site(folder, ports, port, folder.parent / "hub/hub-jwks.json", period_s)) as running:
        hub.wait_for("health", running.begun_mono, 300.0)
        time.sleep(SETTLES_S)
        return _measured(running, stretches, stretch_s)


def _measured(running: ServiceProcess, stretches: int, stretch_s: float) -> Rest:
    found = Rest([], [], [], [], 0, {})
    written, before = written_bytes(running.pid), wakeups(running.pid)
    for _ in range(stretches):
        cpu, woken, begun = cpu_s(running.pid), sum(wakeups(running.pid).values()), time.monotonic()
        time.sleep(stretch_s)
        took_s = time.monotonic() - begun
        found.cpu_ratio.append((cpu_s(running.pid) - cpu) / took_s)
        found.wakeups_per_min.append((sum(wakeups(running.pid).values()) - woken) * 60 / took_s)
        found.pss_mb.append(pss_mb(running.pid))
        found.rss_mb.append(rss_mb(running.pid))
    if left := children(running.pid):
        raise SystemExit(f"a service at rest has {len(left)} processes left")
    threads = {
        "main" if thread == running.pid else f"other-{number}": woken - before.get(thread, 0)
        for number, (thread, woken) in enumerate(wakeups(running.pid).items())
    }
    return Rest(
        found.cpu_ratio, found.wakeups_per_min, found.pss_mb, found.rss_mb,
        written_bytes(running.pid) - written, threads,
    )  # fmt: skip


def _more(rests: dict[int, Rest], day: dict[str, Any]) -> dict[str, Any]:
    return {
        "at_period_s": {
            str(period): {
                "cpu_ratio": round(statistics.median(one.cpu_ratio), 5),
                "wakeups_per_min": round(statistics.median(one.wakeups_per_min), 1),
                "wakeups_by_thread": one.threads,
                "pss_mb_after_first_look": round(statistics.median(one.pss_mb), 1),
                "rss_mb_after_first_look": round(statistics.median(one.rss_mb), 1),
                "written_bytes": one.written_bytes,
            }
            for period, one in rests.items()
        },
        "day_rss_mb": round(statistics.median(day["rest_rss_mb"]), 1),
        "day_private_mb": round(statistics.median(day["rest_private_mb"]), 1),
        "state_bytes": day["state_bytes"],
        "queue": day["queue"],
    }


if __name__ == "__main__":
    main()
