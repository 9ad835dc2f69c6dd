"""The one JSON object that a bench prints: named figures with median, spread and goal, and the machine they are of."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """What a figure is called, its unit, its goal, and on which side of the goal is good. Issue texts use the names."""

    name: str
    unit: str
    goal: float
    better: Literal["lower", "higher"]

    def of(self, samples: Sequence[float]) -> dict[str, Any]:
        """Return the figure as JSON: the median of the samples, how many there were, and their extremes."""
        return {
            "value": _rounded(statistics.median(samples)),
            "unit": self.unit,
            "goal": self.goal,
            "better": self.better,
            "n": len(samples),
            "low": _rounded(min(samples)),
            "high": _rounded(max(samples)),
        }


@dataclass(frozen=True)
class Flags:
    """`quick` measures little and only shows that the bench works; `as_json` prints the object and nothing else.

    `number`: what the option of that name said, None where it was not given.
    """

    quick: bool
    as_json: bool
    number: int | None = None


def flags(description: str, number: str = "") -> Flags:
    """Read a bench's command line; `number` names an option of its own, as `--kills`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a few devices, one repeat: shows that the bench works")
    parser.add_argument("--json", action="store_true", help="the JSON object only, no table on standard error")
    if number:
        parser.add_argument(
            number, type=int, dest="number", metavar="N", help="so many, in the place of the usual number"
        )
    found = parser.parse_args()
    return Flags(found.quick, found.json, found.number if number else None)


def say(text: str) -> None:
    """Tell somebody who waits what is being measured."""
    print(text, file=sys.stderr, flush=True)


def show(bench: str, flags: Flags, figures: dict[str, dict[str, Any]], conditions: dict[str, Any]) -> None:
    """Print the object. `conditions` says what was measured in words and numbers that are no figures."""
    machine = {
        "cpus": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "load_1min": round(os.getloadavg()[0], 2),
        "loop_ms": repeated(5, _loop_ms),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if not flags.as_json:
        for name, one in figures.items():
            sign = "<=" if one["better"] == "lower" else ">="
            spread = f"{one['low']} to {one['high']}, n={one['n']}"
            say(f"{name:28} {one['value']:>9} {one['unit']:5} goal {sign} {one['goal']} ({spread})")
    whole = {"bench": bench, "quick": flags.quick, "machine": machine, "figures": figures, "conditions": conditions}
    print(json.dumps(whole, indent=1))


def repeated(times: int, once: Callable[[], float]) -> list[float]:
    """Return what `once` measured, so many times."""
    return [once() for _ in range(times)]


def _loop_ms() -> float:
    """Return the CPU time of a million additions: machines differ in speed, and so do the hours of a rented one."""
    begun = time.process_time()
    for number in range(1_000_000):
        number + 1
    return _rounded(1000 * (time.process_time() - begun))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _rounded(value: float) -> float:
    return round(value, 3) if abs(value) < 100 else round(value, 1)
