"""Whoever may see a part sees just that: queries within a scope say what the pure rule says, whatever they count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from portside import BEGIN, DAY, HOUR, Sender, config, finding, health

from agent.contract.chain import utc_text
from agent.hub.domain.figures import FOOTAGE_LEFT
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import FindingRow, Wanted
from agent.hub.domain.rows.seen import Due
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import EVERYTHING, Scope, SitePlace, allowed, below, is_below
from agent.hub.ports.store import Store
from agent.verify.members import time_of

ONLINE, MASK = "camera-online", "privacy-mask-present"
DIVISIONS = ("140200", "140213", "140300", "150000", "140200", "140300")
EACH = below("")
SCOPES = [
    Scope(divisions=divisions, operators=operators, maintainers=maintainers)
    for divisions, operators, maintainers in product(
        ((), ("140200",), ("140213", "150000"), ("140000",), ("",)), ((), ("School 4",)),
        ((), ("Anfang Ltd",), ("Zhao",)),
    )
] + [EVERYTHING]  # fmt: skip


@pytest.fixture(scope="module")
def city(shared: Store) -> Store:
    """Six sites: two of School 4, one where something is assigned to Zhao, one that has no configuration yet."""
    for number, division in enumerate(DIVISIONS):
        site = Sender(f"S{number}").meet(shared)
        if number == 5:
            continue
        found = [
            finding(ONLINE, "camera:c0", "fail"),
            finding(MASK, "camera:c1", ("warn", "unknown", "pass")[number % 3]),
        ]
        body = config(*found, division=division, model=f"DS-{number}")
        if number % 2:
            body["cameras"] = [{**one, "maintainer": "Other Ltd"} for one in body["cameras"]]
        site.send(shared, "config", 1, body, BEGIN + number * DAY)
    for name in ("S0", "S3"):
        shared.words.keep_operator(name, "School 4", "Li", BEGIN)
    said = Word(site="S1", check=ONLINE, subject="camera:c0", kind="assigned", said_by="Li", at=utc_text(BEGIN),
                assignee="Zhao", until="2026-11-20")  # fmt: skip
    shared.words.keep(said)
    shared.words.keep(replace(said, site="S4", until="2026-12-20"))
    return shared


def is_seen(scope: Scope, row: FindingRow) -> bool:
    return (
        scope.everything
        or any(is_below(row.division, one) for one in scope.divisions)
        or (row.operator != "" and row.operator in scope.operators)
        or row.maintainer in scope.maintainers
        or (row.assigned_to != "" and row.assigned_to in scope.maintainers)
    )


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_what_is_queried_within_a_scope_is_what_the_rule_allows(city: Store, scope: Scope) -> None:
    names = [row.site for row in city.sites.rows()]
    sites = {name for name in names if allowed(scope, city.seen.place(name))}
    rows = [row for row in city.findings.page(Wanted()) if is_seen(scope, row)]
    assert city.seen.sites(scope) == sites
    assert {row.site for row in city.sites.rows(scope=scope)} == sites
    assert {name for name in (*names, "nobody") if city.seen.may_see(scope, name)} == sites
    assert set(city.seen.divisions(scope)) == sites
    assert city.findings.page(Wanted(scope=scope)) == rows
    assert city.findings.total(Wanted(scope=scope)) == len(rows)
    for row in city.findings.page(Wanted()):
        assert city.seen.may_see_finding(scope, (row.site, row.check, row.subject)) == (row in rows)
    listed = city.seen.listed(scope, EACH, "", 99)
    assert [one.site for one in listed] == sorted(sites)
    assert city.seen.counted(scope, EACH) == len(sites)
    assert {(one.site, one.fails, one.warns, one.unknowns) for one in listed} == {
        (
            name,
            *(sum(row.site == name and row.status == status for row in rows) for status in ("fail", "warn", "unknown")),
        )
        for name in sites
    }
    by_division = city.seen.open_by_division(scope)
    assert sum(sum(counts.values()) for counts in by_division.values()) == len(rows)
    assert all(set(counts) == set(OPEN) for counts in by_division.values())
    by_site = city.seen.open_by_site(scope)
    assert set(by_site) == sites - {"S5"}, "nothing is known of a site without a configuration report"
    assert {(site, status): count for site, of in by_site.items() for status, count in of.items()} == {
        (site, status): sum(row.site == site and row.status == status for row in rows)
        for site in by_site
        for status in OPEN
    }
    aged = city.seen.open_by_age(scope)
    assert sum(one.count for one in aged) == len(rows)
    assert [one.day for one in aged] == sorted((one.day for one in aged), reverse=True)
    words = [word for name in names for word in city.words.of_site(name, scope)]
    assert [word.site for word in words] == [row.site for row in rows if row.assigned_to]


def test_sites_are_listed_by_division_in_pages_of_any_size(city: Store) -> None:
    whole = city.seen.listed(EVERYTHING, below("140200"), "", 99)
    assert [(one.site, one.division, one.operator) for one in whole] == [
        ("S0", "140200", "School 4"), ("S1", "140213", ""), ("S4", "140200", ""),
    ]  # fmt: skip
    assert city.seen.counted(EVERYTHING, below("140200")) == 3
    paged, after = [], ""
    while rows := city.seen.listed(EVERYTHING, below("140200"), after, 2):
        paged += rows
        assert len(paged) <= len(whole), "a page comes again"
        after = rows[-1].site
    assert paged == whole
    bare = city.seen.listed(EVERYTHING, EACH, "S4", 9)
    assert [(one.site, one.made_at, one.cameras, one.city) for one in bare] == [("S5", "", 0, "datong")]


def test_a_place_names_who_looks_after_a_site_and_what_is_assigned_there(city: Store) -> None:
    place = city.seen.place("S1")
    assert (place.divisions, place.operator, sorted(set(place.maintainers))) == (("140213",), "", ["Other Ltd", "Zhao"])
    assert city.seen.place("nobody") == SitePlace((), "", ())
    assert city.seen.assigned("2026-11-21") == [Due("Zhao", "S1", 1, 1), Due("Zhao", "S4", 1, 0)]


def test_faults_that_ended_within_a_time_are_summed(store: Store) -> None:
    site = Sender().meet(store)
    for seq, status in enumerate(("fail", "pass", "fail", "pass"), start=1):
        site.send(store, "config", seq, config(finding(ONLINE, "camera:c0", status)), BEGIN + seq * HOUR)
    ended = [utc_text(BEGIN + hours * HOUR) for hours in (0, 2, 4, 9)]
    count, lasted_s = store.seen.repaired_between(EVERYTHING, ended[0], ended[3])
    assert (count, lasted_s) == (2, pytest.approx(7200.0, abs=0.01))
    assert store.seen.repaired_between(EVERYTHING, ended[0], ended[2])[0] == 1, "the end is not within"
    assert store.seen.repaired_between(EVERYTHING, ended[1], ended[2])[0] == 1, "the begin is"
    assert store.seen.repaired_between(Scope(), ended[0], ended[3]) == (0, 0.0)


def test_the_envelopes_of_a_finding_are_those_that_tell_of_it_the_newest_first(store: Store) -> None:
    site = Sender().meet(store)
    for seq, status in enumerate(("fail", "pass", "fail"), start=1):
        found = finding(ONLINE, "camera:c0", status), finding(MASK, "camera:c1", "pass")
        site.send(store, "config", seq, config(*found), BEGIN + seq * HOUR)
    site.send(store, "health", 1, health(BEGIN), BEGIN)
    site.send(store, "config", 5, config(finding(ONLINE, "camera:c1", "fail")), BEGIN + 5 * HOUR)
    told = store.envelopes.of_finding("S1", ONLINE, "camera:c0")
    assert [(one.seq, one.status, one.confirmed) for one in told] == [
        (3, "fail", True), (2, "pass", True), (1, "fail", True),
    ]  # fmt: skip
    assert told[0].digest == site.made["config", 3].digest
    newest = store.envelopes.newest("S1", 2)
    assert [(one.stream, one.seq, one.confirmed, one.status) for one in newest] == [
        ("config", 5, False, ""), ("health", 1, True, ""),
    ]  # fmt: skip
    assert [(one.check, one.names(), one.status) for one in store.envelopes.judged("S1")] == [
        (ONLINE, ["camera:c1"], "fail"),
    ]  # fmt: skip
    stretches = store.envelopes.stretches("S1", ONLINE, "camera:c0")
    assert [(time_of(one.from_at), time_of(one.to_at)) for one in stretches] == [
        (BEGIN + 3 * HOUR, BEGIN + 5 * HOUR), (BEGIN + HOUR, BEGIN + 2 * HOUR),
    ]  # fmt: skip
    assert store.envelopes.of_finding("S1", ONLINE, "camera:c9") == []


def test_figures_of_one_site_are_by_day_from_one_on(store: Store) -> None:
    site = Sender().meet(store)
    for seq, day in enumerate(("2026-10-30", "2026-11-01", "2026-11-02"), start=1):
        site.send(store, "health", seq, health(BEGIN, rates={"day": day, "online": [seq, 9, 0, 0]}), BEGIN)
    found = store.figures.of_site("division", "S1", date(2026, 11, 1))
    assert found == {
        "2026-11-01": {"140200": {"online": [2, 9, 0, 0]}}, "2026-11-02": {"140200": {"online": [3, 9, 0, 0]}},
    }  # fmt: skip


def test_what_is_left_of_the_footage_is_kept_by_the_day_of_the_report(store: Store) -> None:
    site = Sender().meet(store)
    for seq, days in enumerate((40, 12), start=1):
        at = BEGIN + seq * DAY
        told = finding("retention-days", "camera:c0", "pass" if days >= 30 else "fail")
        body = config({**told, "evidence": {"opened_at": utc_text(at - days * DAY)}})
        timeline = {"floor_days": 30, "short_on": None}
        body["cameras"] = [{**one, "retention": {"timeline": timeline}} for one in body["cameras"][:1]]
        site.send(store, "config", seq, body, at)
    days = [store.figures.of_day(FOOTAGE_LEFT, date(2026, 11, 2 + seq)) for seq in (1, 2)]
    assert [of["S1"]["days"] for of in days] == [[30, 30, 0, 0], [12, 30, 0, 0]]
    assert [of["S1"]["cameras"]["short"] for of in days] == [0, 1]
    assert store.figures.of_day(FOOTAGE_LEFT, date(2026, 11, 2)) == {}
