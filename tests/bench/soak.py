"""Bench `soak`: random faults, one after the other, on a site that reports all the time; then every report is sought.

Run: python tests/bench/soak.py [--quick] [--json]. What each figure means stands in README.md beside this file. As root
it takes a mount namespace of its own, so that the agent's disk can be filled. SOAK_SEED changes the order of faults.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from soak_account import Hubs, account, read_journal
from soak_faults import FAULTS, Fault
from soak_stage import Stage, can_mount

from measure.figures import Figure, flags, say, show

DONE: Final = Figure("soak_faults", "faults", 200, "higher")
LOST: Final = Figure("soak_lost", "reports", 0, "lower")

_PAUSE_S: Final = (0.05, 0.6)


@dataclass(frozen=True)
class Amounts:
    """How many faults, and after how long no further one begins."""

    faults: int
    most_s: float


FULL: Final = Amounts(240, 480.0)
QUICK: Final = Amounts(15, 25.0)


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    _own_namespace()
    amounts = QUICK if asked.quick else FULL
    seed = int(os.environ.get("SOAK_SEED", "6"))
    with tempfile.TemporaryDirectory(prefix="soak-", dir=os.environ.get("BENCH_DIRECTORY")) as folder:
        stage = Stage(Path(folder), can_mount())
        with stage:
            figures, conditions = _soak(stage, amounts, random.Random(seed))
    show("soak", asked, figures, conditions | {"seed": seed})


def _own_namespace() -> None:
    """Start again in a mount namespace of our own, where that is allowed."""
    if os.geteuid() or "SOAK_NAMESPACE" in os.environ or shutil.which("unshare") is None:
        return
    words = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
        os.environ["SOAK_NAMESPACE"] = "1"
        os.execvp("unshare", [*words, sys.executable, *sys.argv])  # noqa: S606  a fixed program


def _soak(stage: Stage, amounts: Amounts, dice: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    begun_s = time.monotonic()
    done: Counter[str] = Counter()
    not_done: Counter[str] = Counter()
    for number, fault in enumerate(_order(amounts.faults, dice), 1):
        if time.monotonic() - begun_s > amounts.most_s:
            say(f"time is up after {number - 1} faults")
            break
        missed = fault.does(stage, dice)
        if missed:
            not_done[f"{fault.name}: {missed}"] += 1
            say(f"{number}: {fault.name}: {missed}")
        else:
            done[fault.name] += 1
        stage.start_agent()
        if number % 20 == 0:
            say(f"{number} faults, {stage.committed()} reports committed, {time.monotonic() - begun_s:.0f} s")
        threading.Event().wait(dice.uniform(*_PAUSE_S))
    say("the faults are over; everything is to be confirmed")
    return _figures(stage, done, not_done, begun_s)


def _figures(
    stage: Stage, done: Counter[str], not_done: Counter[str], begun_s: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    asked_s = time.monotonic()
    said = stage.drain()
    took_s = time.monotonic() - asked_s
    stage.hub.stop()
    hubs = Hubs()
    for path in stage.lost_databases:
        if path.exists():
            hubs.read(path, present=False)
    hubs.read(stage.hub_data / "hub.db", present=True)
    journal = read_journal(stage.journal)
    where, lost = account(journal, hubs)
    # Liveness: the report that was committed last, after all faults, must be there and the spool empty.
    alive = bool(said["drained"]) and journal[-1]["digest"] in hubs.present
    if not alive:
        say(f"not alive after the faults: {said}")
    for line in lost[:10]:
        say(f"lost: {line}")
    missing = len(lost) + (0 if alive else 1)
    figures = {DONE.name: DONE.of([done.total()]), LOST.name: LOST.of([missing])}
    conditions = {
        "committed_reports": len(journal),
        "where_they_are": dict(where),
        "alive_after_the_faults": alive,
        "confirmed_after_s": round(took_s, 1),
        "faults": dict(sorted(done.items())),
        "faults_that_could_not_be_made": dict(not_done),
        "duplicates_absorbed": hubs.counts["duplicates"],
        "forks_told": hubs.counts["forks"],
        "tampered": hubs.counts["tampered"],
        "rejected": {name: n for name, n in hubs.counts.items() if name.startswith("rejected")},
        "gap_records_by_reason": dict(hubs.reasons),
        "agent_starts": stage.agent_starts,
        "agent": said,
        "wall_s": round(time.monotonic() - begun_s, 1),
    }
    return figures, conditions


def _order(number: int, dice: random.Random) -> list[Fault]:
    """Return so many faults in random order: each kind at least once where there is room, else as often as it says."""
    chosen = list(FAULTS) if number >= len(FAULTS) else []
    chosen += dice.choices(FAULTS, weights=[fault.often for fault in FAULTS], k=number - len(chosen))
    dice.shuffle(chosen)
    return chosen


if __name__ == "__main__":
    main()
