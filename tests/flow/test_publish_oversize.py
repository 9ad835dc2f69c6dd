"""Reports larger than the broker takes: deflated, kept for a larger limit, and at last named in a gap record."""

from __future__ import annotations

import json
import random
import string
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import delivery
from delivery import Maker
from hubside import FAST, Peer, RunningHub, clock, maker_on, publishing, site_on
from mosquitto import Broker
from patience import PATIENCE_S, waits

from agent.contract.signing_keys import Signer
from agent.deliver.spool.spool import Spool
from agent.hub.stores import trust
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.keeping.rows import jws_out
from agent.hub.stores.store import Store
from agent.hub.views.status import write_status
from agent.model.finding import Draft

LIMIT = 6000
LINES = ["allow_anonymous true", f"max_packet_size {LIMIT}"]


def oversize() -> Draft:
    """Return an event that no deflating makes small enough."""
    dice = random.Random(1)
    noise = "".join(dice.choices(string.ascii_letters + string.digits, k=3 * LIMIT))
    draft = delivery.event()
    return Draft("event", {**draft.body, "check": noise})


def commit(maker: Maker, spool: Spool, *drafts: Draft) -> None:
    made, _ = maker.envelopes(list(drafts), spool.heads(), spool.epoch, clock())
    spool.commit(made, "{}", clock())


def test_a_configuration_of_a_whole_site_passes_a_broker_that_is_too_small_for_its_plain_text(
    tmp_path: Path, hub_signer: Signer
) -> None:
    with Broker(tmp_path / "broker", LINES) as broker:
        maker = maker_on(tmp_path, broker)
        trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
        spool = maker.open()
        commit(maker, spool, delivery.config_report(300_000))
        (row,) = spool.pending(1, clock())
        with (
            Peer(broker.port, "+/+/+/+/report/#") as peer,
            RunningHub(tmp_path / "hub", site_on(broker)) as hub,
            publishing(maker, spool, hub_signer) as publisher,
        ):
            assert publisher.drained(PATIENCE_S)
            assert len(hub.tell.of("verified")) == 1
            peer.seen.wait(lambda seen: len(seen) == 1)
        (message,) = peer.seen.of("message")
        assert message["labels"]["contentencoding"] == "deflate"
        assert len(message["payload"]) < LIMIT
        store = Store(tmp_path / "hub", read_only=True)
        ((body, *jws),) = store.all("SELECT payload, protected, signature FROM report")
        assert (exact(store, body), jws_out(*jws)) == (row.payload, row.jws)
        store.close()


def test_what_stays_too_large_is_named_in_a_gap_record_and_the_watermark_passes_it(
    tmp_path: Path, hub_signer: Signer
) -> None:
    with Broker(tmp_path / "broker", LINES) as broker:
        maker = maker_on(tmp_path, broker)
        trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
        spool = maker.open()
        pace = replace(FAST, oversize_kept_s=0.2)
        with RunningHub(tmp_path / "hub", site_on(broker)) as hub, publishing(maker, spool, hub_signer, pace) as sent:
            commit(maker, spool, delivery.event(), oversize(), delivery.event(), delivery.health())
            sent.wake()
            hub.tell.wait(lambda _: any(event["streams"].get("gap") for event in hub.tell.of("confirmed")))
            assert sent.drained(PATIENCE_S)
            assert spool.counts()["dropped"] == 1
            assert spool.counts()["parked"] == 0
            commit(maker, spool, delivery.event())  # and the stream goes on
            sent.wake()
            assert sent.drained(PATIENCE_S)
            assert spool.confirmed() == spool.heads()
            assert hub.tell.of("tamper") == hub.tell.of("fork") == hub.tell.of("rejected") == []
            assert sent.status().connects == 1
        store = Store(tmp_path / "hub", read_only=True)
        gaps = write_status(store)["sites"]["S1"]["gaps"]
        ((stored,),) = store.all("SELECT payload FROM report WHERE stream = 'gap'")
        payload = exact(store, stored)
        store.close()
        assert gaps["missing"] == []
        assert [(g["stream"], g["from_seq"], g["to_seq"], g["reason"]) for g in gaps["explained"]] == [
            ("event", 2, 2, "too-large")
        ]
        assert json.loads(payload)["body"]["count"] == 1


def test_until_then_it_waits_for_a_broker_that_takes_it(tmp_path: Path, hub_signer: Signer) -> None:
    with Broker(tmp_path / "broker", list(LINES)) as broker:
        maker = maker_on(tmp_path, broker)
        trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher:
            commit(maker, spool, oversize(), delivery.health())
            publisher.wake()
            waits(lambda: spool.counts()["parked"] == 1 and spool.counts()["sent"] == 1)
            broker.stop()
            broker._lines = ["allow_anonymous true"]
            broker.start()
            with RunningHub(tmp_path / "hub", site_on(broker)):
                assert publisher.drained(PATIENCE_S)
            assert spool.counts()["dropped"] == 0
            assert spool.confirmed() == spool.heads()


def test_only_what_is_parked_for_that_reason_and_for_long_enough_is_given_up(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    spool = maker.open()
    for hours in (0, 1, 2):
        maker.cycle(spool, delivery.NOW + timedelta(hours=hours), events=2)
    rows = spool.pending(20, delivery.NOW + delivery.DAY)
    events = [row for row in rows if row.stream == "event"]
    for row in events:
        spool.park(row.id, "Not authorized" if row.seq % 2 else "too large")
    now = delivery.NOW + timedelta(hours=3)
    assert spool.evict_parked("too large", "too-large", delivery.NOW + timedelta(minutes=90), now) == 2
    assert spool.evict_parked("too large", "too-large", delivery.NOW + timedelta(minutes=90), now) == 0
    assert spool.counts()["parked"] == 4
    bodies = [p["body"] for p in delivery.waiting(spool, now) if p["stream"] == "gap"]
    assert [(b["from_seq"], b["to_seq"], b["reason"]) for b in bodies] == [(2, 2, "too-large"), (4, 4, "too-large")]
    spool.requeue()
    delivery.assert_closed(delivery.waiting(spool, now))
    spool.close()
