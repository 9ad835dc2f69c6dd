"""A site's own word about where it lies hides it from nobody and moves no figure; what people at the hub say counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from portside import BEGIN, DAY, HOUR, Sender, config, finding, health

from agent.hub.domain.rows.findings import Wanted
from agent.hub.domain.rows.places import Differing
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import EVERYTHING, Scope, allowed, below
from agent.hub.ports.store import Store
from agent.hub.views.assessment import assess
from agent.model.errors import UsageError

ONLINE = "camera-online"
HERE, THERE = "140202", "150102"
OF_HERE, OF_THERE = Scope(divisions=("140200",)), Scope(divisions=(THERE,))
BEGUN = date(2026, 11, 2)


def seen(store: Store, scope: Scope, site: str = "S1") -> bool:
    """Return whether somebody sees a site and its finding; each query has to say the same as the rule."""
    key = (site, ONLINE, "camera:c0")
    told = {
        store.seen.may_see(scope, site), site in store.seen.sites(scope), site in store.seen.divisions(scope),
        store.seen.may_see_finding(scope, key), allowed(scope, store.seen.place(site)),
        site in {one.site for one in store.seen.listed(scope, below(""), "", 9)},
        site in {row.site for row in store.findings.page(Wanted(scope=scope))},
        site in {row.site for row in store.findings.page(Wanted(scope=scope, status="fail"))},
        store.findings.total(Wanted(scope=scope, site=site)) > 0,
        bool(store.seen.open_by_division(scope)), bool(store.seen.open_by_age(scope)),
    }  # fmt: skip
    assert len(told) == 1, "queries contradict each other"
    return told.pop()


def lies(store: Store, site: str = "S1") -> set[str]:
    """Return in which divisions lists, filters and groups have a site."""
    (row,) = store.findings.page(Wanted(site=site))
    facts = store.findings.site(site)
    assert facts is not None
    assert store.findings.total(Wanted(division=row.division)) and not store.findings.total(Wanted(division="990000"))
    assert store.seen.counted(EVERYTHING, below(row.division)) == 1
    assert store.upgrades.members("division", row.division) == [site]
    return {row.division, facts.division, store.seen.divisions(EVERYTHING)[site][0],
            *store.seen.open_by_division(EVERYTHING)}  # fmt: skip


def told(store: Store, *divisions: str, site: str = "S1") -> Sender:
    """Have a site report a fault with one division after the other."""
    sender = Sender(site).meet(store)
    for seq, division in enumerate(divisions, 1):
        body = config(finding(ONLINE, "camera:c0", "fail"), division=division)
        sender.send(store, "config", seq, body, BEGIN + seq * HOUR)
    return sender


def test_a_site_that_names_another_division_stays_in_sight_of_the_one_before(store: Store) -> None:
    told(store, HERE, THERE)
    assert seen(store, OF_HERE), "its own word hid it"
    assert seen(store, OF_THERE), "who is named sees it too"
    assert not seen(store, Scope(divisions=("150103", "160000")))
    assert lies(store) == {HERE}
    assert store.places.differing() == [Differing(site="S1", division=HERE, said_by="", told=(THERE,))]


@pytest.mark.parametrize(
    "word",
    ["", "1502", "Datong", "\uff11\uff15\uff10\uff11\uff10\uff12", "150102 ", "150102\n", None, 150102, ["150102"]],
)
def test_a_site_that_names_no_division_any_more_stays_where_it_was(store: Store, word: object) -> None:
    site = told(store, HERE)
    body = {**config(finding(ONLINE, "camera:c0", "fail")), "division": word}
    site.send(store, "config", 2, body, BEGIN + DAY)
    site.send(store, "health", 1, {**health(BEGIN), "division": word}, BEGIN + DAY)
    assert seen(store, OF_HERE) and lies(store) == {HERE}


def test_a_health_report_or_an_event_hides_no_site_and_an_event_has_the_division_that_counts(store: Store) -> None:
    site = Sender().meet(store)
    site.send(store, "health", 1, health(BEGIN, division=HERE), BEGIN)
    assert store.seen.sites(OF_HERE) == {"S1"}, "also before its first configuration report"
    site.send(store, "config", 1, config(finding(ONLINE, "camera:c1", "fail"), division=THERE), BEGIN + HOUR)
    one = finding(ONLINE, "camera:c0", "fail")
    event = {"division": "160000", "check": ONLINE, "subject": "camera:c0", "finding": one}
    site.send(store, "event", 1, event, BEGIN + 2 * HOUR)
    assert {row.division for row in store.findings.page(Wanted())} == {HERE}
    assert all(seen(store, Scope(divisions=(code,))) for code in (HERE, THERE, "160000"))


def test_a_new_epoch_or_a_later_report_of_an_older_one_moves_no_site(store: Store) -> None:
    told(store, HERE)
    body = config(finding(ONLINE, "camera:c0", "fail"), division=THERE)
    Sender(epoch="e2").meet(store, BEGIN + DAY).send(store, "config", 1, body, BEGIN + DAY)
    assert seen(store, OF_HERE) and seen(store, OF_THERE) and lies(store) == {HERE}


def test_what_people_say_counts_alone_and_a_report_that_differs_is_a_difference(store: Store) -> None:
    site = told(store, HERE, THERE)
    store.places.say("S1", THERE, "Li", "it moved; seen on site", BEGIN + DAY)
    assert not seen(store, OF_HERE) and seen(store, OF_THERE)
    assert lies(store) == {THERE} and store.places.differing() == []
    body = config(finding(ONLINE, "camera:c0", "fail"), division=HERE)
    site.send(store, "config", 3, body, BEGIN + 2 * DAY)
    assert not seen(store, OF_HERE) and seen(store, OF_THERE), "a word of the site is no move"
    body = config(finding(ONLINE, "camera:c0", "fail"), division="160000")
    site.send(store, "config", 4, body, BEGIN + 3 * DAY)
    assert lies(store) == {THERE}
    assert store.places.differing(OF_THERE) == [Differing(site="S1", division=THERE, said_by="Li", told=("160000",))]
    assert store.places.differing(OF_HERE) == []
    facts = store.findings.site("S1")
    assert facts is not None
    assert (facts.division, facts.division_said_by, facts.division_told) == (THERE, "Li", "160000")
    store.places.say("S1", HERE, "Wang", "the word before was wrong", BEGIN + 4 * DAY)
    assert seen(store, OF_HERE) and not seen(store, OF_THERE) and lies(store) == {HERE}
    told_still = [(one.said_by, one.told) for one in store.places.differing()]
    assert told_still == [("Wang", ("160000",))], "what it tells now differs still"


def test_a_site_of_which_nothing_has_come_can_be_placed_and_is_seen_once_it_is_known(store: Store) -> None:
    store.places.say("S1", HERE, "Li", "by the ledger", BEGIN)
    assert store.seen.sites(OF_HERE) == frozenset()
    Sender().meet(store)
    assert store.seen.sites(OF_HERE) == {"S1"} and store.seen.sites(OF_THERE) == frozenset()
    told(store, THERE)
    assert lies(store) == {HERE} and seen(store, OF_HERE) and not seen(store, OF_THERE)


def test_a_site_that_names_every_division_fills_nothing_up_and_stays_in_sight(store: Store) -> None:
    told(store, HERE, *(f"15{number:04}" for number in range(100)))
    assert seen(store, OF_HERE) and lies(store) == {HERE}
    assert len(store.seen.place("S1").divisions) == 64


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"division": "1402"}, "six digits"), ({"division": "١٤٠٢٠٢"}, "six digits"), ({"by": " "}, "1 to 100"),
        ({"why": ""}, "1 to 500"), ({"why": "a\nb"}, "1 to 500"), ({"site": "x" * 200}, "1 to 100"),
        ({"since": date(2026, 11, 4)}, "still to come"),
    ],
)  # fmt: skip
def test_a_word_that_is_none_changes_nothing(store: Store, more: dict[str, object], words: str) -> None:
    told(store, HERE)
    said = {"site": "S1", "division": THERE, "by": "Li", "why": "moved", "now": BEGIN + DAY, **more}
    with pytest.raises(UsageError, match=words):
        store.places.say(**said)  # type: ignore[arg-type]
    assert lies(store) == {HERE} and store.places.differing() == []


def rates(day: date, division: str, online: int) -> dict[str, object]:
    """Return the body of a health report with one camera's day, and a repaired fault."""
    repaired = {"one": {"number": 1}}
    return health(BEGIN, division=division, rates={"day": day.isoformat(), "online": [online, 1, 0, 0], **repaired})


