"""Lists what each test file takes of the processor, with its set-up and the programs that it starts: `make test-cost`.

Run: python tests/flakes/cost.py [--each] PATH ... of tests. One process, one after the other. What was made for a whole
file or session counts for the first test that asks for it and the last before it ends; a program that outlives the
tests, or is nobody's child, as a server of PostgreSQL, is not seen.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import pytest

SHOWN: Final = 40


class Costs:
    """A plugin of pytest: seconds of this process, of its children, and by the clock, of each name."""

    def __init__(self, each: bool) -> None:
        self.taken: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        self._each = each

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure a test from its set-up to its teardown."""
        begun = _now()
        try:
            return (yield)
        finally:
            taken = self.taken[item.nodeid if self._each else item.nodeid.partition("::")[0]]
            taken[:] = [sum_s + now - then for sum_s, now, then in zip(taken, _now(), begun, strict=True)]


def _now() -> tuple[float, float, float]:
    took = os.times()
    return took.user + took.system, took.children_user + took.children_system, time.monotonic()


def rows(taken: dict[str, list[float]]) -> list[str]:
    """Return a line for each name, the dearest first, below one for all."""
    dearest = sorted(taken.items(), key=lambda one: -one[1][0] - one[1][1])
    listed = {"all of it": [sum(each) for each in zip(*taken.values(), strict=True)] or [0.0] * 3} | dict(dearest)
    lines = [
        f"{own + of_children:7.1f} {own:7.1f} {of_children:8.1f} {wall:7.1f}  {name}"
        for name, (own, of_children, wall) in listed.items()
    ]
    return ["  CPU s     own children    wall", *lines]


def main() -> int:
    """Run them, list the dearest, and end as pytest did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", action="store_true", help="by test, not by file")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="folders or files, as pytest takes them")
    asked = parser.parse_args()
    costs = Costs(asked.each)
    ended = pytest.main(["-q", "-p", "no:cacheprovider", *asked.paths], plugins=[costs])
    print(*rows(costs.taken)[: SHOWN + 2], sep="\n")
    return ended


if __name__ == "__main__":
    sys.exit(main())
