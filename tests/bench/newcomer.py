"""Bench `newcomer`: what a new user waits for: from nothing, a ledger or a clone to a verdict.

Run: python tests/bench/newcomer.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from measure.figures import Figure, flags, say, show
from measure.processes import ROOT

sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "support"))

from at_terminal import at_terminal
from ledger_corpus import Compared, compare, hand_made
from ledger_habits import made

from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES, ISAPI_CAMERAS, ISAPI_DEVICES
from agent.host.clock import utc_now
from agent.onsite.ledger.rows import read
from agent.onsite.start.harm import HARMS, OTHERS, UNKNOWN

START = Figure("start_to_first_verdict_s", "s", 180, "lower")
TYPED = Figure("commands_typed", "1", 1, "lower")
ASKED = Figure("questions", "1", 6, "lower")
BAD_MASKS = ("Corridor 2", "Playground", "Reception", "Lobby")
"""The cameras whose masks are seeded bad: switched off, beside its place, translucent, missing on one path."""
LEDGER = Figure("ledger_s", "s", 300, "lower")
QUESTIONS = Figure("ledger_questions", "1", 8, "lower")
READ = Figure("ledgers_read_ratio", "", 0.95, "higher")
WRONG = Figure("wrong_cells", "cells", 0, "lower")
KINDS = ("csv", "xlsx", "named")
DEMO = Figure("demo_to_report_s", "s", 180, "lower")


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    times, cameras = (1, 3) if asked.quick else (len(KINDS), 40)
    load = round(os.getloadavg()[0], 2)
    walls: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        say("from nothing to the first verdict")
        start_s, questions = from_nothing(Path(name), ("lobby",) if asked.quick else ())
    with tempfile.TemporaryDirectory() as name, school(Path(name), cameras) as told:
        for number in range(times):
            kind = KINDS[number % len(KINDS)]
            say(f"from the ledger ({kind}) to the report, {number + 1}/{times}")
            briefly = ("--rounds", "1", "--sample", "1") if asked.quick else ()
            walls.append(from_ledger(Path(name) / f"site-{number}", told, kind, cameras, briefly))
    with tempfile.TemporaryDirectory() as name:
        say("from a clone to the demo's report")
        whole_s, demo_s = from_clone(Path(name), asked.quick)
    say("ledgers of sixty habits")
    read_corpus = corpus(asked.quick)
    figures = {
        START.name: START.of([start_s]),
        TYPED.name: TYPED.of([1]),
        ASKED.name: ASKED.of([questions]),
        LEDGER.name: LEDGER.of(walls),
        QUESTIONS.name: QUESTIONS.of([1 + len(told["answers"])]),
        DEMO.name: DEMO.of([whole_s]),
        READ.name: READ.of([sum(one.is_read for one in read_corpus) / len(read_corpus)]),
        WRONG.name: WRONG.of([sum(len(one.wrong) for one in read_corpus)]),
    }
    conditions = {"cameras": cameras, "demo_without_setup_s": demo_s, "load_1min_before": load}
    show("newcomer", asked, figures, conditions)


def from_nothing(folder: Path, only: Sequence[str]) -> tuple[float, int]:
    """Type `camwarden start` on a terminal in an empty folder, answer it, and return its seconds and its questions.

    The devices are all of the simulated site, or `only` these, with one login; none of their zones is declared. One
    that is not named as bad is an error, as is a question beyond those that are answered here.
    """
    devices = [replace(one, user="viewer") for one in (*DEVICES, *ISAPI_DEVICES) if not only or one.id in only]
    known = {one.id for one in devices}
    cameras = [one for one in (*CAMERAS, *ISAPI_CAMERAS) if one.device in known]
    answers = (("site called", "School 17"), ("Which are yours", ""), ("user", "viewer"), ("password", "school-pw"))
    with SimulatedSite(utc_now, devices, cameras, password="school-pw") as site:
        begun = time.monotonic()
        words = [sys.executable, "-P", "-m", "agent", "start", "--address", site.responder]
        env = os.environ | {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder / "state"), "LC_ALL": "C.UTF-8"}
        seen = at_terminal(words, answers, cwd=folder, env=env, within_s=600)
        wall_s = time.monotonic() - begun
    worst, *later = (str(title) for title in (*(title for title, _ in HARMS), OTHERS, UNKNOWN))
    named = re.split("|".join(map(re.escape, later)), seen.shown.partition(worst)[2])[0]
    missed = [one.name for one in cameras if one.name in BAD_MASKS and one.name not in named]
    if seen.code != 1 or missed or not (folder / "camwarden-site" / "report.html").is_file():
        raise RuntimeError(f"start ended with {seen.code}, without a word on {missed}: {seen.shown[-2000:]}")
    return wall_s, seen.typed


def corpus(quick: bool) -> list[Compared]:
    """Return how each ledger of many makers' habits was read, against its truth; `quick`: of those made by hand."""
    cases = hand_made() if quick else [*hand_made(), *made()]
    return [compare(case, read(case.data(), {})) for case in cases]