def ranks(store: Store, last: date) -> dict[str, tuple[float | None, int | None]]:
    rows = assess(store, "division", BEGUN, last, BEGIN + 30 * DAY).rows
    return {row.name: (row.ratio("online"), row.rank) for row in rows}


def test_a_bad_month_moves_to_no_other_division_by_the_words_of_the_site(store: Store) -> None:
    """It says from its second day on, and of its first one anew, that it lies elsewhere; a good site lies there."""
    bad, good = told(store, HERE), told(store, THERE, site="S2")
    for number in range(4):
        day = BEGUN + timedelta(days=number)
        bad.send(store, "health", number + 1, rates(day, HERE if not number else THERE, 0), BEGIN + (number + 1) * DAY)
        good.send(store, "health", number + 1, rates(day, THERE, 1), BEGIN + (number + 1) * DAY)
    bad.send(store, "health", 5, rates(BEGUN, THERE, 0), BEGIN + 5 * DAY)
    last = BEGUN + timedelta(days=3)
    assert ranks(store, last) == {THERE: (1.0, 1), HERE: (0.0, 2)}
    assert set(store.figures.last("division", "S1")) == {HERE}
    assert [set(one) for one in store.figures.of_site("division", "S1", BEGUN).values()] == [{HERE}] * 4
    store.places.say("S1", THERE, "Li", "moved", BEGIN + 6 * DAY, since=BEGUN + timedelta(days=2))
    assert ranks(store, last) == {THERE: (4 / 6, 1), HERE: (0.0, 2)}, "two days there, and two here"
    store.places.say("S1", THERE, "Li", "never lay here", BEGIN + 6 * DAY)
    assert ranks(store, last) == {THERE: (0.5, 1)}


