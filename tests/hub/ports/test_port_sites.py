"""Sites, epochs, holes, losses and refusals are stored as intake decides them, and listed by name in pages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from portside import BEGIN, DAY, HOUR, Sender, config, health

from agent.contract.chain import utc_text
from agent.contract.watermark import RefusedKey, Rejected
from agent.hub.domain.rows.day_sums import add_up
from agent.hub.domain.rows.gaps import CONFIRMED_BEFORE, Hole
from agent.hub.domain.rows.intake import Waiting
from agent.hub.ports.store import Store
from agent.model.finding import Head
from agent.verify.members import time_of
from agent.verify.message import Chain, Gap

KEY = ("S1", "e1", "health")


def gap(first: int, last: int, reason: str = "evicted", digest: str = "d" * 64) -> Gap:
    return Gap("e1", "health", first, last, last - first + 1, reason, digest)


def test_an_epoch_is_met_once_and_another_one_of_a_known_site_is_new(store: Store) -> None:
    with store.transaction():
        assert [store.meet("S1", "datong", "e1", BEGIN), store.meet("S1", "datong", "e1", BEGIN)] == [False, False]
        store.keep_state("S1", 7, "ready", BEGIN)
        assert store.meet("S1", "taiyuan", "e2", BEGIN + HOUR)
    assert not store.meet("S1", "datong", "e1", BEGIN + DAY), "it was met before"
    assert (store.epoch_of("S1"), store.city_and_epoch("S1")) == ("e2", ("taiyuan", "e2"))
    assert store.connection("S1")[:2] == ("e2", 0), "connections count anew"
    assert [(name, time_of(at), verdict) for name, at, verdict in store.sites.epochs("S1")] == [
        ("e1", BEGIN, "first"), ("e2", BEGIN + HOUR, ""),
    ]  # fmt: skip
    assert store.epochs.others("S1", "e2") == ("e1",)
    with store.transaction():
        store.epochs.keep_verdict("S1", "e2", "spool-lost")
    assert [store.epochs.verdict("S1", name) for name in ("e1", "e2", "e3")] == ["first", "spool-lost", None]
    assert store.sites.first_contacts() == [("S1", utc_text(BEGIN))]


def test_a_new_epoch_stays_unexplained_until_a_verdict_once_it_is_quiet(store: Store) -> None:
    Sender().meet(store)
    with store.transaction():
        store.meet("S1", "datong", "e2", BEGIN + HOUR)
    quiet, now = BEGIN + 2 * HOUR, BEGIN + 3 * HOUR
    assert store.epochs.unexplained(quiet, now) == [("S1", "e2")]
    assert store.epochs.unexplained(BEGIN, now) == []
    with store.transaction():
        store.chains.late("S1", utc_text(quiet + HOUR / 2))
    assert store.epochs.unexplained(quiet, now) == []
    with store.transaction():
        store.epochs.keep_verdict("S1", "e2", "explained")
    assert store.epochs.unexplained(now, now) == []


def test_a_connection_that_was_told_as_over_revives_in_its_own_epoch_alone(store: Store) -> None:
    Sender().meet(store)
    with store.transaction():
        assert [store.epochs.raise_connection("S1", "e1", number) for number in (3, 3, 2, 4)] == [
            True,
            False,
            False,
            True,
        ]
        store.keep_state("S1", 4, "lost", BEGIN)
        store.revive("S1", "other", BEGIN + HOUR)
    assert store.connection("S1") == ("e1", 4, "lost")
    with store.transaction():
        store.revive("S1", "e1", BEGIN + HOUR)
    assert store.connection("S1") == ("e1", 4, "ready")
    with store.transaction():
        store.chains.health("S1", "other", utc_text(BEGIN), utc_text(BEGIN + DAY))
        store.chains.health("S1", "e1", utc_text(BEGIN), utc_text(BEGIN + HOUR))
    (row,) = store.sites.rows("S1")
    assert (time_of(row.health_at), time_of(row.next_due_at)) == (BEGIN, BEGIN + HOUR)
    assert (time_of(row.state_at), row.kid, row.confirm) == (BEGIN + HOUR, Sender().kid, "hub")
    assert store.epochs.signer_of_state("S1") == Sender().kid


def test_sites_come_by_name_in_pages_with_those_that_are_only_counted(store: Store) -> None:
    names = ["S1", "S10", "S2", "a", "b"]
    for name in ("b", "S2", "S10", "S1"):
        Sender(name).meet(store).send(store, "health", 1, health(BEGIN), BEGIN)
    with store.transaction():
        store.chains.count("a", "untrusted")
    assert store.sites.page(None, -1) == (names, 5, False)
    for size in (1, 2, 5):
        paged, after, more = [], None, True
        while more:
            rows, number, more = store.sites.page(after, size)
            assert number == 5 and len(rows) <= size
            paged += rows
            assert len(paged) <= 5, "a page comes again"
            after = rows[-1]
        assert paged == names
    assert [row.site for row in store.sites.rows()] == ["S1", "S10", "S2", "b"]
    assert [row.site for row in store.sites.rows(names=("S10", "a"))] == ["S10", "S2"]
    assert sorted(store.sites.counts(("S10", "a"))) == ["S10", "S2", "a"]
    assert [one.site for one in store.sites.chains(names=("S10", "a"))] == ["S10", "S2"]
    assert [name for name, _, _ in store.sites.contacts()] == ["S1", "S10", "S2", "b"]
    assert store.sites.counts_summed() == {"verified": 4, "untrusted": 1}


def test_what_is_missing_is_neither_stored_nor_in_a_gap_record(store: Store) -> None:
    site = Sender().meet(store)
    for seq in (1, 2, 5, 9):
        site.send(store, "health", seq, health(BEGIN), BEGIN)
    with store.transaction():
        store.keep_gap("S1", gap(6, 7))
        store.keep_gap("S1", gap(20, 30, CONFIRMED_BEFORE))
        store.chains.expect(KEY, 12)
    (chain,) = store.sites.chains("S1")
    assert (chain.confirmed, chain.position, chain.expected) == (2, 2, 12)
    assert store.sites.missing_runs(chain) == [(3, 4), (8, 8), (10, 12)]
    assert store.sites.chains_with_holes() == [chain]
    assert store.sites.lags() == {"S1": 10}
    assert store.gap_at("S1", "e1", "health", 7) == (7, "d" * 64)
    assert store.gap_at("S1", "e1", "health", 8) is None
    holes = list(store.holes.absent_of("S1", 9))
    assert [(one.first, one.last, one.kind) for one in holes] == [
        (3, 4, "missing"), (8, 8, "missing"), (10, 12, "missing"), (20, 30, "before"),
    ]  # fmt: skip
    assert [(one.first, one.kind) for one in store.holes.absent_of("S1", 1)] == [(3, "missing"), (20, "before")]
    assert [(one.from_seq, one.to_seq) for one in store.sites.absent("S1")] == [(6, 7), (20, 30)]
    site.send(store, "health", 25, health(BEGIN), BEGIN, prev="c" * 64)
    assert [(one.from_seq, one.to_seq, one.count) for one in store.sites.absent("S1")] == [
        (6, 7, 2), (20, 24, 5), (26, 30, 5),
    ]  # fmt: skip
    assert [(one.from_seq, one.to_seq) for one in store.sites.gaps("S1")] == [(6, 7), (20, 30)], "as it was told"


def test_a_gap_record_takes_the_place_of_a_run_that_was_confirmed_before_and_of_no_other(store: Store) -> None:
    Sender().meet(store)
    with store.transaction():
        store.keep_gap("S1", gap(1, 4, CONFIRMED_BEFORE))
        assert store.lost_runs.ending_at(KEY, 4) == (1, 4, "d" * 64)
        assert store.lost_runs.given_up_to(KEY, 4, "") is None
        store.keep_gap("S1", gap(1, 4, "evicted", "e" * 64))
        assert [one.reason for one in store.sites.gaps("S1")] == [CONFIRMED_BEFORE], "another digest"
        store.keep_gap("S1", gap(1, 4))
        assert [one.reason for one in store.sites.gaps("S1")] == ["evicted"]
        assert [store.lost_runs.given_up_to(KEY, 4, one) for one in ("", "d" * 64, "e" * 64)] == [1, 1, None]
        store.keep_gap("S1", gap(6, 8, CONFIRMED_BEFORE))
        store.lost_runs.delete(KEY, 8)
        store.lost_runs.delete(KEY, 4)
    assert [(one.from_seq, one.reason) for one in store.sites.gaps("S1")] == [(1, "evicted")]


def test_confirmed_reports_are_counted_without_those_that_a_gap_explains(store: Store) -> None:
    whole, part = Sender().meet(store), Sender("S2").meet(store)
    for seq in range(1, 6):
        whole.send(store, "health", seq, health(BEGIN), BEGIN)
        if seq not in (2, 3):
            part.send(store, "health", seq, health(BEGIN), BEGIN)
    with store.transaction():
        store.keep_gap("S2", gap(2, 3))
        head = Head(5, "a" * 64)
        store.chains.keep(("S2", "e1", "health"), Chain(head, head))
    assert store.sites.confirmed_counts() == {"S1": 5, "S2": 3}
    assert store.sites.confirmed_counts(("S2", "S2")) == {"S2": 3}


def test_holes_of_a_site_are_stored_in_the_place_of_those_before_and_looked_for_when_it_is_quiet(store: Store) -> None:
    Sender().meet(store)
    with store.transaction():
        store.chains.expect(KEY, 4)
        store.chains.late("S1", utc_text(BEGIN))
    assert store.holes.quiet_sites(BEGIN - HOUR, BEGIN + HOUR) == []
    assert store.holes.quiet_sites(BEGIN, BEGIN + HOUR) == ["S1"]
    holes = [
        Hole("e1", "event", 9, 9, "before", state="gone"),
        Hole("e1", "health", 1, 4, asked_at=utc_text(BEGIN), times=2),
    ]
    with store.transaction():
        store.holes.keep("S1", reversed(holes))
        store.holes.note_search("S1", BEGIN)
    assert store.holes.known("S1") == holes
    assert store.holes.quiet_sites(BEGIN, BEGIN + HOUR) == ["S1"], "one is not answered"
    with store.transaction():
        store.holes.keep("S1", [replace(one, state="lost") for one in holes])
    assert [one.state for one in store.holes.known("S1")] == ["lost", "lost"]
    assert store.holes.quiet_sites(BEGIN, BEGIN + HOUR) == [], "all is answered"


def test_an_accepted_loss_is_seen_once_and_runs_that_touch_count_as_one(store: Store) -> None:
    site = Sender().meet(store)
    site.send(store, "health", 9, health(BEGIN), BEGIN, prev="c" * 64)
    with store.transaction():
        store.accepted.keep(KEY, 3, 5, "Li", "the disk broke", BEGIN)
        store.accepted.keep(KEY, 6, 8, "Zhao", "the same", BEGIN + HOUR)
    assert store.accepted.unseen()
    assert store.accepted.within(KEY, 5, 6) in (("Li", utc_text(BEGIN)), ("Zhao", utc_text(BEGIN + HOUR)))
    assert store.accepted.within(KEY, 1, 2) is None
    assert [store.accepted.through(KEY, seq) for seq in (3, 5, 9)] == [8, 8, 8]
    assert store.accepted.through(KEY, 1) == 0
    assert store.accepted.first_behind(KEY, 3, 8) == (9, "c" * 64, 8)
    assert store.accepted.first_behind(KEY, 3, 7) is None
    assert [(one.first, one.last, one.by, one.why, one.closed) for one in store.accepted.of_site("S1")] == [
        (3, 5, "Li", "the disk broke", False), (6, 8, "Zhao", "the same", False),
    ]  # fmt: skip
    with store.transaction():
        assert store.accepted.take_unseen(BEGIN) == [(KEY, 3, 5), (KEY, 6, 8)]
        assert store.accepted.take_unseen(BEGIN) == []
    assert not store.accepted.unseen()


def test_what_was_refused_is_there_until_its_site_gives_it_up(store: Store) -> None:
    Sender().meet(store)
    first, second = Rejected("health", 3, "a" * 64, "payload"), Rejected("event", 4, "b" * 64, "time")
    with store.transaction():
        store.refusals.keep("S1", "e1", first, BEGIN)
        store.refusals.keep("S1", "e1", second, BEGIN + HOUR)
        assert store.refusals.newest("S1", "e1") == second
        assert store.refusals.others("S1", "e1", "a" * 64) == 1
        store.refusals.keep("S1", "e1", replace(first, reason="size"), BEGIN + DAY)
        assert store.refusals.newest("S1", "e1") == replace(first, reason="size")
        store.refusals.drop("S1", gap(1, 3))
        assert store.refusals.newest("S1", "e1") == second
        assert store.refusals.newest("S1", "e2") is None
        for kid in ("x", "y"):
            store.refusals.keep_key("S1", kid, "revoked")
        assert store.refusals.key("S1") == RefusedKey("y", "revoked")
        store.refusals.drop_key("S1")
        assert store.refusals.key("S1") is None


def test_what_waits_for_trust_comes_back_as_it_came_and_is_then_gone(store: Store) -> None:
    for number, kid in enumerate(("k1", "k2", "k1", "k1")):
        kind = "state" if number == 2 else "health"
        message = Waiting("S1", kid, f"vss/v1/datong/S1/{kind}", f"h..{number}", bytes([0, 255, number]))
        assert store.keep_waiting(message, BEGIN + number * HOUR)
        assert store.keep_waiting(message, BEGIN + DAY), "the same again is no other"
    store.keep_key("S1", "k1", {"kty": "EC", "x": "é"})
    store.keep_key("S1", "k1", {"kty": "other"})
    assert (store.key("k1"), store.key("k9"), store.keys_shown("S1")) == ({"kty": "EC", "x": "é"}, None, 1)
    assert store.waiting_keys() == [("S1", "k1"), ("S1", "k2")]
    assert [(one.kid, one.number, time_of(one.since), one.shown) for one in store.sites.waiting()] == [
        ("k1", 3, BEGIN, True), ("k2", 1, BEGIN + HOUR, False),
    ]  # fmt: skip
    assert store.sites.waiting_reports() == 3
    with store.transaction():
        taken = store.take_waiting("S1", "k1")
    assert [(payload, jws, time_of(at)) for _, payload, jws, at in taken] == [
        (bytes([0, 255, n]), f"h..{n}", BEGIN + n * HOUR) for n in (0, 2, 3)
    ]
    assert store.waiting_keys() == [("S1", "k2")]


def test_a_key_is_found_in_a_transaction_of_named_sites_whosever_it_is_and_when_it_was_shown(store: Store) -> None:
    jwks = {kid: {"kty": "EC", "x": f"é{kid}"} for kid in ("k1", "k2", "k3", "k4")}
    store.keep_key("S1", "k1", jwks["k1"])
    store.keep_key("S2", "k2", jwks["k2"])
    for sites in (("S1", "S3"), ("S3",)):
        with store.transaction(sites):
            assert [store.key(kid) for kid in ("k1", "k2", "k9")] == [jwks["k1"], jwks["k2"], None]
    with store.transaction(("S1",)):
        assert store.key("k3") is None
        store.keep_key("S1", "k3", jwks["k3"])
        store.keep_key("S3", "k3", jwks["k4"])
        assert store.key("k3") == jwks["k3"], "what this transaction has stored itself, and the first of two"
    with pytest.raises(ZeroDivisionError), store.transaction(("S1",)):
        store.keep_key("S1", "k4", jwks["k4"])
        assert store.key("k4") == jwks["k4"]
        raise ZeroDivisionError
    assert [store.key(kid) for kid in ("k1", "k2", "k3", "k4")] == [jwks["k1"], jwks["k2"], jwks["k3"], None]


def test_figures_are_of_the_report_with_the_highest_number_of_the_epoch_that_began_last(store: Store) -> None:
    site, day = Sender().meet(store), date(2026, 11, 1)
    for seq, good in ((1, 5), (3, 7), (2, 6)):
        site.send(store, "health", seq, health(BEGIN, rates=rates(good)), BEGIN)
    assert json.dumps(store.figures.of_day("division", day)["S1"]) == json.dumps({"140200": {"online": [7, 9, 0, 0]}})
    assert store.figures.last("division", "S1") == store.figures.of_day("division", day)["S1"]
    Sender(epoch="e2").meet(store, BEGIN + DAY).send(store, "health", 1, health(BEGIN, rates=rates(2)), BEGIN)
    assert store.figures.of_day("division", day)["S1"] == {"140200": {"online": [2, 9, 0, 0]}}
    assert store.figures.of_day("division", date(2026, 10, 31)) == {}
    assert store.figures.last("division", "S9") == {}
    planned = {"from": utc_text(BEGIN), "said_at": utc_text(BEGIN), "until": utc_text(BEGIN + DAY), "subject": "site",
               "by": "Li", "why": "work"}  # fmt: skip
    site.send(store, "config", 1, {**config(), "planned": [planned]}, BEGIN)
    assert sorted(store.figures.plans_before(date(2026, 11, 3))) == ["S1"]
    assert store.figures.plans_before(date(2026, 11, 2)) == {}


def test_the_sum_of_a_day_is_that_of_its_rows_stored_or_not_and_goes_with_a_late_report(store: Store) -> None:
    day, figures = date(2026, 11, 1), store.figures
    with store.transaction():
        for number in range(120):
            site = Sender(f"S{number}").meet(store)
            site.send(store, "health", 1, health(BEGIN, rates=rates(number % 9)), BEGIN)
    from_rows, some = add_up(figures.of_day("division", day)), {"S1", "S7", "S999"}
    assert figures.days_without_sum([day, date(2026, 11, 2)]) == [("division", day)]
    assert figures.sum_of_day("division", day) == from_rows
    assert not figures.keep_sum("division", day), "nothing else was stored before"
    assert (figures.days_without_sum([day]), figures.differing_sums()) == ([], (1, []))
    assert figures.sums_after("", "", 9) == [("division", day.isoformat())]
    assert figures.sums_after("division", day.isoformat(), 9) == []
    assert figures.sum_of_day("division", day) == from_rows
    assert figures.sum_of_day("division", day, some) == add_up(figures.of_day("division", day, some))
    assert sorted(figures.of_day("division", day, some)) == ["S1", "S7"] and figures.of_day("division", day, ()) == {}
    Sender("S5").send(store, "health", 2, health(BEGIN, rates=rates(8)), BEGIN)
    assert figures.days_without_sum([day]) == [("division", day)]
    assert figures.sum_of_day("division", day) == add_up(figures.of_day("division", day)) != from_rows


def rates(good: int) -> dict[str, object]:
    return {"day": "2026-11-01", "online": [good, 9, 0, 0]}


def test_of_two_reports_of_a_day_in_one_transaction_the_higher_number_counts(store: Store) -> None:
    site = Sender().meet(store)
    day = date(2026, 11, 1)
    told = {seq: health(BEGIN, rates={"day": day.isoformat(), "online": [seq, 9, 0, 0]}) for seq in (1, 2, 3)}
    claims = {seq: site.claim("health", seq, body, BEGIN) for seq, body in told.items()}
    for order in ((2, 1), (3, 1)):
        with store.transaction(["S1"]):
            for seq in order:
                store.figures.keep(claims[seq])
        (figures,) = store.figures.of_site("division", "S1", day)[day.isoformat()].values()
        assert figures["online"] == [order[0], 9, 0, 0]
