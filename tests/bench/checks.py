"""What judging a site costs, and how large the history of what was judged grows (`history.py`).

Run: python tests/bench/checks.py [--quick] [--json].
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import history
from delivery_sizes import NOW, facts_of, large_site

from agent.judge.checks.table import CHECKS, run_checks
from agent.site.config.site import Rules, Site
from agent.site.declarations.standing import Declaration, Value
from agent.site.declarations.table import DECLARABLES, Declarable
from measure.figures import Figure, flags, repeated, say, show

CPU = Figure("checks_64_cpu_ms", "ms", 150, "lower")

REPEATS = 31
GIVEN = date(2026, 1, 31)
VALUES: dict[str, Value] = {
    "flag": True,
    "date": GIVEN,
    "text": "P1",
    "number": 30,
    "list": ("P1",),
    "paper": "paper 1",
}


def judged_site() -> Site:
    """Return the site of 64 cameras for which everything is declared that can be, camera by camera where it can."""
    plain = large_site()
    rows = tuple(row for one in DECLARABLES for row in _words(one, [c.camera.id for c in plain.cameras]))
    return replace(plain, rules=Rules("full"), declarations=rows, in_use_since=GIVEN)


def _words(row: Declarable, cameras: list[str]) -> Iterator[Declaration]:
    value = row.choices[1].value if row.choices else VALUES[row.kind]
    paper = {"sha256": "a" * 64, "document_at": GIVEN} if row.kind == "paper" else {}
    for about in [(name,) for name in cameras] if row.scope == "camera" else [()]:
        yield Declaration(row.id, value, "Li Na", GIVEN, None, about, **paper)  # type: ignore[arg-type]


WITHOUT_SUBJECT = {"hub-certificate"}
"""Checks that have nothing to judge at this site: it has no certificate of a hub."""


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    site, facts = judged_site(), facts_of(lambda _: False)
    findings = run_checks(site, facts, NOW)
    if {check.id for check in CHECKS} - {finding.check for finding in findings} - WITHOUT_SUBJECT:
        raise RuntimeError("a check said nothing: its time is worth nothing")

    def once() -> float:
        started = time.process_time()
        run_checks(site, facts, NOW)
        return 1000 * (time.process_time() - started)

    say(f"{len(CHECKS)} checks of {len(site.cameras)} cameras with {len(site.declarations)} declarations")
    cpu = CPU.of(repeated(3 if asked.quick else REPEATS, once))
    conditions: dict[str, float] = {"checks": len(CHECKS), "declarations": len(site.declarations)}
    transitions = 100_000 if asked.quick else history.TRANSITIONS
    say(f"{transitions} transitions")
    size, found = history.measured(transitions)
    figures = {CPU.name: cpu, history.SIZE.name: history.SIZE.of([size])}
    show("checks", asked, figures, {**conditions, "findings": len(findings), "history": found})


if __name__ == "__main__":
    main()
