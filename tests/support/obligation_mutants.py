"""Drops one obligation of a check at a time, and asks whether the knock-outs alone would notice. Pure.

A mutant is a check that does not ask for one kind of obligation (`agent/judge/obligations.py`), or for one path of it.
It is killed where something is knocked out, or contradicted, and nothing but that obligation stands against the pass:
the mutant would write it, or ask for nothing and be mistaken. No check runs twice: what a mutant would say follows from
the outcomes of the true one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

import pytest
from contradictions import contradicted
from knockouts import EMPTIED, KNOWN, MEMORIES, OPERATIONS, empty, truncate

from agent.judge import verdict as judging
from agent.judge.admitted import admitted
from agent.judge.check import Check
from agent.judge.checks.table import CHECKS
from agent.judge.claim import Held, Outcome
from agent.judge.obligations import obligation_of
from agent.observe.facts.facts import Facts
from agent.observe.remembered.value import EMPTY
from agent.site.config.site import Site
from drivers.model import Value

Mutant = tuple[str, str]
"""A check, and the kind of obligation that it does not ask for."""

SAME: Mapping[str, str] = {
    "confirmed": "hidden", "new channels": "channels", "newcomers": "answers", "asked": "asked",
}  # fmt: skip
"""Kinds of keys that stand for another one where it is open."""

NEVER_ALONE: Mapping[Mutant, str] = {
    ("filing-device-list-match", "filed"): "that another device was filed is told before anything is asked",
    ("mask-approval", "approved"): "whom nobody approved is told before anything is asked",
    **{
        (check, kind): "a platform that is not set up, or not declared, is told before anything is asked"
        for check, kinds in (
            ("platform-interface-configured", ("link", "declared")),
            ("platform-registered", ("link", "declared")),
            ("platform-keepalive", ("declared",)),
            ("platform-catalog-complete", ("declared",)),
        )
        for kind in kinds
    },
    ("retention-forecast", "rate"): "of a recorder with one camera that is told before anything is asked",
    ("mask-approval", "cameras"): "that there are cameras is what the site file says: nothing can break it",
    ("recording-completeness", "recording goes on"): "a recorder that stopped is told before anything is asked",
    ("recording-tamper", "ends"): "that the ends moved is told before anything is asked",
}
"""Obligations that stand beside others and that no observation breaks; with the reason."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a check asked for about one subject: the kinds of its obligations, and those that were not held."""

    check: str
    kinds: frozenset[str]
    against: frozenset[str]


def kind_of(check: str, key: str) -> str:
    """Return the kind of an obligation; where each path has its own, with the path."""
    row = obligation_of(check, key)
    family = row.family if row is not None else key.split(" ")[0]
    family = SAME.get(key, SAME.get(family, family))
    by_path = key.startswith(("hidden ", "confirmed ", "path "))
    return f"{family} {key.rpartition(' ')[2]}" if by_path else family


def judged(site: Site, facts: Facts, now: datetime) -> list[Judged]:
    """Run every check, and return what each asked for."""
    found: list[Judged] = []
    asked: list[tuple[str, tuple[Outcome, ...]]] = []

    def noting(check: Check, outcomes: Iterable[Outcome], real: Callable = judging.in_time) -> tuple[Outcome, ...]:  # type: ignore[type-arg]
        asked.append((check.id, real(check, outcomes)))
        return asked[-1][1]

    facts = admitted(site, facts, now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "in_time", noting)
        for row in CHECKS:
            row.run(replace(row, at=now), site, facts, now)
    for check, outcomes in asked:
        kinds = {kind_of(check, one.key) for one in outcomes}
        against = {kind_of(check, one.key) for one in outcomes if not isinstance(one, Held)}
        found.append(Judged(check, frozenset(kinds), frozenset(against)))
    return found


def knocked_out(site: Site, facts: Facts, now: datetime) -> Iterator[tuple[Site, Facts]]:
    """Yield the site after each knock-out of each kind and memory, and under each contradiction."""
    kinds: dict[type[Value], None] = dict.fromkeys(kind for row in KNOWN.values() for kind in row.kinds)
    for kind in kinds:
        for operation in OPERATIONS:
            if operation not in (empty, truncate) or kind in EMPTIED:
                yield site, operation(facts, kind)
    for area in dict.fromkeys(MEMORIES.values()):
        yield site, replace(facts, remembered=replace(facts.remembered, **{area: getattr(EMPTY, area)}))
    for _, other, changed in contradicted(site, facts, now):
        yield other, changed


def mutants(site: Site, facts: Facts, now: datetime) -> frozenset[Mutant]:
    """Return every mutant of the checks that pass on these facts, but for those that would ask for nothing at all.

    Those are no mutants: `verdict` refuses a check that asks for nothing.
    """
    passing = [one for one in judged(site, facts, now) if not one.against and len(one.kinds) > 1]
    return frozenset((one.check, kind) for one in passing for kind in one.kinds) - NEVER_ALONE.keys()


def survivors(
    site: Site, facts: Facts, now: datetime, most: int | None = None
) -> tuple[frozenset[Mutant], frozenset[Mutant]]:
    """Return all mutants, and those that no knock-out and no contradiction kills, or none of the first `most`."""
    there = mutants(site, facts, now)
    killed = {
        (one.check, *one.against)
        for other, changed in islice(knocked_out(site, facts, now), most)
        for one in judged(other, changed, now)
        if len(one.against) == 1
    }
    return there, there - killed
