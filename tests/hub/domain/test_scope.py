"""What a person of the hub may see: the decision, and the queries that say the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from city_told import COMPANY, HIDDEN, NOW, OPERATOR, PLACES, city

from agent.contract.chain import utc_text
from agent.hub.domain.rows.findings import Wanted
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import EVERYTHING, Scope, SitePlace, allowed, below, is_below, is_within
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store
from agent.hub.web.people.person import ROLES, Role, scope_of

SCOPES = {
    "nothing": Scope(),
    "everything": EVERYTHING,
    "a province": Scope(divisions=("14",)),
    "a city by six digits": Scope(divisions=("140200",)),
    "a district": Scope(divisions=("140202",)),
    "no division": Scope(divisions=("",)),
    "another district": Scope(divisions=("140203",)),
    "an operator": Scope(operators=(OPERATOR,)),
    "no operator": Scope(operators=("",)),
    "a maintainer": Scope(maintainers=(COMPANY,)),
    "no maintainer": Scope(maintainers=("",)),
    "somebody to whom one is assigned": Scope(maintainers=("Zhao",)),
    "two of three": Scope(divisions=("140203",), operators=(HIDDEN[1],)),
    "all three": Scope(divisions=("149999",), operators=(OPERATOR,), maintainers=("Zhao",)),
    "a name with a quote": Scope(operators=("' OR 1=1 --",), maintainers=('"',), divisions=("%",)),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    directory: Path = city(tmp_path_factory.mktemp("scope") / "hub")
    with closing(open_store(directory)) as opened:
        words = {"check": "camera-online", "subject": f"camera:{HIDDEN[0]}", "said_by": "Li", "at": utc_text(NOW)}
        opened.words.keep(Word(site="F4", kind="assigned", assignee="Zhao", until="2026-12-01", **words))
        yield opened


@pytest.mark.parametrize("name", SCOPES)
def test_queries_show_the_sites_that_the_decision_allows(store: Store, name: str) -> None:
    scope = SCOPES[name]
    decided = {site for site in PLACES if allowed(scope, store.seen.place(site))}
    assert store.seen.sites(scope) == decided == {site for site in PLACES if store.seen.may_see(scope, site)}
    seen = store.findings.page(Wanted(scope=scope))
    assert {one.site for one in seen} == decided
    assert store.findings.total(Wanted(scope=scope)) == len(seen)
    everything = store.findings.page(Wanted())
    places = [(one.site, one.check, one.subject) for one in everything]
    assert [(one.site, one.check, one.subject) for one in seen] == [
        place for place in places if store.seen.may_see_finding(scope, place)
    ]
    assert not store.seen.may_see(scope, "unknown") and not store.seen.may_see_finding(
        scope, ("S1", "camera-online", "x")
    )


@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize(
    "narrower",
    [{"site": "S1"}, {"status": "warn"}, {"check": "clock-offset"}, {"division": "1402"}, {"operator": OPERATOR},
     {"maintainer": COMPANY}, {"model": "NVR-8"}, {"since": "2026-01-01T00:00:00Z"}, {"assignee": "Zhao"}],
    ids=str,
)  # fmt: skip
def test_a_filter_shows_of_a_scope_what_passes_both(store: Store, name: str, narrower: dict[str, str]) -> None:
    seen = store.findings.page(Wanted(scope=SCOPES[name]))
    passing = store.findings.page(Wanted(**narrower))
    both = store.findings.page(Wanted(scope=SCOPES[name], **narrower))
    assert both == [one for one in passing if one in seen]
    assert store.findings.total(Wanted(scope=SCOPES[name], **narrower)) == len(both)


def test_what_is_assigned_is_the_only_finding_of_its_site_that_is_seen(store: Store) -> None:
    (one,) = store.findings.page(Wanted(scope=Scope(maintainers=("Zhao",))))
    assert (one.site, one.check, one.subject) == ("F4", "camera-online", f"camera:{HIDDEN[0]}")


@pytest.mark.parametrize("role", ROLES)
def test_who_is_bound_to_nothing_sees_everything_but_a_maintainer_or_an_operator(role: Role) -> None:
    assert scope_of(role, (), (), ()).everything == (role not in ("maintainer", "operator"))
    for bound in ((("14",), (), ()), ((), ("a",), ()), ((), (), ("a",))):
        assert not scope_of(role, *bound).everything


def test_a_division_is_below_its_city_and_province_and_no_other() -> None:
    assert [is_below("140202", one) for one in ("14", "1402", "140000", "140200", "140202")] == [True] * 5
    assert [is_below("140202", one) for one in ("", "15", "140300", "140203", "1403")] == [False] * 5
    assert not is_below("", "14") and below("140200") == ("1402", "1402:")
    assert not allowed(Scope(divisions=("",), operators=("",), maintainers=("",)), SitePlace(("",), "", ("",)))


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        (EVERYTHING, EVERYTHING, True), (Scope(), EVERYTHING, True), (EVERYTHING, Scope(divisions=("14",)), False),
        (Scope(divisions=("140202",)), Scope(divisions=("140200",)), True),
        (Scope(divisions=("140200",)), Scope(divisions=("140202",)), False),
        (Scope(divisions=("140202", "1403")), Scope(divisions=("1402",)), False),
        (Scope(operators=("a",)), Scope(operators=("a", "b")), True),
        (Scope(operators=("a",)), Scope(maintainers=("a",)), False),
        (Scope(maintainers=("a", "b")), Scope(maintainers=("a",)), False),
        (Scope(divisions=("",)), Scope(divisions=("14",)), False),
    ],
)  # fmt: skip
def test_a_scope_lies_within_another_one_by_all_that_it_names(inner: Scope, outer: Scope, expected: bool) -> None:
    assert is_within(inner, outer) == expected
