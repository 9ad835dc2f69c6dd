"""Measures cycles of an earlier commit beside those of this checkout, in turn, in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure.figures import say
from measure.processes import BENCH, ROOT, run, service_environment, stub_devices, traffic

PACKAGES = ("agent", "drivers", "masking")


@dataclass(frozen=True, slots=True)
class Beside:
    """What cycles of this checkout cost, divided by those of the earlier commit, one ratio a round."""

    cpu: tuple[float, ...]
    bytes: tuple[float, ...]
    told: Mapping[str, Any]


THIS_CHECKOUT = ""
"""The revision of a quick run, whose figures mean nothing: another tree would be compiled anew for it."""


def unpacked(revision: str, folder: Path) -> Path:
    """Unpack a commit's tree into a folder, where what is there already stays; return the checkout for its own.

    An archive, not a worktree: a run that is killed leaves nothing behind in the repository.
    """
    if revision == THIS_CHECKOUT:
        return ROOT
    if not folder.exists():
        packed = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=False)
        if packed.returncode:
            sys.exit(f"the commit {revision} is not in this clone: fetch the whole history")
        folder.mkdir(parents=True)
        subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return folder


def tree_environment(root: Path) -> dict[str, str]:
    """Return what a client of a tree gets as environment."""
    return service_environment() | {"PYTHONPATH": os.pathsep.join((str(BENCH), str(root)))}


def cycles_beside(revision: str, folder: Path, devices: int, cycles: int, rounds: int) -> Beside:
    """Run cycles over so many cameras, each a device of its own, by an earlier commit and by this checkout in turn."""
    ahead = folder / "ahead"
    ahead.write_text("0")
    before = unpacked(revision, folder / "before")
    trees = {"before": tree_environment(before), "now": tree_environment(ROOT)}
    # as installed: without its bytecode each start would compile anew; for one round that is dearer than it is worth
    for root in (before, ROOT) if rounds > 1 else ():
        subprocess.run([sys.executable, "-I", "-m", "compileall", "-q", *PACKAGES], cwd=root, check=True)
    spent: dict[str, list[float]] = {name: [] for name in trees}
    moved: dict[str, list[int]] = {name: [] for name in trees}
    with stub_devices(["healthy"] * devices, ahead) as ports:
        for number in range(rounds):
            say(f"cycles over {devices} cameras, round {number + 1} of {rounds}")
            for name, tree in trees.items():
                ahead.write_text("0")
                begun = traffic(ports[0]["http"])
                given = {"ports": [one["http"] for one in ports], "ahead": str(ahead), "cycles": cycles}
                given |= {"user": "admin", "password": "bench-Pa55"}
                said = run("cycle", given, environment=tree, timeout_s=900).said
                spent[name].append(statistics.median(said["cpu_s"]))
                moved[name].append(traffic(ports[0]["http"]) - begun)
    told = {f"{name}_cpu_s": [round(one, 2) for one in each] for name, each in spent.items()}
    told |= {f"{name}_bytes": each for name, each in moved.items()}
    return Beside(
        tuple(now / then for now, then in zip(spent["now"], spent["before"], strict=True)),
        tuple(now / then for now, then in zip(moved["now"], moved["before"], strict=True)),
        {"devices": devices, "cycles_in_a_round": cycles, **told},
    )
