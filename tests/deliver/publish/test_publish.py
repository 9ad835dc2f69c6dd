"""Delivery against a real broker: nothing leaves the spool before the right word comes back."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from hubside import FAST, Peer, RunningHub, ack_by, clock, maker_on, publishing, site_on
from mosquitto import Broker, free_port
from patience import PATIENCE_S, waits

from agent.contract.envelope import ACK_TYP, REPORT_TYP, STATE_TYP, flatten, sign_payload, verify
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.deliver.publish.pace import Bucket, Pace, reconnect_delay_s
from agent.hub.stores import trust
from agent.model.finding import Head

ACK = "vss/v1/datong/S1/ack"


def test_from_commit_to_confirmation_over_a_real_broker_and_hub(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub, publishing(maker, spool, hub_signer) as publisher:
        envelopes = maker.cycle(spool, clock(), events=3)
        publisher.wake()
        assert publisher.drained(PATIENCE_S)
        assert len(hub.tell.of("verified")) == len(envelopes)
        assert spool.confirmed() == spool.heads()
        status = publisher.status()
        assert (status.link, status.connects, status.connection_no) == ("connected", 1, 1)
        assert status.puback_at is not None
        assert status.watermark_at is not None
        assert status.ignored_watermarks == status.refused_publishes == {}
    assert publisher.status().link == "stopped"


def test_messages_carry_the_exact_bytes_labels_and_signatures(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    keys = {maker.signer.kid: maker.signer.public}
    with Peer(broker.port) as peer:
        spool = maker.open()
        drafts = [delivery.event(), delivery.config_report(), delivery.health()]
        at = clock()
        envelopes, _ = maker.envelopes(drafts, spool.heads(), spool.epoch, at)
        spool.commit(envelopes, "{}", at)
        with publishing(maker, spool, hub_signer):
            peer.seen.wait(lambda seen: len(seen) >= 4)
        peer.seen.wait(lambda seen: len(seen) >= 5)
        state, *reports, farewell = peer.seen.of("message")
        by_payload = {message["payload"]: message for message in reports}
        assert set(by_payload) == {envelope.report.payload for envelope in envelopes}
        for envelope in envelopes:
            message, report = by_payload[envelope.report.payload], envelope.report
            tail = report.stream if report.stream == "event" else f"report/{report.stream}"
            assert message["topic"] == f"vss/v1/datong/S1/{tail}"
            labels = message["labels"]
            assert isinstance(labels, dict)
            assert labels.pop("jws") == envelope.jws
            verify(report.payload, envelope.jws, keys)
            assert labels == {
                "specversion": "1.0",
                "id": f"{spool_epoch(report.payload)}:{report.stream}:1",
                "source": "/vss/v1/datong/S1",
                "type": f"vss.{report.stream}.v1",
                "time": json.loads(report.payload)["ts"],
                "dataschema": f"https://camwarden.example/contract/1/{report.stream}.schema.json",
            }
            assert message["content_type"] == "application/json"
            assert (message["expiry"] is not None) == (report.stream == "health")
        assert [json.loads(m["payload"])["status"] for m in (state, farewell)] == ["ready", "disconnected"]
        birth = json.loads(state["payload"])
        assert birth["jwk"] == maker.signer.jwk
        assert birth["connection_no"] == 1
        assert birth["heads"]["health"]["seq"] == 1
        assert birth["confirm"] == "hub"
        for message in (state, farewell):
            verify(message["payload"], message["labels"]["jws"], keys, STATE_TYP)
    with Peer(broker.port, client_id="later") as later:
        later.seen.wait(lambda seen: len(seen) >= 2)
        assert sorted(str(m["topic"]).rsplit("/", 1)[1] for m in later.seen.of("message")) == ["config", "state"]


def spool_epoch(payload: bytes) -> str:
    return str(json.loads(payload)["epoch"])


def test_a_will_signed_in_advance_is_spoken_when_the_connection_breaks(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    with Peer(broker.port) as peer:
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher:
            peer.seen.wait(lambda seen: len(seen) >= 1)
            publisher._hub = replace(maker.site.hub, port=free_port())  # the next connection fails
            # A second client with the site's name throws it out, and the broker speaks its will.
            with Peer(broker.port, client_id="S1"):
                peer.seen.wait(lambda seen: len(seen) >= 2)
        birth, will = peer.of("/state")[:2]
        assert json.loads(will["payload"])["status"] == "lost"
        verify(will["payload"], will["labels"]["jws"], {maker.signer.kid: maker.signer.public}, STATE_TYP)
        numbers = [json.loads(m["payload"])["connection_no"] for m in (birth, will)]
        assert numbers == [1, 1]


FORGERIES = {
    "unknown-hub": "unknown-key",
    "own-key": "unknown-key",
    "bad-signature": "signature",
    "report-typ": "typ",
    "other-site": "site",
    "no-signature": "malformed",
    "no-watermark": "payload",
    "old-number": "went-back",
    "backward": "went-back",
    "other-epoch": "epoch",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_watermark_that_is_forged_replayed_or_goes_back_is_not_taken(
    tmp_path: Path, broker: Broker, hub_signer: Signer, name: str
) -> None:
    maker = maker_on(tmp_path, broker)
    spool = maker.open()
    maker.cycle(spool, clock())
    first = spool.heads()
    early = ack_by(hub_signer, spool, 5)
    maker.cycle(spool, clock())
    honest = ack_by(hub_signer, spool, 7, **first)
    other = load_or_create_signer(tmp_path / "other.pem")
    maker.cycle(spool, clock())
    payload, jws = ack_by(hub_signer, spool, 9)
    nothing = b'{"site":"S1"}'
    forged = {
        "unknown-hub": ack_by(other, spool, 9),
        "own-key": ack_by(maker.signer, spool, 9),
        "bad-signature": (payload.replace(b'"ack_no":9', b'"ack_no":8'), jws),
        "report-typ": ack_by(hub_signer, spool, 9, typ=REPORT_TYP),
        "other-site": ack_by(hub_signer, spool, 9, site="S2"),
        "no-signature": (payload, ""),
        "no-watermark": (nothing, sign_payload(nothing, hub_signer, ACK_TYP)),
        "old-number": early,
        "backward": ack_by(hub_signer, spool, 9, event=Head(1, "a" * 64), health=Head(0 + 1, "b" * 64)),
        "other-epoch": ack_by(hub_signer, spool, 9),
    }[name]
    if name == "backward":
        honest = ack_by(hub_signer, spool, 7, **{s: h for s, h in spool.heads().items() if h.seq})
    if name == "other-epoch":
        text = payload.replace(spool.epoch.encode(), b"f" * 16)
        forged = (text, sign_payload(text, hub_signer, ACK_TYP))
    expected = FORGERIES[name]
    with Peer(broker.port) as peer, publishing(maker, spool, hub_signer) as publisher:
        peer.publish(ACK, *honest, retain=True)
        waits(lambda: publisher.status().ack_no == 7)
        before = spool.confirmed()
        peer.publish(ACK, *forged, retain=True)
        waits(lambda: publisher.status().ignored_watermarks == {expected: 1})
        assert spool.confirmed() == before
        assert publisher.status().ack_no == 7
        assert publisher.status().link == "connected"


def test_a_watermark_ahead_of_the_spool_starts_a_new_epoch_with_the_next_cycle(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    maker.cycle(spool, clock())
    old = spool.epoch
    with Peer(broker.port) as peer, publishing(maker, spool, hub_signer) as publisher:
        peer.publish(ACK, *ack_by(hub_signer, spool, 3, event=Head(9, "9" * 64)), retain=True)
        waits(lambda: publisher.status().ignored_watermarks == {"ahead": 1})
        maker.cycle(spool, clock())
        assert spool.epoch != old
        with RunningHub(tmp_path / "hub", site_on(broker)):
            publisher.wake()
            assert publisher.drained(PATIENCE_S)


def test_with_confirm_broker_the_puback_is_enough_and_state_says_so(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker, confirm="broker")
    spool = maker.open()
    with Peer(broker.port) as peer, publishing(maker, spool, hub_signer) as publisher:
        maker.cycle(spool, clock())
        publisher.wake()
        assert publisher.drained(PATIENCE_S)
        peer.seen.wait(lambda seen: len(seen) >= 3)
        assert json.loads(peer.of("/state")[0]["payload"])["confirm"] == "broker"


def test_with_confirm_file_nothing_connects(tmp_path: Path, broker: Broker, hub_signer: Signer) -> None:
    maker = maker_on(tmp_path, broker, confirm="file")
    spool = maker.open()
    with publishing(maker, spool, hub_signer) as publisher:
        maker.cycle(spool, clock())
        publisher.wake()
        assert not publisher.drained(0.2)
        assert publisher.status().link == "file"
    assert "S1" not in broker.log


def test_the_backlog_drips_while_fresh_reports_go_at_once(tmp_path: Path, broker: Broker, hub_signer: Signer) -> None:
    maker = maker_on(tmp_path, broker)
    spool = maker.open()
    for number in range(20):
        maker.cycle(spool, clock() - timedelta(hours=2) + timedelta(minutes=number), events=0)
    pace = replace(FAST, backlog_per_s=4, backlog_burst=2)
    with Peer(broker.port) as peer:
        began = time.monotonic()
        with publishing(maker, spool, hub_signer, pace) as publisher:
            peer.seen.wait(lambda seen: len(seen) >= 3)
            maker.cycle(spool, clock(), events=0)
            publisher.wake()
            peer.seen.wait(lambda seen: len(seen) >= 22)
        took_s = time.monotonic() - began
        order = [json.loads(m["payload"])["seq"] for m in peer.of("/health")]
        assert sorted(order) == list(range(1, 22))
        assert order.index(21) < 15, "it came in the midst of a backlog of 4.5 s"
        assert took_s > 18 / 4 * 0.9
        assert not any(m["retain"] for m in peer.of("/health"))


def test_the_waits_between_connections_are_spread_and_double() -> None:
    pace = Pace()
    uppers = [reconnect_delay_s(pace, attempt, False, 1.0) for attempt in range(1, 12)]
    assert uppers == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert reconnect_delay_s(pace, 5, False, 0.0) == 0
    assert reconnect_delay_s(pace, 5, False, 0.25) == 4
    assert reconnect_delay_s(pace, 1, True, 1.0) == 30
    assert reconnect_delay_s(pace, 10**6, False, 1.0) == 300


def test_the_bucket_gives_its_rate_and_its_burst_and_no_more() -> None:
    bucket = Bucket(per_s=2.0, burst=3, tokens=3, at_s=100.0)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_s() == 0.5
    bucket.refill(100.5)
    assert bucket.take()
    bucket.refill(1000.0)
    assert bucket.tokens == 3
    bucket.refill(900.0)
    assert bucket.tokens == 3


def test_flattened_reports_of_mqtt_3_1_1_are_taken_by_the_hub(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    (event,), _ = maker.envelopes([delivery.event()], spool.heads(), spool.epoch)
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub, Peer(broker.port, "none") as peer:
        with publishing(maker, spool, hub_signer):  # the birth shows the key
            hub.tell.wait(lambda _: len(hub.tell.of("state")) >= 1)
        peer.publish("vss/v1/datong/S1/event", flatten(event.report.payload, event.jws))
        hub.tell.wait(lambda _: len(hub.tell.of("verified")) == 1)
