"""Each room keeps to its budget of AST nodes and modules in `budgets.toml`, which whoever makes it lighter lowers.

Nodes, because neither denser lines nor longer comments change them. A budget is raised with a reason in the file alone.
"""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PLACE = "tests/house/budgets.toml"
TOPS = ("agent", "drivers", "masking", "packaging", "tests")
SLACK = 1.02
"""A room that is lighter than its budget by more than this lowers it."""

Budgets = dict[str, Any]


def git(*words: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=True).stdout


def room_of(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "agent" and len(parts) > 2 else parts[0]


def nodes(source: str) -> int:
    """Return how many nodes a module has without those of its docstrings."""
    found = list(ast.walk(ast.parse(source)))
    texts = (
        isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str)
        for one in found
    )
    return len(found) - 2 * sum(texts)


def weights(files: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Return nodes and modules of each room, and of the product: all but tests."""
    heavy, many = Counter[str](), Counter[str]()
    for path, source in files.items():
        room = room_of(path)
        for name in (room, *(("product",) if room != "tests" else ())):
            heavy[name] += nodes(source)
            many[name] += 1
    return {name: (heavy[name], many[name]) for name in heavy}


def over(found: dict[str, tuple[int, int]], budgets: Budgets) -> list[str]:
    """Say of each room that is heavier than its budget by how much, and of one that has none."""
    return [
        f"{room}: {heavy} nodes in {many} modules, budget {budgets.get(room)}"
        for room, (heavy, many) in sorted(found.items())
        if room not in budgets or heavy > budgets[room][0] or many > budgets[room][1]
    ]


def raised(after: Budgets, before: Budgets) -> set[str]:
    """Return the rooms whose budget was raised without a reason."""
    rooms = before["room"].items()
    higher = {name for name, most in rooms if any(a > b for a, b in zip(after["room"][name], most, strict=True))}
    return {name for name in higher if after.get("raised", {}).get(name) in (None, before.get("raised", {}).get(name))}


@pytest.fixture(scope="module")
def budgets() -> Budgets:
    return tomllib.loads((ROOT / PLACE).read_text("utf-8"))


@pytest.fixture(scope="module")
def weighed() -> dict[str, tuple[int, int]]:
    names = git("ls-files", "--cached", "--others", "--exclude-standard", *(f"{top}/*.py" for top in TOPS)).split()
    return weights({name: (ROOT / name).read_text("utf-8") for name in names if (ROOT / name).is_file()})


def test_each_room_keeps_to_its_budget(weighed: dict[str, tuple[int, int]], budgets: Budgets) -> None:
    assert over(weighed, budgets["room"]) == []


def test_a_room_that_became_lighter_has_lowered_its_budget(
    weighed: dict[str, tuple[int, int]], budgets: Budgets
) -> None:
    loose = {room: most for room, most in budgets["room"].items() if most[0] > SLACK * weighed.get(room, (0, 0))[0]}
    assert loose == {}


def test_a_budget_is_raised_with_a_reason_alone(budgets: Budgets) -> None:
    """Held against the version before the last one: a change is judged by what stood when it began."""
    commits = git("log", "-n", "2", "--format=%H", "--", PLACE).split()
    for one in commits[1:]:
        assert raised(budgets, tomllib.loads(git("show", f"{one}:{PLACE}"))) == set()


def test_what_is_heavier_has_no_budget_or_was_raised_in_silence_is_found() -> None:
    files = {"agent/cli.py": '"""Says."""\nX = 1\n', "agent/hub/a.py": "X = 1\n", "tests/a.py": "X = 1\n"}
    found = weights(files)
    assert found == {"agent": (5, 1), "agent/hub": (5, 1), "product": (10, 2), "tests": (5, 1)}
    assert over(found, {room: list(most) for room, most in found.items()}) == []
    assert len(over(found, {"agent": [1, 1]})) == 4
    low, high = {"room": {"agent": [1, 1]}}, {"room": {"agent": [2, 1]}}
    assert raised(low, high) == set() and raised(high, low) == {"agent"}
    assert raised({**high, "raised": {"agent": "2026-12-07: a new duty of the Measures"}}, low) == set()
