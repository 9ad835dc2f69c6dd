"""The hub acknowledges a message to the broker once it is committed: what a killed hub had in its hands comes again."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import delivery
import pytest
from delivery import Maker
from hubdesk import Desk, chain_of, trusted
from hubside import Peer, RunningHub, site_on
from mosquitto import Broker
from old_broker import OldBroker
from patience import PATIENCE_S, waits

from agent.contract.envelope import flatten
from agent.contract.topics import topic
from agent.deliver.publish.connection import Link
from agent.deliver.publish.packet import Received, read_publish
from agent.hub.stores import day_figures
from agent.hub.stores.store import Store
from agent.hub.transport import mqtt
from agent.hub.workers import service
from agent.hub.workers.batches import judge
from agent.hub.workers.intake import Intake
from agent.model.finding import Envelope
from agent.site.config.site import Hub

EVENT = topic("datong", "S1", "event")

KILLED = """
import os, signal, sys, threading
from datetime import UTC, datetime
from pathlib import Path
from agent.hub.stores import store
from agent.hub.workers import service
from agent.hub.workers.batches import judge
from agent.site.config.site import Hub
kept = store.Store.keep_report

def keep_report(self, claim, fork, now):
    kept(self, claim, fork, now)
    if claim.seq == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

store.Store.keep_report = keep_report
options = service.Options(Path(sys.argv[1]), Hub("127.0.0.1", int(sys.argv[2]), tls=False))
service.run(options, threading.Event(), lambda event: print(event["event"], flush=True), lambda: datetime.now(UTC))
"""


def killed_at(directory: Path, port: int, seq: int, peer: Peer, reports: list[Envelope], is_flat: bool) -> None:
    """Start a hub that is killed while it stores a report, and publish the reports: each reaches the broker once."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", KILLED, str(directory), str(port), str(seq)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    for one in reports:
        payload, jws = (flatten(one.report.payload, one.jws), "") if is_flat else (one.report.payload, one.jws)
        peer.publish(EVENT, payload, jws)
    assert child.wait(PATIENCE_S) == -signal.SIGKILL
    child.stdout.close()


def ready(tmp_path: Path) -> tuple[Path, Maker]:
    desk, maker = Desk(tmp_path / "hub"), Maker(tmp_path / "site")
    trusted(desk, maker)
    desk.store.close()
    return tmp_path / "hub", maker


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_a_killed_hub_had_received_and_not_committed_comes_again(tmp_path: Path, protocol: str) -> None:
    """Nobody but the broker sends it again: the site here publishes each report once, and has its PUBACK."""
    directory, maker = ready(tmp_path)
    with OldBroker(tmp_path / "broker") if protocol == "3.1.1" else Broker(tmp_path / "broker") as broker:
        port = broker.port
        reports = chain_of(maker, 30)
        with Peer(broker.behind if isinstance(broker, OldBroker) else port, "none") as peer:
            killed_at(directory, port, 12, peer, reports, protocol == "3.1.1")
            store = Store(directory, read_only=True)
            assert len(store.all("SELECT 1 FROM report")) < 12
            store.close()
            with RunningHub(directory, Hub("127.0.0.1", port, tls=False)) as hub:
                hub.tell.wait(lambda _: any(one["streams"].get("event") == 30 for one in hub.tell.of("confirmed")))
                assert hub.tell.of("fork") == hub.tell.of("rejected") == hub.tell.of("tamper") == []
            with RunningHub(directory, Hub("127.0.0.1", port, tls=False)) as hub:
                peer.publish(EVENT, b"the end")
                hub.tell.wait(lambda _: bool(hub.tell.of("rejected")))
                assert hub.tell.of("duplicate") == hub.tell.of("verified") == [], "what was committed is acknowledged"


