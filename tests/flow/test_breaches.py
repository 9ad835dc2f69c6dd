"""Every duty of the packs that is checked, broken once on a healthy site: it is found, and nothing else changes status.

The site runs once for the whole file and is put back before each breach. Where a breach changes no device, what devices
in order told at that time is told again; where it does, they are asked until the next one. Who writes a check has to
give each of its duties a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from breach_table import BREACHES, HELD_BACK, NEVER_JUDGED, NOT_READ_YET
from breaches import Breach
from healthy_site import World, healthy_site
from knockouts import OPERATIONS, cells, coverage, furnished
from obligation_mutants import survivors
from patience import PATIENCE_S

from agent.judge.checks.table import CHECKS
from agent.judge.obligations import obligation_of
from agent.judge.wording.held import is_held
from agent.model.finding import Finding
from agent.site.config.load import load
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped
from drivers.picture import PictureSeen
from masking.worker.client import Worker

WRITTEN = {check.id for check in CHECKS}
OBLIGATIONS = {name: one.check for name, one in obligations(shipped())}
HEALS_WITHIN = 6
"""Looks, a quarter of an hour apart."""

Statuses = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a breach: findings that changed of themselves, which checks changed, and whether it healed."""

    own: Mapping[str, tuple[str, str]]
    checks: frozenset[str]
    healed: bool


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Worker(timeout_s=PATIENCE_S) as worker,
        healthy_site(tmp_path_factory.mktemp("breaches"), worker, patch) as running,
    ):
        running.answered = {}
        yield running


@pytest.fixture(scope="module")
def healthy(world: World) -> Statuses:
    found = world.look()
    assert {key: found[key].reason for key in found if is_held(found[key])} == HELD_BACK
    return statuses(found)


def statuses(findings: Mapping[str, Finding]) -> dict[str, str]:
    return {key: finding.status for key, finding in findings.items()}


def changed(before: Statuses, findings: Mapping[str, Finding]) -> tuple[dict[str, tuple[str, str]], frozenset[str]]:
    """Return what has another status than before, but for what names another of these as its cause; and all checks."""
    after = statuses(findings)
    keys = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    own = {key for key in keys if key not in findings or findings[key].caused_by not in keys}
    shown = {key: (findings[key].status, findings[key].reason) if key in findings else ("", "") for key in own}
    return shown, frozenset(key.split()[0] for key in keys)


def test_every_duty_that_is_checked_has_its_breach_and_no_other() -> None:
    due = OBLIGATIONS.keys() - NEVER_JUDGED
    print(f"{len(due)} of {len(OBLIGATIONS)} duties are broken")
    assert due - BREACHES.keys() == set(), "a row of breach_table.py for each"
    assert BREACHES.keys() - due == set(), "rows of duties that are never judged, or no more"


def test_the_site_is_healthy_before_anything_is_done_to_it(healthy: Statuses) -> None:
    wrong = {key for key, status in healthy.items() if status not in ("pass", "not_applicable")}
    assert wrong == NOT_READ_YET | HELD_BACK.keys()
    assert {key.split()[0] for key in healthy} == WRITTEN


@pytest.fixture(scope="module")
def broken() -> dict[int, Done]:
    """What came of each breach that was done: duties that one and the same act breaks share it."""
    return {}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found_and_nothing_else_changes(
    name: str, world: World, healthy: Statuses, broken: dict[int, Done]
) -> None:
    breach = BREACHES[name]
    if id(breach) not in broken:
        broken[id(breach)] = done(world, healthy, breach)
    came = broken[id(breach)]
    assert came.own == dict(breach.found), breach.how
    assert OBLIGATIONS[name] in came.checks
    assert came.healed is not bool(breach.stays), breach.stays or "it is healed when the cause has gone"


def test_no_pass_stays_without_the_evidence_that_it_claims(world: World, healthy: Statuses) -> None:
    """Taken away, emptied, aged, of another box, source, subject or time; and each memory that is judged, forgotten."""
    world.begin()
    world.look()
    assert world.seen is not None
    knocked_out = tuple(cells(*furnished(load(world.config), world.seen.facts), world.clock.at))
    print(f"{len(knocked_out)} cells")
    assert coverage(knocked_out) == (1, [])
    assert [cell for cell in knocked_out if cell.stayed] == []
    assert len(knocked_out) > 180
    observed = [one for seen in world.seen.facts.by_subject.values() for one in seen if one.subject != "site"]
    assert {type(one.value).__name__ for one in observed if not one.provenance.box} == set()
    pictures = [one.provenance for one in observed if isinstance(one.value, PictureSeen)]
    assert all(one.source and one.path and one.level == "seen" and one.true_at for one in pictures)
    assert all(one.profile for one in pictures if one.path in ("main", "sub"))
    assert {cell.operation for cell in knocked_out} == {one.__name__ for one in OPERATIONS} | {"forget"}


def test_no_obligation_can_be_dropped_unnoticed(world: World, healthy: Statuses) -> None:
    """Mutants that ask for one obligation less, one by one: evidence knocked out or contradicted kills each."""
    world.begin()
    world.look()
    assert world.seen is not None
    there, alive = survivors(*furnished(load(world.config), world.seen.facts), world.clock.at)
    print(f"{len(there)} mutants")
    assert alive == frozenset()
    assert len(there) >= 55
    unlisted = {kind for check, kind in there if not any(obligation_of(check, key) for key in (kind, f"{kind} x"))}
    assert unlisted == set(), "a row of agent/judge/obligations.py for each"


def done(world: World, healthy: Statuses, breach: Breach) -> Done:
    """Break the duty, look, take the cause away, and look until all is as before."""
    world.begin()
    breach.do(world)
    own, checks = changed(healthy, world.look(breach.looks))
    world.heal()
    return Done(own, checks, any(statuses(world.look()) == healthy for _ in range(HEALS_WITHIN)))
