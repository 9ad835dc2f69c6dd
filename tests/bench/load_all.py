"""Loads every bench and every part of one, and prints the figures that each bench declares, as JSON.

Run: python tests/bench/load_all.py. Nothing is measured and nothing started: it ends with an error where a bench names
what the product no longer has. One process for all: to load the product is what takes the time.
"""

from __future__ import annotations

import importlib
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from measure.figures import Figure

BENCH: Final = Path(__file__).resolve().parent
PARTS: Final = ("clients", "measure", "scenes", "stubs")
ELSEWHERE: Final = frozenset({"clients.onvif_python", "train_masks"})
"""What runs in an environment of its own: the tests' has another package by that name, or none."""


def main() -> None:
    """Load all, and print."""
    sys.path[1:1] = [str(BENCH.parents[1]), str(BENCH.parent), str(BENCH.parent / "support")]
    for part in PARTS:
        for path in sorted((BENCH / part).glob("*.py")):
            if (name := f"{part}.{path.stem}") not in ELSEWHERE:
                importlib.import_module(name)
    told = {}
    for path in sorted(set(BENCH.glob("*.py")) - {BENCH / f"{name}.py" for name in ELSEWHERE}):
        loaded = runpy.run_path(str(path), run_name=path.stem)
        told[path.stem] = {one.name: (one.unit, one.goal, one.better) for one in declared(loaded.values())}
    print(json.dumps(told))


def declared(values: object) -> Iterator[Figure]:
    """Yield the figures among these values, and in the tables among them."""
    if isinstance(values, Figure):
        yield values
    elif isinstance(values, dict):
        yield from declared(values.values())
    elif isinstance(values, tuple | list | type({}.values())):
        for one in values:
            yield from declared(one)


if __name__ == "__main__":
    main()
