"""Delivery while broker, network, access list and our own code fail: told once, tried again, nothing lost."""

from __future__ import annotations

import logging
import socket
import time
from dataclasses import replace
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from hubside import FAST, Peer, RunningHub, clock, maker_on, publishing, site_on
from mosquitto import Broker, free_port
from patience import PATIENCE_S, waits

from agent.contract.signing_keys import Signer
from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import trust
from agent.model.errors import ConfigurationError
from agent.site.config.site import Hub

ACK = "vss/v1/datong/S1/ack"


def test_a_broker_that_is_killed_and_forgets_everything_loses_nothing(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    """PUBACK is not delivery: with no persistence, what the broker had taken for an absent hub is gone."""
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    with publishing(maker, spool, hub_signer) as publisher:
        for _ in range(20):
            maker.cycle(spool, clock())
        publisher.wake()
        with Peer(broker.port):
            waits(lambda: spool.counts()["sent"] == 40)  # all acknowledged, and no hub has them
        broker.kill()
        maker.cycle(spool, clock())
        publisher.wake()
        waits(lambda: publisher.status().link == "offline")
        broker.start()
        with RunningHub(tmp_path / "hub", site_on(broker)) as hub:
            assert publisher.drained(PATIENCE_S)
            assert spool.counts()["confirmed"] == 42
            assert len(hub.tell.of("verified")) == 42
        assert publisher.status().connects >= 2


def test_a_broker_killed_again_and_again_in_full_flow_loses_nothing(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub, publishing(maker, spool, hub_signer) as publisher:
        for _ in range(5):
            for _ in range(30):
                maker.cycle(spool, clock(), events=3)
                publisher.wake()
            broker.kill()
            broker.start()
        assert publisher.drained(PATIENCE_S)
        assert len(hub.tell.of("verified")) == 600
        assert hub.tell.of("fork") == hub.tell.of("tamper") == []
    reopened = maker.open()
    assert reopened.confirmed()["health"].seq == 150
    reopened.close()


def test_an_access_list_that_refuses_parks_the_row_and_a_new_connection_tries_it_again(
    tmp_path: Path, hub_signer: Signer
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite vss/v1/datong/S1/state\ntopic readwrite vss/v1/datong/S1/report/#\ntopic read #\n")
    acl.chmod(0o600)
    lines = ["allow_anonymous true", f"acl_file {acl}"]
    with Broker(tmp_path / "broker", lines) as broker:
        maker = maker_on(tmp_path, broker)
        trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher:
            maker.cycle(spool, clock())
            publisher.wake()
            waits(lambda: spool.counts()["parked"] == 1 and spool.counts()["sent"] == 1)
            assert publisher.status().refused_publishes == {"event: Not authorized": 1}
            broker.stop()
            acl.write_text("topic readwrite #\n")
            broker.start()
            with RunningHub(tmp_path / "hub", site_on(broker)):
                assert publisher.drained(PATIENCE_S)


def test_a_report_too_large_for_the_broker_is_parked_and_the_rest_goes_on(tmp_path: Path, hub_signer: Signer) -> None:
    lines = ["allow_anonymous true", "max_packet_size 4000"]
    with Broker(tmp_path / "broker", lines) as broker:
        maker = maker_on(tmp_path, broker)
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher:
            envelopes, _ = maker.envelopes([delivery.event(0, 6000), delivery.health()], spool.heads(), spool.epoch)
            spool.commit(envelopes, "{}", clock())
            publisher.wake()
            waits(lambda: spool.counts()["parked"] == 1 and spool.counts()["sent"] == 1)
            assert publisher.status().refused_publishes == {"event: packet too large for the broker": 1}
            assert publisher.status().connects == 1


def test_no_more_unacknowledged_publishes_than_the_broker_allows(tmp_path: Path, hub_signer: Signer) -> None:
    """Mosquitto closes the connection of a client that exceeds Receive Maximum."""
    lines = ["allow_anonymous true", "max_inflight_messages 3"]
    with Broker(tmp_path / "broker", lines) as broker:
        maker = maker_on(tmp_path, broker, confirm="broker")
        spool = maker.open()
        for _ in range(50):
            maker.cycle(spool, clock())
        with Peer(broker.port), publishing(maker, spool, hub_signer) as publisher:
            assert publisher.drained(PATIENCE_S)
            assert publisher.status().connects == 1


def test_a_second_agent_with_the_same_name_is_called_that_and_does_not_storm(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    spool = maker.open()
    with publishing(maker, spool, hub_signer, replace(FAST, refused_least_s=60, reconnect_most_s=300)) as publisher:
        waits(lambda: publisher.status().link == "connected")
        with Peer(broker.port, client_id="S1"):
            waits(lambda: publisher.status().link == "duplicate-identity")
            assert publisher.status().reason == "Session taken over"


def test_a_broker_that_refuses_the_login_is_told_once_and_not_hammered(
    tmp_path: Path, hub_signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    with Broker(tmp_path / "broker", ["allow_anonymous false"]) as broker:
        maker = maker_on(tmp_path, broker)
        spool = maker.open()
        with caplog.at_level(logging.INFO, "camwarden"), publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: publisher.status().link == "refused")
            waits(lambda: broker.log.count("CONNACK") >= 3)
            assert publisher.status().reason == "Not authorized"
    assert [r.message for r in caplog.records].count("refused: Not authorized; reports wait in the spool") == 1


def test_a_hub_that_cannot_be_reached_is_one_line_in_the_log(
    tmp_path: Path, hub_signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", port, tls=False)))
    spool = maker.open()
    with caplog.at_level(logging.INFO, "camwarden"), publishing(maker, spool, hub_signer) as publisher:
        waits(lambda: spool.next_connection_no() > 8)  # it has tried some times
        assert publisher.status().reason == f"127.0.0.1:{port}: Connection refused"
        assert publisher.status().link == "offline"
    assert [r.message for r in caplog.records] == [
        f"offline: 127.0.0.1:{port}: Connection refused; reports wait in the spool"
    ]


def test_a_port_that_accepts_and_says_nothing_does_not_hold_the_publisher(tmp_path: Path, hub_signer: Signer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        hub = Hub("127.0.0.1", server.getsockname()[1], tls=False)
        maker = Maker(tmp_path / "site", delivery.site(hub=hub))
        spool = maker.open()
        with publishing(maker, spool, hub_signer, replace(FAST, connect_timeout_s=0.2)) as publisher:
            waits(lambda: "does not answer CONNECT" in publisher.status().reason)
            seen_at_mono = time.monotonic()
            waits(lambda: publisher.beat_at_mono > seen_at_mono)


def test_the_loop_survives_a_failure_of_its_own_and_counts_it(
    tmp_path: Path, broker: Broker, hub_signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    real, failures = spool.mark_sent, []

    def fails_once(ids: list[int], now: object, after: object) -> None:
        if not failures:
            failures.append(ids)
            raise ZeroDivisionError
        real(ids, now, after)

    monkeypatch.setattr(spool, "mark_sent", fails_once)
    with RunningHub(tmp_path / "hub", site_on(broker)), publishing(maker, spool, hub_signer) as publisher:
        maker.cycle(spool, clock())
        publisher.wake()
        waits(lambda: publisher.status().failures == 1)
        maker.cycle(spool, clock())
        publisher.wake()
        assert publisher.drained(PATIENCE_S)
        assert publisher.status().link == "connected"


def test_an_exception_in_a_callback_does_not_end_the_loop(
    tmp_path: Path, broker: Broker, hub_signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paho ends its loop thread when a callback raises, and goes on to say that it is connected."""
    maker = maker_on(tmp_path, broker, confirm="broker")
    spool = maker.open()
    with publishing(maker, spool, hub_signer) as publisher:
        waits(lambda: publisher.status().link == "connected")
        with monkeypatch.context() as patch:
            patch.setattr("agent.deliver.publish.connection.Link._on_received", None)
            with Peer(broker.port, subscribe="none") as peer:
                peer.publish(ACK, b"\xff\xfe not JSON, no JWS \0", retain=True)
        maker.cycle(spool, clock())
        publisher.wake()
        with Peer(broker.port):
            assert publisher.drained(PATIENCE_S)


def test_stopping_ends_the_thread_at_once_also_while_it_waits_to_reconnect(tmp_path: Path, hub_signer: Signer) -> None:
    maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", free_port(), tls=False)))
    spool = maker.open()
    publisher = Publisher(
        maker.site,
        spool,
        maker.signer,
        {hub_signer.kid: hub_signer.public},
        clock,
        replace(FAST, reconnect_first_s=300),
    )
    publisher.start()
    waits(lambda: publisher.status().reason != "")
    assert publisher.stop(PATIENCE_S)
    spool.close()


def test_without_a_pinned_key_of_the_hub_it_does_not_start(tmp_path: Path, broker: Broker) -> None:
    maker = maker_on(tmp_path, broker)
    spool = maker.open()
    with pytest.raises(ConfigurationError, match=r"\[hub\] jwks: no key of the hub is pinned"):
        Publisher(maker.site, spool, maker.signer, {}, clock)
    spool.close()
