"""Runs the suite several times on a busy machine, and lists each test whose results differ: `make flakes`.

Run: python tests/flakes/run.py [--runs N] [--load N] [--only ROOM ...]. The tests are each other's load: as many are
run at a time as the load is to be, and with the programs that they start it is above; no core counts for nothing. Each
run is one of pytest; what has ended lies in build/flakes/COMMIT/ and is not run again: whoever starts it anew goes on
where it was broken off. The list is differs.txt there; ends with 1 where it is not empty.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lxml import etree

ROOT: Final = Path(__file__).resolve().parents[2]
OUT: Final = ROOT / "build/flakes"
ENDED: Final = (0, 1, 5)
"""How pytest ends where it has judged every test: all passed, some failed, there was none."""
EACH_S: Final = 10
"""The load is read so often."""

Results = Mapping[str, str]
"""The result of each test by its name."""


def main() -> int:
    """Run what is missing, and list what differs."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--load", type=int, default=8, help="the load average to stay above, with the tests themselves")
    parser.add_argument("--only", nargs="+", metavar="ROOM", help="these folders below tests/")
    args = parser.parse_args()
    folder = OUT / _commit() / ("-".join(args.only).replace("/", ".") if args.only else "all")
    junits = [folder / f"run-{number}.xml" for number in range(1, args.runs + 1)]
    for junit in junits:
        run_tests([ROOT / "tests" / room for room in args.only or ()], junit, args.load)
    runs = [read_results(junit) for junit in junits]
    lines = differing(runs)
    (folder / "differs.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    print(
        *lines, f"{len(lines)} of {len(runs[0])} tests differ in {args.runs} runs: {folder / 'differs.txt'}", sep="\n"
    )
    return 1 if lines else 0


def run_tests(rooms: Sequence[Path], junit: Path, load: int, *options: str) -> None:
    """Run the tests of these folders once, or all where none is named, and say under which load it was.

    What lies there already is not run again.

    Raises SystemExit where pytest did not come to its end: then nothing of it counts.
    """
    if junit.exists():
        return
    junit.parent.mkdir(parents=True, exist_ok=True)
    part, log = junit.with_suffix(".part"), junit.with_suffix(".log")
    shared = ["-n", str(max(load, 1)), "--dist", "loadfile", "--no-loadscope-reorder"]
    words = ["-q", "-p", "no:cacheprovider", f"--junit-xml={part}", *shared, *options, *map(str, rooms)]
    begun, loads = time.monotonic(), []
    with (
        log.open("wb") as written,
        subprocess.Popen([sys.executable, "-Im", "pytest", *words], cwd=ROOT, stdout=written, stderr=written) as tests,
    ):
        try:
            while (ended := _ended(tests)) is None:
                loads.append(os.getloadavg()[0])
        finally:
            tests.terminate()  # of a search that was broken off, the tests would go on beside what is done next
            tests.wait()  # which the block itself does for a quarter of a second only, once somebody has pressed Ctrl-C
    if ended not in ENDED:
        raise SystemExit(f"{junit.stem}: pytest ended with {ended}: {log}")
    part.replace(junit)
    below = sum(one < load for one in loads) * EACH_S
    mean = sum(loads) / len(loads) if loads else 0.0
    print(
        f"{junit.stem}: {time.monotonic() - begun:.0f} s, ended with {ended}; load {mean:.1f} on average, "
        f"below {load} for {below} s",
        flush=True,
    )


def _ended(tests: subprocess.Popen[bytes]) -> int | None:
    """Return how pytest ended, or None where it still runs after a while."""
    try:
        return tests.wait(EACH_S)
    except subprocess.TimeoutExpired:
        return None


def read_results(junit: Path) -> dict[str, str]:
    """Read the result of each test: passed, failed, error or skipped."""
    found = {}
    for case in etree.parse(junit).iter("testcase"):
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[f"{case.get('classname')}::{case.get('name')}"] = kinds[0] if kinds else "passed"
    return found


def differing(runs: Sequence[Results]) -> list[str]:
    """Return a line for each test that had not the same result in every run; one that was not run is missing there."""
    names = sorted({name for one in runs for name in one})
    results = {name: [one.get(name, "missing") for one in runs] for name in names}
    return [f"{name}: {', '.join(each)}" for name, each in results.items() if len(set(each)) > 1]


def _commit() -> str:
    """Return the commit that is tried: results of two commits are not compared."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
