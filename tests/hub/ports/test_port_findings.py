"""Open findings come in one order and in pages of any size, under each filter; words and disputes keep their author."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from portside import BEGIN, DAY, HOUR, Sender, config, finding

from agent.contract.chain import utc_text
from agent.contract.disputes import Decided, Disputed, disputed_json
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import Wanted, place_of
from agent.hub.domain.rows.words import Kind, Word
from agent.hub.ports.store import Store
from agent.model.errors import UsageError
from agent.verify.members import time_of

CHECKS = ("camera-online", "clock-offset", "privacy-mask-present")
STATUSES = ("fail", "warn", "unknown", "pass", "not_applicable")


@pytest.fixture
def city(store: Store) -> Store:
    """Six sites of two divisions and two models, with findings of each status."""
    for number in range(6):
        site = Sender(f"S{number}").meet(store)
        found = [
            finding(check, f"camera:c{camera}", STATUSES[(number + camera + nth) % len(STATUSES)])
            for nth, check in enumerate(CHECKS)
            for camera in range(4)
        ]
        body = config(*found, division=("140200", "140300")[number % 2], model=f"DS-{number % 3}", cameras=4)
        site.send(store, "config", 1, body, BEGIN + number * HOUR)
    return store


FILTERS = (
    Wanted(), Wanted(status="fail"), Wanted(check="clock-offset"), Wanted(site="S3"), Wanted(division="140200"),
    Wanted(division="140000"), Wanted(division="150000"), Wanted(model="DS-1"), Wanted(maintainer="Anfang Ltd"),
    Wanted(since=utc_text(BEGIN + 3 * HOUR)), Wanted(division="140300", status="warn", check="camera-online"),
    Wanted(site="S1", status="unknown"), Wanted(model="DS-2", since=utc_text(BEGIN + 5 * HOUR), division="14"),
)  # fmt: skip


@pytest.mark.parametrize("wanted", FILTERS, ids=range(len(FILTERS)))
def test_a_filter_has_one_order_one_total_and_the_same_rows_in_pages_of_any_size(city: Store, wanted: Wanted) -> None:
    whole = city.findings.page(wanted)
    assert len(whole) == city.findings.total(wanted)
    assert whole == sorted(whole, key=lambda one: (OPEN.index(one.status), one.check, one.site, one.subject))
    every = city.findings.page(Wanted())
    assert whole == [one for one in every if is_wanted(one.division, wanted) and all(
        getattr(wanted, name) in ("", getattr(one, name)) for name in ("site", "status", "check", "model", "maintainer")
    ) and one.since >= wanted.since]  # fmt: skip
    for size in (1, 7):
        paged, after = [], None
        while rows := city.findings.page(wanted, after, size):
            assert len(rows) <= size
            paged += rows
            assert len(paged) <= len(whole), "a page comes again"
            after = place_of(rows[-1])
        assert paged == whole


def is_wanted(division: str, wanted: Wanted) -> bool:
    return division.startswith({"140000": "14", "150000": "15"}.get(wanted.division, wanted.division))


def test_a_place_that_is_over_meanwhile_still_divides_what_is_before_it_from_what_follows(city: Store) -> None:
    whole = city.findings.page(Wanted())
    gone = place_of(whole[4])
    site = Sender(whole[4].site)
    kept = [
        finding(one.check, one.subject, one.status) for one in whole if one.site == whole[4].site and one != whole[4]
    ]
    site.send(city, "config", 2, config(*kept, cameras=4), BEGIN + 9 * HOUR)
    after = [(one.check, one.site, one.subject) for one in city.findings.page(Wanted(), gone)]
    assert after == [(one.check, one.site, one.subject) for one in whole[5:]]
    assert city.findings.page(Wanted(), most=0) == []


def test_history_has_each_stretch_once_and_what_lasts_comes_first(store: Store) -> None:
    site = Sender().meet(store)
    for seq, status in enumerate(("fail", "fail", "pass", "warn", "fail"), start=1):
        lasts = finding("clock-offset", "camera:c1", "unknown")
        site.send(
            store, "config", seq, config(finding("camera-online", "camera:c0", status), lasts), BEGIN + seq * HOUR
        )
    told = [(one.status, time_of(one.from_at), time_of(one.to_at)) for one in store.findings.history("S1", 9)]
    at = [BEGIN + n * HOUR for n in range(6)]
    assert told == [("fail", at[5], None), ("unknown", at[1], None), ("warn", at[4], at[5]), ("fail", at[1], at[3])]
    assert store.findings.history("S1", 2) == store.findings.history("S1", 9)[:2]
    (repaired,) = store.findings.repaired(utc_text(BEGIN), "", "")
    assert (repaired.check, repaired.repaired, repaired.open) == ("camera-online", 1, 1)
    assert repaired.mean_s == repaired.longest_s == pytest.approx(7200.0, abs=0.01)
    assert (
        store.findings.repaired(utc_text(at[4]), "", "") == store.findings.repaired(utc_text(BEGIN), "", "1501") == []
    )


def test_a_fleet_counts_what_fails_of_what_one_model_judged(city: Store) -> None:
    rows = city.findings.fleet("camera-online", "", 1)
    assert rows == sorted(rows, key=lambda one: (-one.failing / one.subjects, -one.failing, one.check, one.model))
    for row in rows:
        assert row.failing == city.findings.total(Wanted(check=row.check, model=row.model, status="fail"))
        assert (row.sites, row.firmware) == (2, "5.7")
    assert [one.model for one in city.findings.fleet("", "DS-1", 1)].count("DS-1") == len(
        city.findings.fleet("", "DS-1", 1)
    )
    assert city.findings.fleet("", "", 99) == []


def test_a_site_is_shown_by_its_newest_configuration(city: Store) -> None:
    facts = city.findings.site("S1")
    assert facts is not None
    assert (facts.site, facts.division, facts.cameras) == ("S1", "140300", 4)
    assert facts.devices == (("nvr", "m", "DS-1", "5.7"),)
    assert time_of(facts.made_at) == BEGIN + HOUR
    assert city.findings.site("nobody") is None
    Sender("S8").meet(city)
    bare = city.findings.site("S8")
    assert bare is not None and (bare.made_at, bare.cameras, bare.devices) == ("", 0, ())


def word(kind: Kind, **more: str) -> Word:
    told = Word(site="S1", check="camera-online", subject="camera:c0", kind=kind, said_by="Li", at=utc_text(BEGIN))
    return replace(told, **more)


def test_words_are_of_what_is_open_and_end_with_it(store: Store) -> None:
    site = Sender().meet(store)
    site.send(store, "config", 1, config(finding("camera-online", "camera:c0", "fail")), BEGIN)
    said = [
        word("acknowledged", until="2026-12-01", text="scaffold"), word("comment", text="seen"),
        word("assigned", assignee="Wang", until="2026-11-30"), word("comment", text="again"),
    ]  # fmt: skip
    for one in said:
        store.words.keep(one)
    assert store.words.of_site("S1") == said, "oldest first, as they were said"
    store.words.keep(word("assigned", assignee="Zhao", until="2026-12-03"))
    (row,) = store.findings.page(Wanted(assignee="Zhao"))
    assert (row.assigned_to, row.acknowledged_by, row.comments, row.due_on) == ("Zhao", "Li", 2, "2026-12-03")
    assert store.findings.total(Wanted(assignee="Wang")) == 0
    store.words.keep_operator("S1", "School 4", "Li", BEGIN)
    assert [one.operator for one in store.findings.page(Wanted(operator="School 4"))] == ["School 4"]
    for wrong in (
        word("comment", text=""),
        word("comment", text="x", subject="camera:c9"),
        word("assigned", assignee=""),
    ):
        with pytest.raises(UsageError):
            store.words.keep(wrong)
    site.send(store, "config", 2, config(), BEGIN + HOUR)
    assert store.words.of_site("S1") == []


def test_a_dispute_counts_by_its_first_arrival_and_has_one_decision(store: Store) -> None:
    Sender().meet(store)
    said = Disputed(
        check="camera-online", subject="camera:c0", status="fail", reason="unreachable", detected_at=BEGIN,
        repaired_at=None, by="Wang", at=BEGIN + HOUR, why="a scaffold",
    )  # fmt: skip
    with store.transaction():
        assert [one["event"] for one in take(store, said, BEGIN)] == ["disputed"]
        assert [one["event"] for one in take(store, said, BEGIN + DAY)] == ["dispute-repeated"]
        assert [one["event"] for one in store.disputes.take("S1", {"dispute": {}}, BEGIN)] == ["dispute-not-taken"]
        take(store, replace(said, subject="camera:c1"), BEGIN + 2 * DAY)
    first, second = store.disputes.listed()
    assert (first.said, first.arrived_at, first.decision) == (said, BEGIN, None)
    assert store.disputes.open_counts() == {"S1": 2}
    word = Decided(
        dispute=said.id, check=said.check, subject=said.subject, outcome="overturned", by="Li", why="planned",
        at=BEGIN + 3 * DAY,
    )  # fmt: skip
    with store.transaction():
        store.disputes.decide("S1", word, "c" * 32)
    assert store.disputes.find("S1", said.id[:6]).decision == word
    assert store.disputes.listed("S1") == [replace(first, decision=word, command="c" * 32), second]
    assert store.disputes.open_counts() == {"S1": 1}
    with pytest.raises(UsageError):
        store.disputes.find("S1", "")
    ended = {"episode": {"detected_at": utc_text(BEGIN), "repaired_at": utc_text(BEGIN + 4 * DAY)},
             "check": "camera-online", "subject": "camera:c1"}  # fmt: skip
    with store.transaction():
        assert store.disputes.take("S1", ended, BEGIN) == []
    assert store.disputes.listed("S1")[1].ended_at == BEGIN + 4 * DAY


def take(store: Store, said: Disputed, at: datetime) -> list[dict[str, object]]:
    return list(store.disputes.take("S1", {"dispute": disputed_json(said)}, at))


def test_plans_of_some_days_come_by_site_also_those_that_are_over(city: Store) -> None:
    one = city.findings.page(Wanted(site="S3", status="fail"))[0]
    place = {"site": "S3", "check": one.check, "subject": one.subject, "kind": "planned", "said_by": "Li", "text": "x"}
    city.words.keep(Word(**place, at=utc_text(BEGIN), until="2026-11-05"))  # type: ignore[arg-type]
    city.words.keep(Word(**place, at=utc_text(BEGIN + DAY), until="2026-11-09"))  # type: ignore[arg-type]
    assert [word.until for word in city.words.planned("2026-11-02", "2026-11-30")["S3"]] == ["2026-11-05", "2026-11-09"]
    assert [word.until for word in city.words.planned("2026-11-06", "2026-11-30")["S3"]] == ["2026-11-09"]
    assert city.words.planned("2026-11-10", "2026-11-30") == {} == city.words.planned("2026-10-01", "2026-10-31")
    (row,) = [found for found in city.findings.page(Wanted(site="S3")) if found.planned_until]
    assert (row.check, row.subject, row.planned_by, row.planned_until) == (one.check, one.subject, "Li", "2026-11-09")
