"""Bench `site`: what one look at a whole site costs a gateway, and a script with stock libraries at the same devices.

Run: python tests/bench/site.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import compileall
import os
import statistics
from collections import Counter
from typing import Any

from site_parts import Course, course

from measure.figures import Figure, flags, say, show
from measure.processes import ROOT, service_environment

CPU = Figure("cycle_cpu_s", "s", 5, "lower")
WALL = Figure("cycle_wall_s", "s", 25, "lower")
STOCK = Figure("vs_stock_cpu_ratio", "", 12, "higher")
SLOPE = Figure("cpu_per_camera_slope_64_256", "", 1.1, "lower")
PSS = Figure("peak_pss_mb", "MB", 230, "lower")
WIRE = Figure("wire_mb_per_month", "MB", 30, "lower")

CAMERAS = 64
SIZES = (8, 16, 32, 64, 128, 256)
RECORDERS = ("onvif", "hikvision", "dahua")
WIRE_CAMERAS = 15
LOOKS_A_DAY, DAYS = 96, 30


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    for package in ("agent", "drivers", "masking"):  # as the package installs them: a worker writes no bytecode itself
        compileall.compile_dir(ROOT / package, quiet=1)
    load = round(os.getloadavg()[0], 2)
    cameras, sick, warm, cycles, sizes = (4, 1, 0, 1, (2,)) if asked.quick else (CAMERAS, 6, 4, 6, SIZES)
    say(f"{warm + cycles + 1} looks at {cameras} cameras, {sick} of them on sick devices, and the script")
    site = course(cameras, warm, cycles, 1, sick=sick, stock=True)
    assert site.stock is not None
    say(_so_far(site, f"the script {site.stock['cpu_s']:.1f} s"))
    wired = course(2 if asked.quick else WIRE_CAMERAS, warm, cycles)
    grown = {}
    for count in sizes:
        grown[count] = course(count, warm, min(cycles, 3))  # as many as there: calibrations come first
        say(_so_far(grown[count], "all of them healthy"))
    first, last = (grown[count].cpu_per_camera_s for count in (sizes[-3] if len(sizes) > 2 else sizes[0], sizes[-1]))
    figures = {
        CPU.name: CPU.of(site.cpu_s),
        WALL.name: WALL.of([one["wall_s"] for one in site.notes]),
        STOCK.name: STOCK.of([site.stock["cpu_s"] / one for one in site.cpu_s]),
        SLOPE.name: SLOPE.of([last / first]),
        PSS.name: PSS.of([site.peak_pss_mb]),
        WIRE.name: WIRE.of([_month_mb(wired, one) for one in wired.hub_bytes]),
    }
    of_sizes = {"sizes": _sizes(grown), "first_look_bytes": wired.first_hub_bytes}
    show("site", asked, figures, {"load_1min_before": load, **_conditions(site), **of_sizes})


def _month_mb(site: Course, look_bytes: int) -> float:
    """Return what a month of such looks sends, in which one a day sends as much as the first one: all there is."""
    return DAYS * ((LOOKS_A_DAY - 1) * look_bytes + site.first_hub_bytes) / 1e6


def _so_far(site: Course, beside: str) -> str:
    """Return one line about a part that is done: a whole run takes half an hour, and may be ended before."""
    cpu, wall = (", ".join(f"{one[name]:.1f}" for one in site.notes) for name in ("cpu_s", "wall_s"))
    return f"{site.cameras} cameras: CPU {cpu} s, wall {wall} s, peak {site.peak_pss_mb:.0f} MB, {beside}"


def _conditions(site: Course) -> dict[str, Any]:
    """Return what the looks were at, what they saw, and what they asked of devices and sent to the hub."""
    healthy = [name for name in site.notes[-1]["traffic"] if name not in site.ails]
    groups = {kind: [name for name in healthy if name.startswith(kind)] for kind in (*RECORDERS, "alone")}
    groups |= {ail: [name for name, one in site.ails.items() if one == ail] for ail in site.ails.values()}
    status = [Counter[str]() for _ in site.notes]
    for counted, note in zip(status, site.notes, strict=True):
        for told, count in note["findings"].items():
            counted[told.partition(" ")[2]] += count
    return {
        "cameras": site.cameras,
        "sick": site.ails,
        "daemon_environment": service_environment(),
        "worker_cpu_s": [round(one["worker_cpu_s"], 2) for one in site.notes],
        "pictures_by_path": [one["pictures"] for one in site.notes],
        "findings_by_status": [dict(one) for one in status],
        "per_device": {kind: _per_device(site, names) for kind, names in groups.items() if names},
        "hub_bytes_per_cycle": site.hub_bytes,
        "processes_at_peak": site.processes,
        "stock": site.stock,
    }


def _per_device(site: Course, names: list[str]) -> dict[str, float]:
    """Return what a cycle is to a device of a kind: connections, and bytes that it received and sent, in the median."""
    columns = zip(*(one["traffic"][name] for one in site.notes for name in names), strict=True)
    return dict(zip(("connections", "received_bytes", "sent_bytes"), map(statistics.median, columns), strict=True))


def _sizes(grown: dict[int, Course]) -> dict[str, dict[str, float]]:
    return {
        str(count): {
            "cpu_s": round(statistics.median(one.cpu_s), 2), "cpu_per_camera_s": round(one.cpu_per_camera_s, 4),
            "wall_s": round(statistics.median(note["wall_s"] for note in one.notes), 1), "n": len(one.notes),
        }
        for count, one in grown.items()
    }  # fmt: skip


if __name__ == "__main__":
    main()
