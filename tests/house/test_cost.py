"""What each test takes of the processor is listed, dearest first, with what the programs take that it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUSY_S = 0.4
SPENDS = f"""
import subprocess, sys, time
BUSY = "import time\\nwhile time.process_time() < {BUSY_S}: pass"

def test_starts_a_program():
    subprocess.run([sys.executable, "-ISc", BUSY], check=True)

def test_spends_it_itself():
    until = time.process_time() + 2 * {BUSY_S}
    while time.process_time() < until: pass

def test_spends_nothing():
    assert False
"""


def test_the_dearest_stands_first_and_a_program_that_a_test_starts_counts_for_it(tmp_path: Path) -> None:
    (tmp_path / "test_spends.py").write_text(SPENDS)
    words = [sys.executable, ROOT / "tests/flakes/cost.py", "--each", "test_spends.py"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)
    assert done.returncode == 1, "one of them fails, and that is told"
    listed = done.stdout[done.stdout.index("  CPU s     own children") :].splitlines()[1:]
    found = {line.split()[-1].partition("::")[2]: [float(one) for one in line.split()[:4]] for line in listed}
    assert list(found)[1:] == ["test_spends_it_itself", "test_starts_a_program", "test_spends_nothing"]
    assert found["test_starts_a_program"][2] >= BUSY_S > found["test_starts_a_program"][1]
    assert found["test_spends_it_itself"][1] >= 2 * BUSY_S and found["test_spends_it_itself"][2] == 0
