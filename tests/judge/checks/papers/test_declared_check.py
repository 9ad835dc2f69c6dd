"""What is missing or old is one finding for the site; what the rules set binds it, the stricter one, told by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sites import DECLARED, NOW, camera, healthy
from sites import site as site_of

from agent.judge.checks.papers import declared
from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.model.finding import Finding, Source, Status
from agent.observe.facts.facts import gather
from agent.observe.footage.days import floor_of
from agent.report.build import build_reports
from agent.site.config.site import Policy, Rules, Site
from agent.site.declarations.standing import Declaration, local_day
from agent.site.declarations.table import Condition
from agent.site.duties.floors import floors, with_floors
from agent.site.rules.pack import Obligation, Pack
from agent.site.rules.read import shipped

MANY = tuple(camera(f"c{number:02}") for number in range(64))
TODAY = local_day(site_of(), NOW)


def judge(site: Site) -> Finding:
    (finding,) = declared.run(declared.CHECK, site, gather(()), NOW)
    return finding


def ending(days: int) -> Site:
    """Return a site whose word on the key target ends in so many days."""
    rows = [replace(r, until=TODAY + timedelta(days=days)) if r.duty == "key-target" else r for r in DECLARED]
    return site_of(camera(), declarations=tuple(rows))


def said(duty: str, value: object, **more: object) -> Declaration:
    return Declaration(duty, value, "Li Na", date(2026, 1, 31), **more)  # type: ignore[arg-type]


def test_sixty_four_cameras_without_a_word_are_one_finding_of_four_lines() -> None:
    found = [f for f in run_checks(site_of(*MANY, declarations=()), gather(()), NOW) if f.check == "declarations"]
    assert [(f.subject, f.status, f.reason) for f in found] == [("site", "unknown", "not-declared")]
    assert str(found[0].message) == (
        "4 declarations are open (national-class, key-target, zone-type, linked): camwarden declare"
    )
    assert found[0].evidence["open"] == [
        {"duty": duty, "cameras": cameras, "state": "missing", "by": None, "at": None, "until": None, "days_left": None}
        for duty, cameras in (("national-class", 0), ("key-target", 0), ("zone-type", 64), ("linked", 64))
    ]


@pytest.mark.parametrize(
    ("days", "status", "reason"),
    [
        (61, "pass", ""),
        (60, "warn", "expiring"),
        (15, "warn", "expiring"),
        (14, "warn", "expiring-soon"),
        (0, "warn", "expiring-soon"),
        (-1, "warn", "grace"),
        (-30, "warn", "grace"),
        (-31, "unknown", "expired"),
    ],
)
def test_a_word_is_warned_of_before_and_after_its_end_and_then_unknown(days: int, status: Status, reason: str) -> None:
    finding = judge(ending(days))
    assert (finding.status, finding.reason) == (status, reason)


def test_the_days_that_are_left_are_told() -> None:
    assert "the first in 14 days" in str(judge(ending(14)).message)
    assert "count for 20 days more" in str(judge(ending(-10)).message)


def test_the_profile_decides_how_much_is_asked_for() -> None:
    assert judge(site_of(camera())).status == "pass"
    finding = judge(site_of(camera(), rules=Rules("filing")))
    assert (finding.status, finding.reason) == ("unknown", "not-declared")
    assert str(finding.message).startswith("20 declarations are open (scope, place-category, legal-unit, superv")


def house(**parameters: float) -> Pack:
    source = Source("House rules", "article 3")
    row = Obligation("longer", source, "House rules", "retention-days", "critical", "measured", "primary", "x.", "x。",
                     (Condition("place-category", ("7-2",)),), parameters)  # fmt: skip
    return Pack("house", 1, "House rules", "House rules", "in-force", (row,), "f" * 64, "house.toml")


def test_where_two_rules_speak_the_stricter_holds_and_is_named() -> None:
    site = site_of(camera(), packs=shipped(), declarations=(*DECLARED, said("key-target", True)))
    assert {f.name: (f.value, f.obligation) for f in floors(site, TODAY)} == {
        "retention_floor_days": (90, "cn-799/retention-key-target")
    }
    bound = with_floors(site, TODAY)
    assert bound.policy.retention_floor_days == 90
    assert floor_of(bound, bound.cameras[0]) == timedelta(days=90)


@pytest.mark.parametrize(("own", "held"), [(60, 90), (120, 120)])
def test_a_sites_own_pack_counts_where_it_applies_and_never_loosens(own: int, held: int) -> None:
    rows = (*DECLARED, said("key-target", True), said("place-category", "7-2"))
    site = site_of(camera(), packs=(*shipped(), house(retention_floor_days=own)), declarations=rows)
    assert with_floors(site, TODAY).policy.retention_floor_days == held
    elsewhere = replace(site, declarations=(*rows, said("place-category", "7-1")))
    assert with_floors(elsewhere, TODAY).policy.retention_floor_days == 90


def test_what_is_not_declared_binds_nobody_and_what_is_no_law_neither() -> None:
    site = site_of(camera(), packs=shipped(), declarations=(), policy=Policy(clock_fail_s=60))
    assert floors(site, TODAY) == ()
    assert with_floors(site, TODAY) is site


def test_a_site_that_asks_for_more_keeps_it_and_its_ceiling_moves_with_the_floor() -> None:
    rows = (said("key-target", True),)
    policy = Policy(retention_floor_days=120)
    assert with_floors(site_of(packs=shipped(), declarations=rows, policy=policy), TODAY).policy == policy
    site = site_of(packs=shipped(), declarations=rows, policy=Policy(retention_ceiling_days=60))
    bound = with_floors(site, TODAY).policy
    assert (bound.retention_floor_days, bound.retention_ceiling_days) == (90, 90)


def test_a_config_report_names_the_packs_and_which_rule_sets_which_figure() -> None:
    site = site_of(camera(), packs=shipped(), declarations=(*DECLARED, said("key-target", True)))
    facts = gather(healthy())
    drafts, _ = build_reports(site, facts, run_checks(site, facts, NOW), (), Memory(), NOW, {})
    body = next(draft.body for draft in drafts if draft.stream == "config")
    rules, digests = body["rules"], body["digests"]
    assert isinstance(rules, dict)
    assert isinstance(digests, dict)
    assert [pack["id"] for pack in rules["packs"]] == [pack.id for pack in shipped()]
    assert {"name": "retention_floor_days", "value": 90, "obligation": "cn-799/retention-key-target"} in rules["floors"]
    assert len(digests["rules"]) == 64
