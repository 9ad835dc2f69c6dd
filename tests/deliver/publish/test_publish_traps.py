"""The traps of paho-mqtt and of brokers, one test each; those that are not here stand where their part is tested.

Refusal by access list, too large, callback that raises, second agent: test_publish_faults.py. Waits between
connections: test_publish.py. Limits of 3.1.1: test_publish_protocol.py. A session that outlives its connection:
test_publish_orders.py.
"""

from __future__ import annotations

import logging
import re
import shutil
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from certificates import Authority
from delivery import Maker
from faulty_net import Wire
from hubside import FAST, Peer, clock, maker_on, publishing
from mosquitto import Broker
from patience import PATIENCE_S, waits

from agent.contract.signing_keys import Signer
from agent.deliver.publish.pace import Pace, after_taken_over
from agent.judge.checks.service import delivery as checks
from agent.observe.facts.delivery import Delivery
from agent.observe.facts.facts import gather
from agent.site.config.site import Hub


def tls_broker(directory: Path, authority: Authority, server: str = "broker") -> Broker:
    lines = [
        "allow_anonymous true",
        f"cafile {authority.ca}",
        f"certfile {authority.directory / server}.crt",
        f"keyfile {authority.directory / server}.key",
        "require_certificate true",
        "use_identity_as_username true",
    ]
    return Broker(directory, lines)


def over_tls(port: int, ca: Path, pair: tuple[Path, Path] | tuple[None, None], host: str = "127.0.0.1") -> Hub:
    return Hub(host, port, True, ca, *pair)


def test_qos_2_would_hide_refusals_so_everything_is_sent_at_qos_1(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker, confirm="broker")
    spool = maker.open()
    maker.cycle(spool, clock())
    with Peer(broker.port), publishing(maker, spool, hub_signer) as publisher:
        assert publisher.drained(PATIENCE_S)
    sent = re.findall(r"Received PUBLISH from S1 \(d\d, q(\d)", broker.log)
    assert len(sent) >= 4
    assert set(sent) == {"1"}


def test_publish_while_offline_would_queue_in_memory_so_each_report_goes_exactly_once(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    spool = maker.open()
    with publishing(maker, spool, hub_signer, replace(FAST, resend_s=600)) as publisher:
        waits(lambda: publisher.status().link == "connected")
        broker.stop()
        waits(lambda: publisher.status().link == "offline")
        maker.cycle(spool, clock())
        publisher.wake()
        broker.start()
        waits(lambda: spool.counts()["sent"] == 2)
    assert len(re.findall(r"Received PUBLISH from S1 .*(?:/event|report/health)", broker.log)) == 2


@pytest.mark.parametrize("takes", [1, 2])
def test_a_tiny_receive_maximum_counts_birth_and_farewell_too(tmp_path: Path, hub_signer: Signer, takes: int) -> None:
    lines = ["allow_anonymous true", f"max_inflight_messages {takes}"]
    with Broker(tmp_path / "broker", lines) as broker:
        maker = maker_on(tmp_path, broker, confirm="broker")
        spool = maker.open()
        for _ in range(20):
            maker.cycle(spool, clock())
        with Peer(broker.port, "+/+/+/+/state") as peer, Peer(broker.port, client_id="hub"):
            with publishing(maker, spool, hub_signer) as publisher:
                assert publisher.drained(PATIENCE_S)
                assert publisher.status().connects == 1
                maker.cycle(spool, clock())
            peer.seen.wait(lambda seen: len(seen) >= 2)
            assert b'"disconnected"' in peer.of("/state")[-1]["payload"]  # type: ignore[operator]


def test_a_half_open_connection_is_found_by_keep_alive(tmp_path: Path, broker: Broker, hub_signer: Signer) -> None:
    with Wire(broker.port) as wire:
        hub = Hub("127.0.0.1", wire.port, tls=False, confirm="broker")
        maker = Maker(tmp_path / "site", delivery.site(hub=hub))
        spool = maker.open()
        with Peer(broker.port), publishing(maker, spool, hub_signer, replace(FAST, keepalive_s=1)) as publisher:
            waits(lambda: publisher.status().link == "connected")
            wire.freeze()
            maker.cycle(spool, clock())
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
            assert publisher.status().connects >= 2
            assert publisher.status().link in ("connected", "offline")


def test_a_slow_link_holds_a_window_in_memory_and_no_more(tmp_path: Path, broker: Broker, hub_signer: Signer) -> None:
    with Wire(broker.port, bytes_per_s=400_000) as wire:
        hub = Hub("127.0.0.1", wire.port, tls=False, confirm="broker")
        maker = Maker(tmp_path / "site", delivery.site(hub=hub))
        spool = maker.open()
        for _ in range(50):
            maker.cycle(spool, clock(), filling=5000)
        most = 0
        with Peer(broker.port), publishing(maker, spool, hub_signer) as publisher:

            def done() -> bool:
                nonlocal most
                most = max(most, len(publisher._window._in_flight))
                return spool.drained()

            waits(done, 30)
            assert publisher.status().connects == 1
        assert 0 < most <= FAST.window


def test_a_second_agent_is_a_finding_and_the_waits_grow_to_minutes(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    spool = maker.open()
    with publishing(maker, spool, hub_signer) as publisher:
        waits(lambda: publisher.status().link == "connected")
        with Peer(broker.port, client_id="S1"):
            waits(lambda: publisher.status().taken_over == 1)
            facts = replace(gather(()), delivery=Delivery(publisher.status()))
            (finding,) = checks.DELIVERY.run(checks.DELIVERY, maker.site, facts, clock())
            assert (finding.status, finding.reason) == ("fail", "duplicate-identity")
    assert [after_taken_over(Pace(), times).refused_least_s for times in (1, 2, 3, 99)] == [120, 240, 300, 300]


def test_a_wrong_ca_is_named_and_nothing_is_sent(
    tmp_path: Path, hub_signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs", "another authority")
    theirs.issue("broker", server=True)
    with tls_broker(tmp_path / "broker", theirs) as broker:
        maker = Maker(tmp_path / "site", delivery.site(hub=over_tls(broker.port, ours.ca, ours.issue("S1"))))
        spool = maker.open()
        with caplog.at_level(logging.WARNING, "camwarden"), publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: "is not signed by the configured CA" in publisher.status().reason)
            assert publisher.status().connects == 0
    assert "the broker's certificate is not signed by the configured CA" in caplog.text
    assert "CONNECT" not in broker.log


@pytest.mark.parametrize(
    ("lasts", "host", "words"),
    [
        (timedelta(hours=-1), "127.0.0.1", "the broker's certificate has expired"),
        (timedelta(days=1), "localhost", "the broker's certificate is for another host name"),
    ],
)
def test_a_brokers_certificate_that_is_not_good_is_named(
    tmp_path: Path, hub_signer: Signer, lasts: timedelta, host: str, words: str
) -> None:
    authority = Authority(tmp_path / "authority")
    authority.issue("broker", lasts, server=True)
    with tls_broker(tmp_path / "broker", authority) as broker:
        hub = over_tls(broker.port, authority.ca, authority.issue("S1"), host)
        maker = Maker(tmp_path / "site", delivery.site(hub=hub))
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: words in publisher.status().reason)


def test_an_expired_certificate_of_ours_is_named_and_a_renewed_one_counts_without_restart(
    tmp_path: Path, hub_signer: Signer
) -> None:
    """Paho says no more than "Unspecified error"; with TLS 1.3 the broker's alert comes after the handshake."""
    authority = Authority(tmp_path / "authority")
    authority.issue("broker", server=True)
    expired = authority.issue("S1", timedelta(hours=-1))
    here = tmp_path / "site.pem", tmp_path / "site-key.pem"
    for source, target in zip(expired, here, strict=True):
        shutil.copy(source, target)
    with tls_broker(tmp_path / "broker", authority) as broker:
        maker = Maker(tmp_path / "site", delivery.site(hub=over_tls(broker.port, authority.ca, here)))
        spool = maker.open()
        maker.cycle(spool, clock())
        with publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: publisher.status().reason == "the broker says that our certificate has expired")
            assert publisher.status().certificate_days == -1
            for source, target in zip(authority.issue("S1", timedelta(days=9)), here, strict=True):
                shutil.copy(source, target)
            waits(lambda: spool.counts()["sent"] == 2)
            assert publisher.status().certificate_days == 8
            # A reset may overtake the broker's alert, and looks as if the broker closed for the version: for a minute.
            waits(lambda: publisher.status().protocol == "5", 2 * PATIENCE_S)


