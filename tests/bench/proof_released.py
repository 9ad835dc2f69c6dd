"""Tells every lie to release 0.1: its own tree, its own command line, its clock set to that of the simulated site.

The worlds are those of the gallery, served by this tree. Release 0.1 approves their views and looks at them by
`check --json`; no history of it is needed for that, and none is given to it. A lie has fooled it where a finding that
must not pass passes, and did before the lie: a check that it did not have says nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.demo.liars.gallery import ADOPTED_BY
from agent.demo.liars.lie import Lie
from agent.demo.liars.worlds import LIE_STEP, Clock, World, build
from agent.demo.liars.worlds_table import WORLDS
from masking.worker.client import Worker

RELEASE = "9c5cd3f"
TIMEOUT_S, DEADLINE_S = 300.0, 20
AT_THAT_TIME = """
import sys
from datetime import datetime
try:
    import agent.host.clock as clock
except ImportError:  # where it lay in release 0.1
    import agent.daemon as clock
at = datetime.fromisoformat(sys.argv.pop(1))
clock.utc_now = lambda: at
from agent.cli import main
sys.exit(main())
"""
"""Starts the command line of a tree at a moment: what reads the clock there takes it from this one function."""

SAME_CAUSE: Mapping[str, str] = {
    "sound_beside_the_settings": "sound_in_the_stream",
    "disk_without_bytes": "disk_of_nothing",
    "swapped_tokens": "swapped_sources",
    "cached_while_unconnected": "picture_of_a_lost_camera",
    "second_sub_stream": "third_stream",
    "hidden_input": "hidden_channel",
    "pictures_for_footage": "metadata_tracks",
    "disk_left_out": "disk_out_of_the_list",
    "bare_third_stream": "third_stream",
}
"""Lies that rest on the mechanism of another one, told by another maker's device: both are one cause."""


@dataclass(frozen=True, slots=True)
class Fooled:
    """What release 0.1 said of one lie: the keys that passed and must not, and all that it said of the lie's keys."""

    lie: Lie
    passed: tuple[str, ...]
    said: Mapping[str, str]


def causes(fooled: Sequence[Fooled]) -> tuple[str, ...]:
    """Return the causes by which it was fooled, each once."""
    return tuple(dict.fromkeys(SAME_CAUSE.get(one.lie.name, one.lie.name) for one in fooled if one.passed))


def told_to_release(tree: Path, folder: Path, now: datetime, lies: Sequence[Lie]) -> Iterator[Fooled]:
    """Tell lies to release 0.1, world by world.

    Args:
        tree: Where release 0.1 is unpacked.
        folder: Empty; for the worlds' configurations and stores.
        now: The time at which all worlds begin.
        lies: Which ones.
    """
    with Worker() as worker:
        for name in WORLDS:
            its_own = [lie for lie in lies if lie.world == name]
            if not its_own:
                continue
            there = build(name, folder / name, Clock(now), worker)
            hurry(there)
            try:
                there.record()
                asked(tree, there, "masks", "adopt", "--yes", *ADOPTED_BY, "--rounds", "3", "--quiet")
                honest = looked(tree, there)
                for lie in its_own:
                    yield _told(tree, there, lie, honest)
            finally:
                there.site.stop()


def _told(tree: Path, there: World, lie: Lie, honest: Mapping[str, str]) -> Fooled:
    said: Mapping[str, str] = {}
    with there.lying(lie) as (telling, _):
        for _ in range(lie.looks):
            there.record(telling)
            said = looked(tree, there)
            there.clock.at += LIE_STEP
    of_it = {key: said.get(key, "") for key in lie.right}
    passed = tuple(
        key for key, allowed in lie.right.items()
        if of_it[key] == honest.get(key) == "pass" and "pass" not in allowed
    )  # fmt: skip
    return Fooled(lie, passed, of_it)


def hurry(there: World) -> None:
    """Give each device a third of a minute, as release 0.1 ships it: listing all footage takes what there is."""
    text = there.config.read_text("utf-8")
    there.config.write_text(re.sub(r"deadline_s = \d+", f"deadline_s = {DEADLINE_S}", text), "utf-8")


def looked(tree: Path, there: World) -> dict[str, str]:
    """Look once, and return the status of every finding by its key."""
    return {key: status for key, (status, _) in judged(tree, there).items()}


def judged(tree: Path, there: World) -> dict[str, tuple[str, str]]:
    """Look once, and return status and reason of every finding by its key."""
    answer = json.loads(asked(tree, there, "check", "--json", "--rounds", "1"))
    return {f"{one['check']} {one['subject']}": (one["status"], one.get("reason", "")) for one in answer["findings"]}


def asked(tree: Path, there: World, *arguments: str) -> str:
    """Run a command of a tree on a world at the world's time, and return what it printed.

    Raises:
        RuntimeError: It broke down; that a finding is not well is no breakdown.
    """
    places = {"PYTHONPATH": str(tree), "XDG_STATE_HOME": str(there.config.parent / "xdg"), "LANG": "C.UTF-8"}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-P", "-c", AT_THAT_TIME, there.clock().isoformat(), *arguments]
    done = subprocess.run(
        [*command, "--config", str(there.config), "--lang", "en"],
        env=kept | places, cwd=there.config.parent, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1, 2, 3) or not (done.stdout or arguments[0] == "masks"):
        raise RuntimeError(f"{tree.name} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout
