"""Runs the suite several times on a busy machine, and lists each test whose results differ: `make flakes`.

Run: python tests/flakes/run.py [--runs N] [--load N] [--only ROOM ...]. Each room is one run of pytest; what has ended
lies in build/flakes/COMMIT/ and is not run again: whoever starts it anew goes on where it was broken off. The list is
differs.txt there; ends with 1 where it is not empty.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lxml import etree

ROOT: Final = Path(__file__).resolve().parents[2]
OUT: Final = ROOT / "build/flakes"
BUSY: Final = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"
"""Ends with the process that started it, however that ends."""
ENDED: Final = (0, 1, 5)
"""How pytest ends where it has judged every test: all passed, some failed, there was none."""

Results = Mapping[str, str]
"""The result of each test by its name."""


def main() -> int:
    """Run what is missing, and list what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--load", type=int, default=8, help="so many processes that only count, beside the tests")
    parser.add_argument("--only", nargs="+", metavar="ROOM", help="these folders below tests/")
    args = parser.parse_args()
    folder = OUT / _commit()
    rooms = args.only or rooms_in(ROOT / "tests")
    with busy(args.load):
        for number in range(1, args.runs + 1):
            for room in rooms:
                run_room(ROOT / "tests" / room, folder / f"run-{number}" / f"{room}.xml")
    runs = [
        {name: result for room in rooms for name, result in read_results(folder / f"run-{n}" / f"{room}.xml").items()}
        for n in range(1, args.runs + 1)
    ]
    lines = differing(runs)
    (folder / "differs.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    print(
        *lines, f"{len(lines)} of {len(runs[0])} tests differ in {args.runs} runs: {folder / 'differs.txt'}", sep="\n"
    )
    return 1 if lines else 0


def rooms_in(tests: Path) -> list[str]:
    """Return the folders of tests: those below which there is a test."""
    return sorted(one.name for one in tests.iterdir() if one.is_dir() and next(one.rglob("test_*.py"), None))


def run_room(tests: Path, junit: Path, *options: str) -> None:
    """Run the tests of one folder, where their results are not there yet.

    Raises SystemExit where pytest did not come to its end: then nothing of it counts.
    """
    if junit.exists():
        return
    junit.parent.mkdir(parents=True, exist_ok=True)
    part, log = junit.with_suffix(".part"), junit.with_suffix(".log")
    shared = ["-n", "3", "--dist", "loadfile"]
    command = [
        sys.executable,
        "-Im",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junit-xml={part}",
        *shared,
        *options,
    ]
    begun = time.monotonic()
    with log.open("wb") as written:
        ended = subprocess.run([*command, str(tests)], cwd=ROOT, stdout=written, stderr=written, check=False).returncode
    if ended not in ENDED:
        raise SystemExit(f"{tests.name}: pytest ended with {ended}: {log}")
    part.replace(junit)
    print(f"{junit.parent.name} {tests.name}: {time.monotonic() - begun:.0f} s, ended with {ended}", flush=True)


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


@contextmanager
def busy(load: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep so many processes busy while the block runs."""
    children = [subprocess.Popen([sys.executable, "-I", "-S", "-c", BUSY, str(os.getpid())]) for _ in range(load)]
    try:
        yield children
    finally:
        for child in children:
            child.kill()
            child.wait()


def _commit() -> str:
    """Return the commit that is tried: results of two commits are not compared."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
