"""Bench `hub_kills`: any process is killed at random while the hub receives, cleans, is backed up and imports.

Run: python tests/bench/hub_kills.py [--quick] [--json] [--kills N]. What each figure means stands in README.md beside
this file. HUB_KILLS_SEED draws other moments and victims.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub_kills_parts import (
    Backups,
    Command,
    Imports,
    LogWatch,
    database_mb,
    hub_says,
    log_faults,
    put_old,
    restored_faults,
    twice,
)
from soak_account import Hubs, account, read_journal
from soak_stage import Stage

from measure.figures import Figure, flags, say, show

KILLS: Final = Figure("kills", "kills", 200, "higher")
LOST: Final = Figure("lost", "reports", 0, "lower")
DOUBLE: Final = Figure("double", "reports", 0, "lower")
UNSOUND: Final = Figure("unsound", "faults", 0, "lower")

VICTIMS: Final = {"hub": 4, "backup": 2, "import": 2, "broker": 1, "agent": 1}
"""How often each is drawn."""

PAUSE_S: Final = (0.02, 1.6)
"""Between two kills; a start of an interpreter is a part of it."""

WITNESS_EACH: Final = 10
HUB_UNAVAILABLE: Final = 69
"""The hub ends so where its broker is down when it starts: whoever runs it starts it again."""

_LOGGED_WITHIN_S: Final = 120.0


@dataclass(slots=True)
class Course:
    """Everything that runs while kills are drawn, and what was killed in which state."""

    stage: Stage
    backups: Backups
    imports: Imports
    commands: tuple[Command, ...]
    watch: LogWatch
    killed: Counter[str]
    hub_ends: Counter[int]
    broker_runs: bool = True

    def run(self, kills: int, dice: random.Random) -> None:
        """Kill so often."""
        waits = threading.Event()
        while self.killed.total() < kills:
            self.go_on()
            waits.wait(dice.uniform(*PAUSE_S))
            (victim,) = dice.choices(list(VICTIMS), list(VICTIMS.values()))
            state = self._kill(victim)
            if not state:
                continue
            self.killed[state] += 1
            if self.killed.total() % WITNESS_EACH == 0:
                self.watch.look()
            if self.killed.total() % 20 == 0:
                say(f"{self.killed.total()} kills, {self.stage.committed()} reports committed")

    def go_on(self) -> None:
        """Start whatever has ended, as an init system and people do."""
        if not self.broker_runs:
            self.stage.broker.start()
            self.broker_runs = True
        hub = self.stage.hub
        if not hub.running:
            if hub.code is not None:
                self.hub_ends[hub.code] += 1
            hub.begin()
        self.stage.start_agent()
        for command in self.commands:
            command.go_on()

    def _kill(self, victim: str) -> str:
        """End a process; return it with its state, empty where it had ended by itself."""
        stage = self.stage
        if victim == "hub":
            if not stage.hub.running:
                return ""
            state = "hub" if stage.hub.is_ready else "hub that starts"
            stage.hub.stop(signal.SIGKILL)
            return state
        if victim == "broker":
            stage.broker.kill()
            self.broker_runs = False
            return victim
        if victim == "agent":
            stage.end_agent(signal.SIGKILL)
            return victim
        (command,) = (one for one in self.commands if one.name == victim)
        return command.kill()


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "", "--kills")
    kills = asked.number or (6 if asked.quick else 220)
    old = 1_500 if asked.quick else 60_000
    seed = int(os.environ.get("HUB_KILLS_SEED", "24"))
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hub-kills-", dir=os.environ.get("BENCH_DIRECTORY")) as name:
        home = Path(name)
        stage = Stage(home, disk=False)
        known = put_old(home, stage.hub_data, old)
        say(f"{len(known)} old reports, {database_mb(stage.hub_data)} MB")
        backups, imports = Backups(stage.hub_data, home), Imports(stage.hub_data, home, 300 if asked.quick else 1_500)
        commands = (
            Command("backup", backups, home / "backup.log"),
            Command("import", imports, home / "import.log"),
        )
        watch = LogWatch(stage.hub_data, home)
        course = Course(stage, backups, imports, commands, watch, Counter(), Counter())
        with stage:
            course.run(kills, random.Random(seed))
            say("the kills are over; everything is to be confirmed")
            figures, conditions = _figures(course, known)
    conditions |= {"old_reports": old, "seed": seed, "wall_s": round(time.monotonic() - begun_s, 1)}
    show("hub_kills", asked, figures, conditions)


def _figures(course: Course, known: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let everything finish, restart the hub, and seek every report."""
    stage, data = course.stage, course.stage.hub_data
    course.go_on()
    for command in course.commands:
        command.finish()
    while course.imports.is_pending:
        for command in course.commands:
            command.go_on()
            command.finish()
    said = stage.drain()
    stage.hub.stop()
    stage.hub.start()
    _until(lambda: hub_says(data, "log")["waiting"] == 0, "the log has not taken everything")
    course.watch.look()
    stage.hub.stop()
    hubs = Hubs()
    hubs.read(data / "hub.db", present=True)
    journal = read_journal(stage.journal)
    where, lost = account(journal, hubs)
    for line in lost[:10]:
        say(f"lost: {line}")
    missing = {
        "of_the_agent": len(lost),
        "old_or_carried": len((known | course.imports.taken) - hubs.present),
        "in_backups": course.backups.lost,
    }
    verified, checked = hub_says(data, "verify", "--all"), hub_says(data, "check")
    log_twice, log_wrong = log_faults(data)
    faults = {
        "reports_that_do_not_verify": verified["wrong"],
        "rows_that_are_not_what_was_stored": checked["altered"],
        "log_entries_wrong_or_missing": log_wrong,
        "log_refused_by_the_witness": course.watch.refused,
        "half_backups": course.backups.wrong,
        "not_whole_after_a_restore": restored_faults(data, stage.directory),
        "not_confirmed_at_the_end": 0 if said["drained"] else 1,
        "hub_ended_by_itself": sum(n for code, n in course.hub_ends.items() if code != HUB_UNAVAILABLE),
    }
    figures = {
        KILLS.name: KILLS.of([course.killed.total()]),
        LOST.name: LOST.of([sum(missing.values())]),
        DOUBLE.name: DOUBLE.of([twice(data) + log_twice]),
        UNSOUND.name: UNSOUND.of([sum(faults.values())]),
    }
    return figures, {
        "killed": dict(sorted(course.killed.items())),
        "lost": missing,
        "faults": faults,
        "committed_reports": len(journal),
        "where_they_are": dict(where),
        "carried_reports": len(course.imports.taken),
        "carried_batches": course.imports.batches,
        "whole_backups": course.backups.whole,
        "reports": verified["reports"],
        "bodies": verified["bodies"],
        "witness_looks": course.watch.looks,
        "duplicates_absorbed": hubs.counts["duplicates"],
        "hub_ended_without_a_broker": course.hub_ends[HUB_UNAVAILABLE],
        "database_mb": database_mb(data),
    }


def _until(is_so: Callable[[], bool], otherwise: str) -> None:
    """Wait for what nobody announces. Raises RuntimeError."""
    waits, until_s = threading.Event(), time.monotonic() + _LOGGED_WITHIN_S
    while not is_so():
        if time.monotonic() > until_s:
            raise RuntimeError(otherwise)
        waits.wait(0.5)


if __name__ == "__main__":
    main()
