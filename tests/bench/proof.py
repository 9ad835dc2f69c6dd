"""What a pass rests on: evidence knocked out of a healthy site, every lie told to real cycles, and honest sites kept.

Run: python tests/bench/proof.py [--quick] [--json]. It takes about an hour, most of it release 0.1's own looks; --quick
tells one lie, looks at one honest site, knocks a little evidence out of a site of few looks, and compares this checkout
with itself.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from measure.beside import THIS_CHECKOUT, cycles_beside, unpacked
from measure.figures import Figure, flags, say, show

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from healthy_site import LEARNING_LOOKS, healthy_site
from knockouts import cells, coverage, furnished
from obligation_mutants import survivors
from proof_honest import Looked, compared
from proof_released import RELEASE, Fooled, causes, told_to_release

from agent.demo.liars.gallery import Verdict, gallery
from agent.model.finding import Finding
from agent.site.config.load import load
from gallery.table import LIES
from masking.worker.client import Worker

CELLS = Figure("knockout_cells", "cells", 180, "higher")
COVERED = Figure("knockout_coverage", "ratio", 1, "higher")
WRONG = Figure("knockout_wrong_pass", "cells", 0, "lower")
KILLED = Figure("obligation_mutants_killed", "ratio", 1, "higher")
TOLD = Figure("lies", "lies", 70, "higher")
WRONG_PASS = Figure("lies_wrong_pass", "lies", 0, "lower")
WRONG_FAIL = Figure("lies_wrong_fail", "lies", 0, "lower")
FOOLED = Figure("lies_that_fooled_0_1", "causes", 40, "higher")
BLIND = Figure("blind_lies_wrong_pass_first_run", "lies", 0, "lower")
KEPT = Figure("honest_pass_kept_ratio", "", 0.95, "higher")
HONEST_WRONG = Figure("honest_wrong", "findings", 0, "lower")
CYCLE = Figure("cycle_64_cpu_ratio", "x", 1.15, "lower")
BYTES = Figure("device_bytes_ratio", "x", 1.15, "lower")
STREAMS = Figure("rtsp_sessions_per_box", "sessions", 1, "lower")

BEFORE = "2e758836"
"""The last commit before a finding was made of named obligations."""
FIRST_RUNS: Mapping[str, tuple[int, int]] = {"first set": (61, 21), "second set": (27, 9), "third set": (11, 8)}
"""Lies that were written before any check was read, and those that fooled it then: history, not measured anew."""
SITES = 32
QUICK_LIE, QUICK_LOOKS, QUICK_SITES, QUICK_CELLS = "twin_serial", 3, 1, 30


def knocked_out(folder: Path, looks: int, most: int | None) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Return the figures of knock-outs and mutants on a healthy site, and what was not covered, stayed or survived.

    With `most` only so many are tried.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        Worker(timeout_s=60.0) as worker,
        healthy_site(folder, worker, patch, looks) as world,
    ):
        world.look()
        if world.seen is None:
            raise RuntimeError("the site was not looked at")
        (site, facts), now = furnished(load(world.config), world.seen.facts), world.clock.at
        tried = tuple(islice(cells(site, facts, now), most))
        there, alive = survivors(site, facts, now, most)
    covered, missing = coverage(tried)
    stayed = [f"{one.operation} {one.check} {one.kind}" for one in tried if one.stayed]
    killed = 1 - len(alive) / max(1, len(there))
    numbers = {CELLS.name: len(tried), COVERED.name: covered, WRONG.name: len(stayed), KILLED.name: killed}
    return numbers, {"uncovered": missing, "stayed": stayed, "alive": [" ".join(one) for one in sorted(alive)]}


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    lies = [lie for lie in LIES if not asked.quick or lie.name == QUICK_LIE]
    with tempfile.TemporaryDirectory() as name:
        folders = {part: Path(name, part) for part in ("healthy", "lying", "released", "honest", "cycles")}
        for folder in folders.values():
            folder.mkdir()
        say("evidence is knocked out of a healthy site")
        quick = (QUICK_LOOKS, QUICK_CELLS) if asked.quick else (LEARNING_LOOKS, None)
        numbers, why = knocked_out(folders["healthy"], *quick)
        verdicts = list(gallery(folders["lying"], datetime.now(UTC), lambda message: say(str(message)), lies))
        say("the lies are told to release 0.1")
        released, earlier = (THIS_CHECKOUT, THIS_CHECKOUT) if asked.quick else (RELEASE, BEFORE)
        tree = unpacked(released, Path(name, "release"))
        before = list(told_to_release(tree, folders["released"], datetime.now(UTC), lies))
        say("honest sites are looked at by both")
        honest = list(
            compared(tree, folders["honest"], datetime.now(UTC), range(QUICK_SITES if asked.quick else SITES))
        )
        beside = cycles_beside(earlier, folders["cycles"], *((2, 1, 1) if asked.quick else (64, 4, 3)))
    figures = {one.name: one.of([numbers[one.name]]) for one in (CELLS, COVERED, WRONG, KILLED)}
    told = [_of_lies(verdicts), _of_release(before), _of_honest(honest)]
    for some, _ in told:
        figures |= some
    figures |= {CYCLE.name: CYCLE.of(beside.cpu), BYTES.name: BYTES.of(beside.bytes)}
    conditions: dict[str, Any] = {**why, "cycles": dict(beside.told)}
    for _, more in told:
        conditions |= more
    show("proof", asked, figures, conditions)


def _of_lies(verdicts: list[Verdict]) -> tuple[dict[str, Any], dict[str, Any]]:
    believed = [one.lie.name for one in verdicts if _wrong(one.wrong, one.said, "pass")]
    accused = [one.lie.name for one in verdicts if _wrong(one.wrong, one.said, "fail", "warn")]
    figures = {
        TOLD.name: TOLD.of([len(verdicts)]),
        WRONG_PASS.name: WRONG_PASS.of([len(believed)]),
        WRONG_FAIL.name: WRONG_FAIL.of([len(accused)]),
        BLIND.name: BLIND.of([sum(fooled for _, fooled in FIRST_RUNS.values())]),
    }
    untold = [one.lie.name for one in verdicts if not one.told]
    first = {name: {"lies": count, "wrong_pass": fooled} for name, (count, fooled) in FIRST_RUNS.items()}
    return figures, {"believed": believed, "accused": accused, "untold": untold, "first_runs": first}


def _of_release(fooled: list[Fooled]) -> tuple[dict[str, Any], dict[str, Any]]:
    found = causes(fooled)
    return {FOOLED.name: FOOLED.of([len(found)])}, {"causes_that_fooled_0_1": list(found)}


def _of_honest(sites: list[Looked]) -> tuple[dict[str, Any], dict[str, Any]]:
    findings = [one for site in sites for one in site.findings]
    offered = [one for one in findings if one.offered]
    kept = [one for one in offered if one.now[0] == "pass"]
    wrong = [f"{one.site} {one.key} {' '.join(one.now)}" for one in findings if one.wrong]
    named = sorted({f"{one.site} {one.key} {one.now[1]}" for one in findings if one.named})
    lost = [f"{one.site} {one.key} {' '.join(one.now)}" for one in offered if one.now[0] != "pass"]
    figures = {
        KEPT.name: KEPT.of([len(kept) / len(offered)]) | {"n": len(offered)},
        HONEST_WRONG.name: HONEST_WRONG.of([len(wrong)]) | {"n": len(findings)},
        STREAMS.name: STREAMS.of([max(site.most_streams for site in sites)]),
    }
    return figures, {"honest_sites": len(sites), "lost": lost, "lost_by_named_items": named, "not_true": wrong}


def _wrong(keys: tuple[str, ...], said: Mapping[str, Finding | None], *statuses: str) -> bool:
    found = (said[key] for key in keys)
    return any(one is not None and one.status in statuses for one in found)


if __name__ == "__main__":
    main()
