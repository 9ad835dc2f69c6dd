"""Bench `start`: what a command costs that reads no device: memory, processor time, and the wait for `status`.

Run: python tests/bench/start.py [--quick] [--json] [--beside REV]. What each figure means stands in README.md here.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measure.figures import Figure, Flags, say, show
from measure.processes import ROOT

DECLARE_RSS = Figure("declare_rss_mb", "MB", 32, "lower")
DECLARE_CPU = Figure("declare_cpu_s", "s", 0.25, "lower")
RULES_RSS = Figure("rules_rss_mb", "MB", 50, "lower")
MASKS_HELP_RSS = Figure("masks_help_rss_mb", "MB", 35, "lower")
STATUS = Figure("status_ms", "ms", 120, "lower")
FIGURES = (DECLARE_RSS, DECLARE_CPU, RULES_RSS, MASKS_HELP_RSS, STATUS)

BEFORE = "e7fb4c7"
"""The last commit before the modules were moved into rooms."""

COMMAND = """
import atexit, pathlib, runpy, sys
peak = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: peak.write_text(pathlib.Path("/proc/self/status").read_text()))
runpy.run_module("agent", run_name="__main__", alter_sys=True)
"""
"""Runs a command as `python -m agent` does, and keeps the kernel's account of its memory at its end.

What `wait4` tells is no peak of this program: it begins with that of the process that started it.
"""

SITE = """\
[site]
id = "s1"
name = "Bench"
city = "datong"
division = "140213"

[storage]
directory = "{home}/state"
runtime = "{home}/run"

[[device]]
id = "nvr"
host = "192.0.2.1"
driver = "onvif"

[[camera]]
id = "gate"
device = "nvr"
channel = 1
"""


@dataclass(frozen=True)
class Spent:
    """What one command cost from its start to its end, interpreter and imports included."""

    rss_mb: float
    cpu_s: float
    wall_ms: float


def main() -> None:
    """Measure, and print the one JSON object."""
    asked, beside = _asked()
    times, untold = (1, 0) if asked.quick else (16, 1)  # the first round writes the bytecode, and does not count
    load = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        site = _site(home)
        trees = {"now": ROOT, **_unpacked(home / "beside", beside)}
        found: dict[str, dict[str, list[float]]] = {tree: {one.name: [] for one in FIGURES} for tree in trees}
        for number in range(times):
            say(f"round {number + 1}/{times}")
            for tree, root in trees.items():
                for figure, value in _measured(home, _places(home, tree, root, asked.quick), site):
                    if number >= untold:
                        found[tree][figure].append(value)
    figures = {one.name: one.of(found["now"][one.name]) for one in FIGURES}
    before = {name: round(statistics.median(values), 3) for name, values in found.get("beside", {}).items()}
    show("start", asked, figures, {"load_1min_before": load, "beside": beside if before else "", **_named(before)})


def _asked() -> tuple[Flags, str]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of this tree: shows that the bench works")
    parser.add_argument("--json", action="store_true", help="the JSON object only, no table on standard error")
    parser.add_argument(
        "--beside", metavar="REV", help=f"measured in the same run (default {BEFORE}; with --quick none)"
    )
    found = parser.parse_args()
    return Flags(found.quick, found.json), found.beside or ("" if found.quick else BEFORE)


def _named(before: Mapping[str, float]) -> dict[str, float]:
    return {f"beside_{name}": value for name, value in before.items()}


def _site(home: Path) -> Path:
    """Write a site with one camera, and the status of a service that has just looked at it."""
    path, now = home / "site.toml", datetime.now(UTC)
    path.write_text(SITE.format(home=home), "utf-8")
    (home / "run").mkdir()
    status = {
        "schema": "camwarden-status/1",
        "at": _text(now),
        "site": "s1",
        "next_due_at": _text(now + timedelta(days=1)),
        "counts": {"pass": 5, "warn": 0, "fail": 0, "unknown": 0, "not_applicable": 1},
        "cameras": [{"id": "gate", "name": "gate", "online": "pass", "not_pass": []}],
        "queue": {"pending": 0, "sent": 0, "confirmed": 7},
        "hub": {"link": "connected"},
    }
    (home / "run" / "status.json").write_text(json.dumps(status), "utf-8")
    return path


def _text(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _unpacked(folder: Path, revision: str) -> dict[str, Path]:
    """Return the other commit's tree, unpacked; none where none is asked for.

    An archive, not a worktree: a run that is killed leaves nothing behind in the repository.
    """
    if not revision:
        return {}
    packed = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        sys.exit(
            f"start: the commit {revision} is not in this clone: fetch the whole history, or name another --beside"
        )
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return {"beside": folder}


def _places(home: Path, tree: str, root: Path, quick: bool) -> dict[str, str]:
    """Return where a tree's modules and bytecode lie: those of one round are not worth compiling anew."""
    # An installed package has its bytecode; a checkout may be told to write none.
    bytecode = {} if quick else {"PYTHONPYCACHEPREFIX": str(home / f"bytecode-{tree}")}
    return {"PYTHONPATH": str(root), **bytecode}


def _measured(home: Path, places: Mapping[str, str], site: Path) -> Iterator[tuple[str, float]]:
    """Yield each figure of one tree once; `site` is the site that the commands are asked about."""
    of_site = ("--config", str(site))
    declare = _run(home, places, "declare", "--list", *of_site)
    yield DECLARE_RSS.name, declare.rss_mb
    yield DECLARE_CPU.name, declare.cpu_s
    yield RULES_RSS.name, _run(home, places, "rules", "list", *of_site).rss_mb
    yield MASKS_HELP_RSS.name, _run(home, places, "masks", "--help").rss_mb
    yield STATUS.name, _run(home, places, "status", *of_site).wall_ms


def _run(home: Path, places: Mapping[str, str], *arguments: str) -> Spent:
    """Run a command of a tree, and end where it fails or prints nothing."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-P", "-c", COMMAND, str(home / "peak"), *arguments],
            cwd=home,
            env=kept | dict(places) | {"XDG_STATE_HOME": str(home / "xdg"), "LANG": "C.UTF-8"},
            stdout=out,
            stderr=err,
        )
        # The standard library's own wait keeps the times of all children together; this one tells them apart.
        _, status, usage = os.wait4(child.pid, 0)
        wall_ms = (time.monotonic() - begun) * 1000
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode or not out.tell():
            err.seek(0)
            complaints = err.read().decode("utf-8", "replace")[-2000:]
            tree = places["PYTHONPATH"]
            raise RuntimeError(f"{' '.join(arguments)} of {tree} ended with {child.returncode}: {complaints}")
    words = (home / "peak").read_text("utf-8").split()
    return Spent(int(words[words.index("VmHWM:") + 1]) * 1024 / 1e6, usage.ru_utime + usage.ru_stime, wall_ms)


if __name__ == "__main__":
    main()
