"""The benches run, and print the figures that they promise: `make bench-quick`, where a bench has changed.

No time is judged here: `--quick` shows that a bench works, and its figures mean nothing, but for what a kill may lose.
What a change of the product may do to them is tried with all tests: `tests/house/test_bench.py` loads each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench_figures import FIGURES

BENCH = Path(__file__).parent


@pytest.mark.parametrize("bench", FIGURES)
def test_a_bench_prints_one_object_with_exactly_its_figures(bench: str) -> None:
    words = [sys.executable, str(BENCH / f"{bench}.py"), "--quick", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=BENCH.parents[1], check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["bench"] == bench and said["quick"] is True
    assert {"cpus", "processor", "python", "system", "load_1min", "loop_ms", "measured_at"} == set(said["machine"])
    found = {name: (one["unit"], one["goal"], one["better"]) for name, one in said["figures"].items()}
    assert found == FIGURES[bench]
    for one in said["figures"].values():
        assert one["n"] >= 1 and one["low"] <= one["value"] <= one["high"]
    if bench == "cluster_faults":
        assert [said["figures"][name]["value"] for name in ("lost", "order_breaks")] == [0, 0], done.stderr
    if bench == "hub_kills":  # however few, and however busy the machine is
        assert [said["figures"][name]["value"] for name in ("lost", "double", "unsound")] == [0, 0, 0], done.stderr
