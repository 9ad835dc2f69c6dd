"""Bench `link_truth`: is each lie in a catalogue found, and is no honest camera called a liar?

Run: python tests/bench/link_truth.py [--quick] [--json]. What is drawn stands in `link_truth_cameras.py`, what liars
tell in `link_truth_lies.py`. Each camera goes from the bytes of its device to the comparison; the seeds are fixed, so
that a run can be repeated.
"""

from __future__ import annotations

import random
from collections import Counter

from link_truth_cameras import honest
from link_truth_lies import LIES

from agent.judge.checks.platform.compared import ROWS, compare
from measure.figures import Figure, flags, say, show

FOUND = Figure("lies_found_ratio", "", 1, "higher")
FALSE = Figure("false_differences", "cameras", 0, "lower")
ENCODINGS = ("gb18030", "utf-8")
CAMERAS, LIARS = 20_000, 200
"""Honest cameras, and liars of each kind."""


def main() -> None:
    """Draw, compare and count."""
    given = flags(__doc__ or "")
    cameras, liars = (1_000, 20) if given.quick else (CAMERAS, LIARS)
    states: Counter[tuple[str, str]] = Counter()
    wrong: list[tuple[int, str]] = []
    for number in range(cameras):
        lot = random.Random(f"honest {number}")
        one = honest(lot)
        found = compare(one.told(lot.choice(ENCODINGS)), one.true)
        states.update((fact, each.state) for fact, each in found.items())
        wrong += [(number, fact) for fact, each in found.items() if each.state == "differs"]
    missed: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for name, (fact, lie) in LIES.items():
        for number in range(liars):
            lot = random.Random(f"{name} {number}")
            one = lie(lot, honest(lot))
            found = compare(one.told(lot.choice(ENCODINGS)), one.true)
            missed[name] += found[fact].state != "differs"
            beside[name] += sum(each.state == "differs" for other, each in found.items() if other != fact)
    if not given.as_json:
        for name, count in missed.items():
            say(f"{name:36} missed {count} of {liars}, others called untrue {beside[name]}")
    for number, fact in wrong[:20]:
        say(f"honest camera {number}: {fact} called untrue")
    total = len(LIES) * liars
    figures = {
        FOUND.name: FOUND.of([1 - missed.total() / total]),
        FALSE.name: FALSE.of([len({number for number, _ in wrong}) + beside.total()]),
    }
    conditions = {
        "honest_cameras": cameras,
        "kinds_of_lies": len(LIES),
        "liars": total,
        "facts": {fact: {state: states[fact, state] for state in ("same", "unknown", "not-told")} for fact in ROWS},
    }
    show("link_truth", given, figures, conditions)


if __name__ == "__main__":
    main()
