"""A transaction of the store is whole or nothing, over all areas, and of two writers one waits."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest
from patience import PATIENCE_S
from portside import BEGIN, HOUR, Opens, Sender, config, finding, health

from agent.hub.domain.rows.intake import Waiting
from agent.hub.ports.store import Store
from agent.hub.stores.engines import Engine
from agent.model.errors import ConfigurationError, StoreFailed, StoreWaits
from agent.model.finding import Head
from agent.verify.message import Chain, Gap

KEY = ("S1", "e1", "health")


def test_what_raises_in_the_middle_leaves_nothing_in_any_area(opens: Opens, store: Store) -> None:
    site = Sender().meet(store)
    site.send(store, "config", 1, config(finding("camera-online", "camera:c0", "warn")), BEGIN)
    before = everything(store)
    with pytest.raises(ZeroDivisionError), store.transaction():
        site.send(store, "config", 2, config(finding("camera-online", "camera:c0", "fail")), BEGIN + HOUR)
        site.send(store, "health", 1, health(BEGIN, rates={"day": "2026-11-01", "online": [1, 2, 0, 0]}), BEGIN)
        store.keep_gap("S1", Gap("e1", "event", 1, 2, 2, "evicted", "a" * 64))
        store.keep_key("S1", site.kid, {"kty": "EC"})
        store.keep_waiting(Waiting("S2", "k" * 43, "vss/v1/datong/S2/health", "a..b", b"x"), BEGIN)
        store.meet("S2", "datong", "e9", BEGIN)
        store.accepted.keep(KEY, 1, 2, "Li", "lost", BEGIN)
        store.words.keep_operator("S1", "School 4", "Li", BEGIN)
        store.next_ack_no("S1", BEGIN)
        1 / 0  # noqa: B018
    assert everything(store) == before
    assert everything(opens()) == before


def everything(store: Store) -> list[object]:
    """Return what each area shows of it all."""
    return [
        store.sites.rows(), store.sites.chains(), store.sites.counts(), store.sites.epochs("S1"),
        store.sites.page(None, 9),
        store.sites.gaps("S1"), store.sites.waiting(), store.all_epochs(), store.waiting_keys(), store.keys_shown("S1"),
        store.reports.accepted_after(0, 99), store.reports.newest_id(), list(store.bodies.after(0, 99)),
        store.findings.history("S1", 99), store.findings.site("S1"), store.figures.last("division", "S1"),
        store.accepted.of_site("S1"), store.accepted.unseen(), [store.chains.get(KEY), store.chains.expected(KEY)],
    ]  # fmt: skip


def test_a_part_of_a_transaction_is_undone_with_the_whole(store: Store) -> None:
    with pytest.raises(KeyError), store.transaction():
        with store.transaction():
            Sender().meet(store)
        assert store.epoch_of("S1") == "e1", "within, it is there"
        raise KeyError
    assert store.epoch_of("S1") is None


def test_nobody_else_sees_a_part_and_everybody_the_whole(opens: Opens, store: Store) -> None:
    other = opens(read_only=True)
    with store.transaction():
        Sender().meet(store).send(store, "health", 1, health(BEGIN), BEGIN)
        assert (other.epoch_of("S1"), other.reports.newest_id(), other.chains.get(KEY)) == (None, 0, Chain())
    assert other.epoch_of("S1") == "e1"
    assert other.reports.newest_id() > 0
    assert other.chains.get(KEY).confirmed.seq == 1


def test_of_two_writers_the_later_one_waits_until_the_first_has_committed(opens: Opens, store: Store) -> None:
    site, began, order = Sender().meet(store), threading.Event(), []

    def second() -> None:
        with closing(opens()) as own:
            began.set()
            with own.transaction():
                order.append(own.epoch_of("S2"))
                own.meet("S3", "datong", "e1", BEGIN)

    thread = threading.Thread(target=second)
    with store.transaction():
        thread.start()
        assert began.wait(PATIENCE_S)
        site.send(store, "health", 1, health(BEGIN), BEGIN)
        store.meet("S2", "datong", "e7", BEGIN)
        order.append("first")
    thread.join(PATIENCE_S)
    assert order == ["first", "e7"], "and it sees what the first one has committed"
    assert sorted(store.all_epochs()) == [("S1", "e1"), ("S2", "e7"), ("S3", "e1")]


def test_numbers_of_watermarks_rise_whoever_takes_them_and_whatever_the_clock_shows(opens: Opens, store: Store) -> None:
    Sender().meet(store)
    numbers, writers = [], (store, opens())
    for turn in range(6):
        with writers[turn % 2].transaction():
            numbers.append(writers[turn % 2].next_ack_no("S1", BEGIN - turn * HOUR))
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= int(BEGIN.timestamp() * 1000), "they follow the clock, in case the store is lost"


def test_chains_read_back_what_was_kept_and_forget_what_was_undone(store: Store) -> None:
    Sender().meet(store)
    kept = Chain(Head(4, "a" * 64), Head(6, "b" * 64), 7)
    with store.transaction():
        assert store.chains.get(KEY) == Chain()
        assert not store.chains.settle(KEY) and store.chains.settle(KEY)
        store.chains.keep(KEY, kept)
        store.chains.expect(KEY, 9)
        store.chains.expect(KEY, 5)
        assert (store.chains.get(KEY), store.chains.expected(KEY)) == (kept, 9)
    with store.transaction():
        assert not store.chains.settle(KEY), "that is of one transaction"
    assert (store.chains.get(KEY), store.chains.expected(KEY)) == (kept, 9)
    assert store.chains.watermark("S1", "e1") == {"health": Head(4, "a" * 64)}
    with pytest.raises(KeyError), store.transaction():
        store.chains.keep(KEY, Chain())
        store.chains.count("S1", "forks")
        raise KeyError
    with store.transaction():
        for _ in range(3):
            store.chains.count("S1", "verified")
    with store.transaction():
        store.chains.count("S1", "verified")
    assert store.chains.get(KEY) == kept
    assert store.sites.counts() == {"S1": {"verified": 4}}
    assert store.sites.counts_summed() == {"verified": 4}


def test_a_reader_needs_a_store(bare: Engine, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        bare.store(tmp_path / "hub", True, lambda left: True)


def test_a_reader_changes_nothing(opens: Opens) -> None:
    Sender().meet(opens())
    reader = opens(read_only=True)
    with pytest.raises(StoreFailed) as refused, reader.transaction():
        reader.meet("S2", "datong", "e1", BEGIN)
    assert not isinstance(refused.value, StoreWaits), "to wait would not help"
    assert reader.all_epochs() == [("S1", "e1")]