def test_what_is_refused_is_acknowledged_too_or_the_broker_would_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far more than the broker may send unacknowledged, of every kind that the hub does not take."""
    monkeypatch.setattr(mqtt, "_IN_FLIGHT_MOST", 4)
    directory, maker = ready(tmp_path)
    with Broker(tmp_path / "broker") as broker, Peer(broker.port, "none") as peer:
        (report,) = chain_of(maker, 1)
        with RunningHub(directory, site_on(broker)) as hub:
            for number in range(12):
                for where in (
                    EVENT,
                    "vss/v1/x/y/z",
                    "vss/v1/datong/S1/ack",
                    "vss/v1/a/b/c/d/e",
                    f"vss/v1/{'x' * 900}/y/event",
                ):
                    peer.publish(where, b"" if number % 3 == 0 else b"\xff" * number, "a..b" if number % 2 else "")
            peer.publish(EVENT, report.report.payload, report.jws)
            hub.tell.wait(lambda _: bool(hub.tell.of("verified")))
            refused = len(hub.tell.of("rejected"))
            assert refused >= 24
        with RunningHub(directory, site_on(broker)) as hub:
            peer.publish(EVENT, b"the end")
            hub.tell.wait(lambda _: bool(hub.tell.of("rejected")))
            assert len(hub.tell.of("rejected")) == 1, "none comes again"


def test_a_message_at_which_the_hub_has_an_error_is_left_out_and_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It comes again to each hub that did not acknowledge it, so it would end one after the other."""
    directory, maker = ready(tmp_path)
    taken = Intake.take

    def take(self: Intake, name: str, payload: bytes, *words: Any) -> Any:
        event = taken(self, name, payload, *words)
        if b'"seq":3,' in payload:
            raise RuntimeError("rtsp://admin:secret@camera")
        return event

    monkeypatch.setattr(Intake, "take", take)
    with Broker(tmp_path / "broker") as broker, Peer(broker.port, "none") as peer:
        with RunningHub(directory, site_on(broker)):
            pass  # the broker has its subscription, and what comes now comes in one batch
        reports = chain_of(maker, 6)
        for one in reports:
            peer.publish(EVENT, one.report.payload, one.jws)
        with caplog.at_level(logging.ERROR), RunningHub(directory, site_on(broker)) as hub:
            hub.tell.wait(lambda _: len(hub.tell.of("verified")) == 5)
            (told,) = hub.tell.of("left-out")
            assert (told["site"], told["topic"]) == ("S1", EVENT)
            assert "RuntimeError in " in str(told["why"]) and "secret" not in caplog.text + json.dumps(hub.tell.events)
            assert hub.tell.of("confirmed")[-1]["streams"] == {"event": 2}
        monkeypatch.undo()
        with RunningHub(directory, site_on(broker)) as hub:
            peer.publish(EVENT, reports[2].report.payload, reports[2].jws)  # as its site does, in time
            hub.tell.wait(lambda _: any(one["streams"].get("event") == 6 for one in hub.tell.of("confirmed")))
            assert len(hub.tell.of("verified")) == 1


def test_an_error_in_what_waits_for_a_key_is_told_and_the_rest_is_taken(desk: Desk, tmp_path: Path) -> None:
    maker, other = Maker(tmp_path / "site"), Maker(tmp_path / "other", delivery.site("S2"))
    trusted(desk, maker)
    desk.birth(other, "e1")
    assert [desk.send(one, "S2")["event"] for one in chain_of(other, 2)] == ["untrusted"] * 2
    desk.intake.news = True
    desk.intake.retry = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    (report,) = chain_of(maker, 1)
    message = service.DecodedMessage(EVENT, report.report.payload, report.jws)
    events, acks = judge(desk.store, desk.intake, desk.signer, [message], delivery.NOW)
    assert [one["event"] for one in events] == ["verified", "left-out"]
    assert [ack.mark.site for ack in acks] == ["S1"] and not desk.intake.news