@contextmanager
def school(folder: Path, cameras: int, *size: str) -> Iterator[dict[str, Any]]:
    """Let the devices of a school answer in a process of their own; yield its ledgers, its password and the answers."""
    child = subprocess.Popen(
        [sys.executable, "-P", str(ROOT / "tests" / "support" / "school.py"), str(folder), str(cameras), *size],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests" / "support")))},
    )
    try:
        yield json.loads(child.stdout.readline() if child.stdout else b"")
    finally:
        child.kill()
        child.communicate()


def from_ledger(folder: Path, told: dict[str, Any], kind: str, cameras: int, briefly: Sequence[str]) -> float:
    """Run import, declare and check as a user does, answered at once, and return their wall time in seconds."""
    folder.mkdir()
    begun = time.monotonic()
    run(
        folder, "ledger", "import", told[kind], "--out", ".", "--site", "dt0001", "--set", "city=datong",
        "--ask-password", answers=[told["password"]],
    )  # fmt: skip
    run(folder, "declare", "--config", "site.toml", "--by", "bench", answers=told["answers"])
    said = run(folder, "check", "--config", "site.toml", *briefly, "--json", "--report", "report.html", codes=(0, 1, 3))
    wall_s = time.monotonic() - begun
    online = [camera["online"] for camera in json.loads(said)["cameras"]]
    if online != ["pass"] * cameras or not (folder / "report.html").is_file():
        raise RuntimeError(f"check did not see the school: {online}")
    left = json.loads(run(folder, "declare", "--list", "--json", "--config", "site.toml"))["open"]
    if left:
        raise RuntimeError(f"questions were left out: {left}")
    return wall_s


def from_clone(folder: Path, quick: bool) -> tuple[float, float]:
    """Return the seconds of `make demo` in a fresh clone, with and without making its environment.

    `quick` measures the demo alone, with this environment.
    """
    begun = time.monotonic()
    if not quick:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder / "clone"], check=True)
        subprocess.run(["make", "--silent", "setup"], cwd=folder / "clone", check=True, stdout=subprocess.DEVNULL)
    ready = time.monotonic()
    run(folder, "demo", "--out", "demo", "--quiet", root=ROOT if quick else folder / "clone")
    if not (folder / "demo" / "report.html").is_file():
        raise RuntimeError("the demo wrote no report")
    end = time.monotonic()
    return end - begun, round(end - ready, 2)


def run(
    folder: Path, *arguments: str, answers: Sequence[str] = (), codes: Sequence[int] = (0,), root: Path = ROOT
) -> str:
    """Run a command in a folder and return what it printed; end where it ends otherwise than expected."""
    python = root / ".venv" / "bin" / "python"
    done = subprocess.run(
        [python if python.is_file() else sys.executable, "-P", "-m", "agent", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(root), "XDG_STATE_HOME": str(folder / "state")},
        input="".join(f"{answer}\n" for answer in answers),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode not in codes:
        raise RuntimeError(f"{arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
