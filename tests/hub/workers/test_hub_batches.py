"""Many messages in one transaction of the hub give what each of them in its own would give, or nothing at all."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.envelope import STATE_TYP, sign_payload
from agent.contract.presence import write_state
from agent.contract.topics import topic
from agent.deliver.publish.messages import DecodedMessage
from agent.hub.stores import trust
from agent.hub.workers.batches import judge
from agent.model.errors import StoreFailed, StoreWaits
from agent.model.finding import Draft, Envelope


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def take(desk: Desk, envelopes: Sequence[Envelope]) -> list[str]:
    """Hand reports in within the open transaction."""
    events = []
    for one in envelopes:
        event = desk.intake.take(topic("datong", "S1", one.report.stream), one.report.payload, one.jws, NOW)
        events.append(str(event["event"]))
    return events


def gap_record(maker: Maker, chain: Sequence[Envelope], first: int, last: int) -> Envelope:
    body = {"stream": "event", "epoch": "e1", "from_seq": first, "to_seq": last, "count": last - first + 1}
    draft = Draft("gap", {**body, "reason": "spool-full", "last_digest": chain[last - 1].report.digest})
    (record,), _ = maker.envelopes([draft], {}, "e1")
    return record


ORDERS = st.permutations(range(8))


@given(ORDERS, st.lists(st.integers(1, 4), min_size=9, max_size=9), st.integers(0, 8))
@settings(max_examples=25)
def test_the_watermark_does_not_depend_on_order_or_batches(order: list[int], sizes: list[int], record_at: int) -> None:
    """Reports 4 and 5 never come; a gap record names them, anywhere among the others."""
    with tempfile.TemporaryDirectory() as folder:
        maker, desk = Maker(Path(folder) / "site"), Desk(Path(folder) / "hub")
        trusted(desk, maker)
        chain = chain_of(maker, 8)
        coming = [chain[n] for n in order if n not in (3, 4)]
        coming.insert(min(record_at, len(coming)), gap_record(maker, chain, 4, 5))
        for size in sizes:
            batch, coming = coming[:size], coming[size:]
            with desk.store.transaction():
                assert set(take(desk, batch)) <= {"verified"}
        assert not coming
        assert desk.watermark("e1") == {"event": 8, "gap": 1}
        assert desk.status()["verified"] == 7
        desk.store.close()


def test_a_transaction_that_fails_leaves_nothing_behind(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    chain = chain_of(maker, 4)
    with desk.store.transaction():
        take(desk, chain[:1])
    before = desk.status()
    with pytest.raises(ZeroDivisionError), desk.store.transaction():
        assert take(desk, chain[1:3]) == ["verified", "verified"]
        assert desk.watermark("e1") == {"event": 3}
        raise ZeroDivisionError
    assert desk.watermark("e1") == {"event": 1}
    assert desk.status() == before
    with desk.store.transaction():
        assert take(desk, chain[1:]) == ["verified"] * 3
    assert desk.watermark("e1") == {"event": 4}
    assert desk.status()["verified"] == 4


def test_an_epoch_of_a_transaction_that_failed_is_met_again(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (report,) = chain_of(maker, 1, "e2")
    with pytest.raises(StoreFailed), desk.store.transaction():
        take(desk, [report])
        desk.store.all("SELECT nothing FROM nowhere")
    with desk.store.transaction():
        take(desk, [report])
    assert desk.status()["new_epochs"] == 1
    assert desk.watermark("e2") == {"event": 1}


def test_a_broken_chain_is_found_within_one_transaction(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    chain = chain_of(maker, 4)
    (other,), heads = maker.envelopes([Draft("event", {"other": 1})], {}, "e1")
    strays, _ = maker.envelopes([Draft("event", {"n": 2})], heads, "e1")
    with desk.store.transaction():
        assert take(desk, [chain[0], strays[0], chain[2]]) == ["verified", "tamper", "verified"]
        assert desk.watermark("e1") == {"event": 1}
        assert take(desk, [chain[1], other]) == ["fork", "fork"]
    assert desk.watermark("e1") == {"event": 3}, "the version that continues the chain has come"
    assert (desk.status()["tampered"], desk.status()["forks"]) == (1, 2)


def test_what_waits_for_a_key_is_judged_later_where_the_store_fails_in_the_middle(
    desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The birth that shows the key is committed by then: nothing else would have the hub look again."""
    trust.add(desk.directory, "S1", maker.signer.kid, NOW)
    desk.intake.trust = trust.load(desk.directory)
    (report,) = chain_of(maker, 1)
    assert desk.send(report)["event"] == "untrusted"
    payload = write_state(maker.presence("e1", 1, heads={}, confirmed={}), "ready", NOW)
    birth = DecodedMessage(topic("datong", "S1", "state"), payload, sign_payload(payload, maker.signer, STATE_TYP))

    def fail(*_: object) -> None:
        raise StoreWaits("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "take_waiting", fail)
        with pytest.raises(StoreWaits):
            judge(desk.store, desk.intake, desk.signer, [birth], NOW)
    assert desk.store.epoch_of("S1") == "e1", "the birth is committed"
    events, acks = judge(desk.store, desk.intake, desk.signer, [], NOW)
    assert [event["event"] for event in events] == ["verified"]
    assert [ack.mark.streams["event"].seq for ack in acks] == [1]