class Scripted:
    """A broker of one connection that sends what a test says, and records the packets that it gets."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.packets: list[tuple[int, bytes]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self.client, _ = self._server.accept()
        self._server.close()
        with self.client, self.client.makefile("rb") as file:
            while head := file.read(2):
                self.packets.append((head[0], file.read(head[1])))
                if head[0] == 0x10:
                    self.client.sendall(b"\x20\x03\x00\x00\x00")

    def publish(self, *mids: int) -> None:
        for mid in mids:
            body = b"\x00\x01t" + mid.to_bytes(2) + b"\x00" + b"x"
            self.client.sendall(bytes((0x32, len(body))) + body)

    def acknowledged(self) -> list[int]:
        return [int.from_bytes(body[:2]) for kind, body in list(self.packets) if kind == 0x40]


@pytest.mark.parametrize("most", [None, 7])
def test_messages_are_acknowledged_in_the_order_in_which_they_came_and_only_when_the_caller_says_so(
    most: int | None,
) -> None:
    broker = Scripted()
    link = Link("a", Hub("127.0.0.1", broker.port, tls=False), 30, 5.0, unacknowledged_most=most)
    wake, other = socket.socketpair()
    link.open(None)
    waits(lambda: link.step(0.05, wake) or link.events.granted is not None)
    assert (b"\x21\x00\x07" in broker.packets[0][1]) is (most is not None), "Receive Maximum"
    broker.publish(7, 3, 9)
    waits(lambda: link.step(0.05, wake) or len(link.events.messages) == 3)
    if most is None:
        waits(lambda: broker.acknowledged() == [7, 3, 9])
    else:
        broker.publish(4)
        waits(lambda: link.step(0.05, wake) or len(link.events.messages) == 4)
        assert broker.acknowledged() == []
        link.acknowledge()
        waits(lambda: broker.acknowledged() == [7, 3, 9, 4])
        link.acknowledge()
        broker.publish(7)
        waits(lambda: link.step(0.05, wake) or len(link.events.messages) == 5)
        link.acknowledge()
        waits(lambda: broker.acknowledged() == [7, 3, 9, 4, 7])
    link.drop()
    for one in (wake, other):
        one.close()


def test_a_message_that_cannot_be_decoded_is_owed_an_acknowledgement_too(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link("a", Hub("127.0.0.1", 1, tls=False), 30, 5.0, unacknowledged_most=7)
    packet = read_publish(0x32, b"\x00\x01t\x00\x05\x00x")
    monkeypatch.setattr("agent.deliver.publish.connection.decode_message", lambda _: 1 / 0)
    link._guard(link._on_received)(packet)
    assert (
        isinstance(packet, Received) and link._owed == [(5, 1)] and isinstance(link.events.failure, ZeroDivisionError)
    )


def test_what_a_day_tells_is_not_counted_twice_when_a_batch_is_judged_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is rolled back whole before each message is judged alone."""
    directory, maker = ready(tmp_path)
    made, _ = maker.envelopes([delivery.health(), delivery.config_report(), delivery.event()], {}, "e1")
    keep = day_figures.keep

    def kept(store: Store, claim: Any) -> None:
        keep(store, claim)
        if claim.stream == "config":
            raise KeyError

    monkeypatch.setattr(day_figures, "keep", kept)
    with Broker(tmp_path / "broker") as broker, Peer(broker.port, "none") as peer:
        with RunningHub(directory, site_on(broker)):
            pass
        for one in made:
            peer.publish(topic("datong", "S1", one.report.stream), one.report.payload, one.jws)
        with RunningHub(directory, site_on(broker)) as hub:
            hub.tell.wait(lambda _: len(hub.tell.of("verified")) == 2 and bool(hub.tell.of("left-out")))
    desk = Desk(directory)
    assert (desk.status()["received"], desk.status()["verified"]) == (3, 2)
    assert desk.store.all("SELECT stream FROM report ORDER BY stream") == [("event",), ("health",)]
    desk.store.close()