def test_a_certificate_renewed_before_the_second_version_is_asked_counts_at_once(
    tmp_path: Path, hub_signer: Signer
) -> None:
    """MQTT 3.1.1 is asked on a connection of its own, which reads the files anew: so must the status."""
    authority = Authority(tmp_path / "authority")
    door = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.ca))
    door.load_cert_chain(*authority.issue("broker", server=True))
    pair = authority.issue("S1", timedelta(hours=-1))
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as beside:

        def turn_5_away() -> ssl.SSLSocket:
            with door.wrap_socket(server.accept()[0], server_side=True) as first:
                assert b"MQTT\x05" in first.recv(4096)
                authority.issue("S1", timedelta(days=9))
            second = door.wrap_socket(server.accept()[0], server_side=True)
            assert b"MQTT\x04" in second.recv(4096)
            second.sendall(b"\x20\x02\x00\x00")  # CONNACK: accepted
            return second

        kept = beside.submit(turn_5_away)
        maker = Maker(tmp_path / "site", delivery.site(hub=over_tls(server.getsockname()[1], authority.ca, pair)))
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher, kept.result(PATIENCE_S):
            waits(lambda: publisher.status().protocol == "3.1.1")
            assert publisher.status().certificate_days == 8


def test_a_certificate_that_is_missing_or_of_a_stranger_is_named(tmp_path: Path, hub_signer: Signer) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs", "another authority")
    theirs.issue("broker", server=True)
    with tls_broker(tmp_path / "broker", theirs) as broker:
        said = []
        for name, pair in (("none", (None, None)), ("stranger", ours.issue("S1"))):
            hub = over_tls(broker.port, theirs.ca, pair)
            maker = Maker(tmp_path / name, delivery.site(hub=hub))
            spool = maker.open()
            with publishing(maker, spool, hub_signer) as publisher:
                waits(lambda publisher=publisher: publisher.status().reason.startswith("the broker"))
                said.append(publisher.status().reason)
    assert said == [
        "the broker wants a certificate, and none is configured",
        "the broker does not know the CA that signed our certificate",
    ]


def test_a_port_without_tls_is_named(tmp_path: Path, broker: Broker, hub_signer: Signer) -> None:
    authority = Authority(tmp_path / "authority")
    hub = over_tls(broker.port, authority.ca, (None, None))
    maker = Maker(tmp_path / "site", delivery.site(hub=hub))
    spool = maker.open()
    with publishing(maker, spool, hub_signer, replace(FAST, connect_timeout_s=1)) as publisher:
        waits(lambda: publisher.status().reason != "")
        assert publisher.status().link == "offline"
        assert publisher.status().connects == 0