def test_a_site_with_no_configuration_report_chooses_no_division_for_its_figures_day_by_day(store: Store) -> None:
    site = Sender().meet(store)
    for number, division in enumerate((HERE, THERE, "Datong", "")):
        site.send(store, "health", number + 1, rates(BEGUN + timedelta(days=number), division, 0), BEGIN + DAY)
    assert ranks(store, BEGUN + timedelta(days=3)) == {HERE: (0.0, 1)}


def test_a_camera_of_another_maintainer_is_in_sight_of_whom_it_is_assigned_to(store: Store) -> None:
    """Whom a site has hired it says itself: but what people assigned stays assigned, and no officer sees less."""
    site = told(store, HERE)
    firm = Scope(maintainers=("Anfang Ltd",))
    assert seen(store, firm)
    said = Word(site="S1", check=ONLINE, subject="camera:c0", kind="assigned", said_by="Li", at="2026-11-02",
                assignee="Anfang Ltd", until="2026-12-01")  # fmt: skip
    store.words.keep(said)
    body = config(finding(ONLINE, "camera:c0", "fail"), division=HERE)
    body["cameras"] = [{**one, "maintainer": "Other Ltd"} for one in body["cameras"]]
    site.send(store, "config", 2, body, BEGIN + DAY)
    assert seen(store, firm) and seen(store, Scope(maintainers=("Other Ltd",))) and seen(store, OF_HERE)
