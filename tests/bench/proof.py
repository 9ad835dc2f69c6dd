"""What a pass rests on: evidence knocked out of a healthy site, and every lie of the gallery told to real cycles.

Run: python tests/bench/proof.py [--quick] [--json]. It takes about a quarter of an hour; --quick tells the lies of
one world and knocks evidence out of a site of few looks.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from measure.figures import Figure, flags, say, show

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from healthy_site import LEARNING_LOOKS, healthy_site
from knockouts import cells, coverage, furnished
from obligation_mutants import survivors

from agent.demo.liars.gallery import gallery
from agent.demo.liars.table import LIES
from agent.model.finding import Finding
from agent.site.config.load import load
from masking.worker.client import Worker

CELLS = Figure("knockout_cells", "cells", 180, "higher")
COVERED = Figure("knockout_coverage", "ratio", 1, "higher")
WRONG = Figure("knockout_wrong_pass", "cells", 0, "lower")
KILLED = Figure("obligation_mutants_killed", "ratio", 1, "higher")
TOLD = Figure("lies", "lies", 70, "higher")
WRONG_PASS = Figure("lies_wrong_pass", "lies", 0, "lower")
WRONG_FAIL = Figure("lies_wrong_fail", "lies", 0, "lower")
QUICK_WORLD, QUICK_LOOKS = "store", 3


def knocked_out(folder: Path, looks: int) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Return the figures of knock-outs and mutants on a healthy site, and what was not covered, stayed or survived."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Worker(timeout_s=60.0) as worker,
        healthy_site(folder, worker, patch, looks) as world,
    ):
        world.look()
        if world.seen is None:
            raise RuntimeError("the site was not looked at")
        (site, facts), now = furnished(load(world.config), world.seen.facts), world.clock.at
        tried = tuple(cells(site, facts, now))
        there, alive = survivors(site, facts, now)
    covered, missing = coverage(tried)
    stayed = [f"{one.operation} {one.check} {one.kind}" for one in tried if one.stayed]
    killed = 1 - len(alive) / max(1, len(there))
    numbers = {CELLS.name: len(tried), COVERED.name: covered, WRONG.name: len(stayed), KILLED.name: killed}
    return numbers, {"uncovered": missing, "stayed": stayed, "alive": [" ".join(one) for one in sorted(alive)]}


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        (healthy := Path(name, "healthy")).mkdir()
        (lying := Path(name, "lying")).mkdir()
        say("evidence is knocked out of a healthy site")
        numbers, why = knocked_out(healthy, QUICK_LOOKS if asked.quick else LEARNING_LOOKS)
        lies = [lie for lie in LIES if not asked.quick or lie.world == QUICK_WORLD]
        verdicts = list(gallery(lying, datetime.now(UTC), lambda message: say(str(message)), lies))
    believed = [one.lie.name for one in verdicts if _wrong(one.wrong, one.said, "pass")]
    accused = [one.lie.name for one in verdicts if _wrong(one.wrong, one.said, "fail", "warn")]
    figures = {
        **{one.name: one.of([numbers[one.name]]) for one in (CELLS, COVERED, WRONG, KILLED)},
        TOLD.name: TOLD.of([len(verdicts)]),
        WRONG_PASS.name: WRONG_PASS.of([len(believed)]),
        WRONG_FAIL.name: WRONG_FAIL.of([len(accused)]),
    }
    untold = [one.lie.name for one in verdicts if not one.told]
    show("proof", asked, figures, {**why, "believed": believed, "accused": accused, "untold": untold})


def _wrong(keys: tuple[str, ...], said: Mapping[str, Finding | None], *statuses: str) -> bool:
    found = (said[key] for key in keys)
    return any(one is not None and one.status in statuses for one in found)


if __name__ == "__main__":
    main()
