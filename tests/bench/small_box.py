"""Bench `small_box`: whether 16 cameras are looked at, look after look, with half a core and 256 MiB. As root.

Run: python tests/bench/small_box.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from delivery_site import broker

from measure.box import Box, box
from measure.figures import Figure, flags, say, show
from measure.kernel import peak_mb
from measure.processes import stub_devices
from measure.service import ConfirmingHub, confirming_hub, service, write_site
from measure.shares import share

CYCLES_OK = Figure("small_box_cycles_ok_ratio", "", 1, "higher")

CPU_RATIO, MEMORY_BYTES = 0.5, 256 * 1024 * 1024
PERIOD_S = 60
LOOK_WITHIN_S = 2.0 * PERIOD_S
WATCHDOG_S = 120.0
"""The unit's WatchdogSec: a longer silence ends the service."""


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    count, looks = (2, 1) if asked.quick else (16, 5)
    conditions: dict[str, Any] = {
        "cameras": count, "period_s": PERIOD_S, "cpu_ratio": CPU_RATIO, "memory_bytes": MEMORY_BYTES,
        "load_1min_before": round(os.getloadavg()[0], 2),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIRECTORY")) as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "hub").mkdir()
        port = stack.enter_context(broker(folder / "mosquitto"))
        hub = stack.enter_context(confirming_hub(folder / "hub", port))
        ports = [one["http"] for one in stack.enter_context(stub_devices(["healthy"] * count))]
        jwks = folder / "hub/hub-jwks.json"
        say("the same site without a box")
        free = _looks(write_site(folder / "free", ports, port, jwks, PERIOD_S), hub, looks, None)
        try:
            small = stack.enter_context(box(CPU_RATIO, MEMORY_BYTES))
        except OSError as error:
            raise SystemExit(f"small_box: no control group can be made here (as root?): {error}") from None
        say("in the box")
        boxed = _looks(write_site(folder / "small", ports, port, jwks, PERIOD_S), hub, looks, small)
    fed = boxed["killed"] == 0 and boxed["watchdog_gap_s"] < WATCHDOG_S
    ok = sum(fed and one <= other for one, other in zip(boxed["unknown"], free["unknown"], strict=True))
    conditions |= {"boxed": boxed, "free": free}
    show("small_box", asked, {CYCLES_OK.name: share(CYCLES_OK, ok, looks)}, conditions)


def _looks(config: Path, hub: ConfirmingHub, looks: int, small: Box | None) -> dict[str, Any]:
    """Run the service for so many looks, and return what they and the box say; a look that is not told is an error."""
    unknown: list[int] = []
    with service(config, small.enter if small else None) as running:
        after = running.begun_mono
        for number in range(looks):
            report = hub.wait_for("health", after, LOOK_WITHIN_S)
            say(f"look {number + 1}/{looks}")
            unknown.append(report["counts"]["unknown"])
            after = report["at_mono"]
        told: dict[str, Any] = {
            "unknown": unknown,
            "watchdog_gap_s": round(running.watchdog_gap_s(), 1), "daemon_peak_mb": round(peak_mb(running.pid), 1),
        }  # fmt: skip
        if small is not None:
            told |= {"killed": small.killed(), "throttled": small.throttled(), "peak_mb": round(small.peak_mb(), 1)}
    return told | {"look_s": running.looks_s()}


if __name__ == "__main__":
    main()
