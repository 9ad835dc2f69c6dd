"""What workers on one PostgreSQL promise each other: who waits for whom, and what a batch sees and leaves."""

from __future__ import annotations

import multiprocessing
import random
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from patience import PATIENCE_S
from portside import BEGIN, HOUR, Sender, config, finding, health

from agent.contract.watermark import Rejected
from agent.hub.domain.rows.intake import Key
from agent.hub.stores.postgres.store import Store
from agent.model.errors import StoreWaits
from agent.model.finding import Head
from agent.verify.message import Chain, Claim, advance

KEY: Key = ("S1", "e1", "health")


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which each statement is added that is sent to the server from now on."""
    sent: list[str] = []
    execute = psycopg.Connection.execute

    def counting(db: psycopg.Connection[Any], statement: Any, *more: Any, **options: Any) -> psycopg.Cursor[Any]:
        sent.append(str(statement))
        return execute(db, statement, *more, **options)

    monkeypatch.setattr(psycopg.Connection, "execute", counting)
    return sent


def test_four_workers_on_the_same_sites_break_no_chain_and_lose_no_report(hub: Path, store: Store) -> None:
    """Each has every report of every site, in an order of its own, and advances what it can; all are processes."""
    sites = [Sender(f"S{number}").meet(store) for number in range(3)]
    for site in sites:
        for seq in range(1, 31):
            site.made["health", seq] = site.claim("health", seq, health(BEGIN), BEGIN + seq * HOUR)
    claims = [claim for site in sites for claim in site.made.values()]
    at_once = multiprocessing.get_context("fork")
    workers = [at_once.Process(target=work, args=(hub, claims, seed)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(2 * PATIENCE_S)
    assert [worker.exitcode for worker in workers] == [0] * 4
    for site in sites:
        key: Key = (site.site, "e1", "health")
        last = Head(30, site.made["health", 30].digest)
        assert (store.chains.get(key), store.chains.expected(key)) == (Chain(last, last), 30)
        assert len(list(store.reports.stored(*key, 1, 99))) == 30
    ids = [row.id for row in store.reports.accepted_after(0, 999)]
    assert len(ids) == 90 and ids == sorted(set(ids))


def work(hub: Path, claims: list[Claim], seed: int) -> None:
    """Take reports in batches of several sites, in an order of its own."""
    order = random.Random(seed)
    order.shuffle(claims)
    with closing(Store(hub)) as own:
        while claims:
            batch = [claims.pop() for _ in range(min(len(claims), order.randrange(1, 9)))]
            with own.transaction({claim.address.site for claim in batch}):
                for claim in batch:
                    take(own, (claim.address.site, "e1", "health"), claim)


def take(own: Store, key: Key, claim: Claim) -> None:
    if claim.digest in own.digests_at(claim):
        return
    own.keep_report(claim, False, BEGIN)
    own.chains.expect(key, claim.seq)
    before = own.chains.get(key)
    after = advance(before, lambda seq, _: own.report_at(*key, seq), lambda seq: own.gap_at(*key, seq))
    if after != before:
        own.chains.keep(key, after)
    own.next_ack_no(key[0], BEGIN)


def test_workers_on_distinct_sites_do_not_wait_and_ids_rise_with_their_commits(hub: Path, store: Store) -> None:
    one, two = Sender("S1").meet(store), Sender("S2").meet(store)
    with closing(Store(hub)) as own:
        with store.transaction(["S1"]):
            store.keep_report(one.claim("health", 1, health(BEGIN), BEGIN), False, BEGIN)
            own.run("SET lock_timeout = '2s'")
            with own.transaction(["S2"]):
                own.keep_report(two.claim("health", 1, health(BEGIN), BEGIN), False, BEGIN)
                number = own.next_ack_no("S2", BEGIN)
            assert own.reports.newest_id() > 0 and own.next_ack_no("S2", BEGIN) == number + 1
        assert [row.site for row in own.reports.accepted_after(0, 9)] == ["S2", "S1"]


def test_a_reader_that_goes_on_by_ids_passes_no_report_that_is_still_to_be_committed(hub: Path, store: Store) -> None:
    """The second to come waits for its ids until the first has committed its own, whichever began earlier."""
    one, two = Sender("S1").meet(store), Sender("S2").meet(store)
    one.send(store, "health", 1, health(BEGIN), BEGIN)  # the month is there
    with closing(Store(hub)) as own, store.transaction(["S1"]):
        store.keep_report(one.claim("health", 2, health(BEGIN), BEGIN), False, BEGIN)
        assert store.reports.newest_id() == 2, "whoever asks has it written"
        own.run("SET lock_timeout = '100ms'")
        with pytest.raises(StoreWaits), own.transaction(["S2"]):
            own.keep_report(two.claim("health", 1, health(BEGIN), BEGIN), False, BEGIN)
    assert [(row.site, row.seq) for row in store.reports.accepted_after(0, 9)] == [("S1", 1), ("S1", 2)]


@pytest.mark.parametrize("second", [["S1"], ["S1", "S2"], ["S1", "unknown"], []], ids=str)
def test_who_writes_of_the_same_site_or_names_none_or_an_unknown_one_waits(
    hub: Path, store: Store, second: list[str]
) -> None:
    Sender("S1").meet(store)
    Sender("S2").meet(store)
    with closing(Store(hub)) as own, store.transaction(["S1"]):
        own.run("SET lock_timeout = '100ms'")
        with pytest.raises(StoreWaits), own.transaction(second):
            raise AssertionError("it does not wait")
    with closing(Store(hub)) as own, own.transaction(second):
        assert own.epoch_of("S1") == "e1"


def test_a_report_of_a_site_that_was_not_named_holds_that_site_too(hub: Path, store: Store) -> None:
    """Else two workers find that it is not stored, and both store it."""
    Sender("S1").meet(store)
    two = Sender("S2").meet(store)
    with closing(Store(hub)) as own, store.transaction(["S1"]):
        store.keep_report(two.claim("health", 1, health(BEGIN), BEGIN), False, BEGIN)
        own.run("SET lock_timeout = '100ms'")
        with pytest.raises(StoreWaits), own.transaction(["S2"]):
            raise AssertionError("it does not wait")


def test_two_that_meet_in_each_others_sites_both_go_on_and_lose_nothing(hub: Path, store: Store) -> None:
    """They named other sites than they write of: PostgreSQL ends one of them, and its batch is tried again."""
    for name in ("S1", "S2"):
        Sender(name).meet(store)
    both = threading.Barrier(2)
    waited: list[str] = []

    def write(name: str, other: str) -> None:
        with closing(Store(hub)) as own:
            for tries in range(9):
                try:
                    with own.transaction([name]):
                        if not tries:
                            both.wait(PATIENCE_S)
                        own.keep_birth(other, name, "hub")
                    return
                except StoreWaits:
                    waited.append(name)

    threads = [threading.Thread(target=write, args=names) for names in (("S1", "S2"), ("S2", "S1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert waited
    assert store.all("SELECT kid FROM site ORDER BY site") == [("S2",), ("S1",)]


def test_what_a_transaction_has_not_written_yet_is_there_for_it(store: Store) -> None:
    site = Sender().meet(store)
    site.send(store, "health", 1, health(BEGIN), BEGIN)
    with store.transaction(["S1"]):
        second = site.made["health", 2] = site.claim("health", 2, health(BEGIN), BEGIN)
        assert store.digests_at(second) == []
        store.keep_report(second, False, BEGIN)
        assert store.digests_at(second) == [second.digest]
        store.keep_report(site.claim("health", 3, health(BEGIN), BEGIN), False, BEGIN)
        assert [one.seq for one in store.reports.stored(*KEY, 1, 9)] == [1, 2, 3]
        other = site.claim("health", 2, health(BEGIN, more=1), BEGIN)
        store.keep_report(other, True, BEGIN)
        assert store.epochs.versions_at(KEY, 2) == [(one.digest, one.prev, one is other) for one in (second, other)]
        store.keep_report(second, False, BEGIN)
        store.chains.keep(KEY, Chain(Head(2, second.digest), Head(2, second.digest)))
        assert store.chains.get(KEY).confirmed.seq == 2
        assert store.next_ack_no("S1", BEGIN) < store.next_ack_no("S1", BEGIN)
    assert len(list(store.reports.stored(*KEY, 1, 9))) == 4
    assert store.chains.get(KEY).confirmed.seq == 2


def test_what_people_and_other_epochs_say_of_a_site_counts_in_the_next_batch(store: Store) -> None:
    """What a batch reads ahead is read anew by each."""
    Sender().meet(store)
    with store.transaction(["S1"]):
        assert (store.city_and_epoch("S1"), store.refusals.newest("S1", "e1")) == (("datong", "e1"), None)
        assert store.meet("S1", "taiyuan", "e2", BEGIN)
        assert store.city_and_epoch("S1") == ("taiyuan", "e2")
        store.refusals.keep("S1", "e2", Rejected("health", 1, "a" * 64, "payload"), BEGIN)
        store.refusals.keep_key("S1", "k" * 43, "revoked")
        store.keep_state("S1", 2, "lost", BEGIN)
        store.revive("S1", "e2", BEGIN)
        assert store.connection("S1") == ("e2", 2, "ready")
    with store.transaction(["S1"]):
        assert store.city_and_epoch("S1") == ("taiyuan", "e2")
        refused, key = store.refusals.newest("S1", "e2"), store.refusals.key("S1")
        assert refused is not None and key is not None and (refused.seq, key.reason) == (1, "revoked")
        store.refusals.drop_key("S1")
        assert store.refusals.key("S1") is None


def test_one_text_that_postgresql_cannot_store_leaves_nothing_of_its_batch(store: Store) -> None:
    site = Sender().meet(store)
    good = site.claim("health", 1, health(BEGIN), BEGIN)
    with pytest.raises(psycopg.DataError), store.transaction(["S1"]):
        store.keep_report(good, False, BEGIN)
        store.keep_report(replace(good, digest="a\0"), False, BEGIN)
    with store.transaction(["S1"]):
        assert store.digests_at(good) == []
        store.keep_report(good, False, BEGIN)
    assert [one.seq for one in store.reports.stored(*KEY, 1, 9)] == [1]


def test_what_a_configuration_report_costs_in_statements_does_not_grow_with_its_findings(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a province that is met anew, or mends a bad firmware, would take its workers days."""
    sites = [Sender(f"S{number}").meet(store) for number in range(4)]
    cameras_of = (1, 1, 5, 200)  # the first one meets a month
    sent = counted(monkeypatch)
    numbers = []
    for site, cameras in zip(sites, cameras_of, strict=True):
        for seq, status in enumerate(("fail", "unknown", "pass"), 1):
            sent.clear()
            found = [finding("camera-online", f"camera:c{number}", status) for number in range(cameras)]
            site.send(store, "config", seq, config(*found), BEGIN + seq * HOUR)
            numbers.append(len(sent))
    assert numbers[3:6] == numbers[6:9] == numbers[9:]
    monkeypatch.undo()
    for site, cameras in zip(sites, cameras_of, strict=True):
        told = [(one.status, one.from_at, one.to_at) for one in store.findings.history(site.site, 999)]
        assert len(told) == 2 * cameras and len(set(told)) == 2 and all(to_at for _, _, to_at in told)


def test_first_reports_of_sites_that_are_met_are_written_together(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = [Sender(f"S{number}").meet(store) for number in range(20)]
    sent = counted(monkeypatch)
    with store.transaction({site.site for site in sites}):
        for site in sites:
            for seq in (1, 2):
                claim = site.made["health", seq] = site.claim("health", seq, health(BEGIN), BEGIN)
                assert store.digests_at(claim) == []
                store.keep_report(claim, False, BEGIN)
    monkeypatch.undo()
    assert sum("INSERT INTO report_row" in one for one in sent) == 1
    assert [len(list(store.reports.stored(site.site, "e1", "health", 1, 9))) for site in sites] == [2] * 20
