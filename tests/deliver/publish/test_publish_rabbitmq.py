"""A site delivers to a real RabbitMQ, one node, over its end; and what the contract says does not work there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from hubside import FAST, RunningHub, clock, publishing
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from patience import waits
from rabbitmq import PASSWORD, STARTS_WITHIN_S, RabbitNode, allowing, rabbit_node

from agent.contract.signing_keys import Signer
from agent.hub.stores import trust
from agent.site.config.site import Credential, Hub

ALL_BUT_EVENTS = r"^vss\.v1\.datong\.{client_id}\.(?!event$).*"
WRITES = {"city:S1": r"^vss\.v1\.datong\.{client_id}\..*", "city:S2": ALL_BUT_EVENTS, "hub": ".*"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    with rabbit_node(tmp_path_factory.mktemp("rabbit"), allowing(WRITES)) as running:
        yield running


def way(node: RabbitNode, user: str, confirm: str = "hub") -> Hub:
    login = Credential("hub", user, PASSWORD)
    return Hub("127.0.0.1", node.port, tls=False, credential=login, confirm=confirm)


def maker_at(tmp_path: Path, node: RabbitNode, site: str = "S1", confirm: str = "hub") -> Maker:
    return Maker(tmp_path / "site", delivery.site(site, hub=way(node, f"city:{site}", confirm)))


def test_over_a_restart_and_a_kill_of_the_node_nothing_is_lost(
    tmp_path: Path, node: RabbitNode, hub_signer: Signer
) -> None:
    maker = maker_at(tmp_path, node)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    with RunningHub(tmp_path / "hub", way(node, "hub")) as hub, publishing(maker, spool, hub_signer) as publisher:
        for end in (node.stop, node.kill):
            for _ in range(20):
                maker.cycle(spool, clock(), events=2)
                publisher.wake()
            end()
            maker.cycle(spool, clock())
            node.start()
        assert publisher.drained(STARTS_WITHIN_S)
        assert len(hub.tell.of("verified")) == 2 * (20 * 3 + 2)
        assert hub.tell.of("fork") == hub.tell.of("tamper") == hub.tell.of("rejected") == []
        assert spool.counts()["dropped"] == 0


def test_a_denied_topic_holds_up_nothing_else_and_is_not_called_too_large(
    tmp_path: Path, node: RabbitNode, hub_signer: Signer
) -> None:
    """It closes the connection, without PUBACK or DISCONNECT."""
    maker = maker_at(tmp_path, node, "S2")
    trust.add(tmp_path / "hub", "S2", maker.signer.kid, clock())
    spool = maker.open()
    made, _ = maker.envelopes([delivery.event(0, 20_000), delivery.health()], spool.heads(), spool.epoch, clock())
    spool.commit(made, "{}", clock())
    pace = replace(FAST, oversize_kept_s=0.0)
    with RunningHub(tmp_path / "hub", way(node, "hub")), publishing(maker, spool, hub_signer, pace) as publisher:
        waits(lambda: spool.counts()["confirmed"] == 1)
        waits(lambda: publisher.status().refused_publishes != {})
        assert set(publisher.status().refused_publishes) == {"event: ends the connection on it: connection closed"}
        maker.cycle(spool, clock(), events=0)
        publisher.wake()
        waits(lambda: spool.counts()["confirmed"] == 2)
        assert spool.counts()["parked"] == spool.counts()["dropped"] == 0


def test_what_no_queue_is_bound_for_is_not_delivered(tmp_path: Path, node: RabbitNode, hub_signer: Signer) -> None:
    with Listener(node, "none", "camwarden-hub"):
        """End the session that a hub of the tests before has left, with its queue."""
    maker = maker_at(tmp_path, node, confirm="broker")
    spool = maker.open()
    maker.cycle(spool, clock(), events=0)
    with publishing(maker, spool, hub_signer) as publisher:
        waits(lambda: "health" in publisher.status().unheard_publishes)
        assert spool.counts()["confirmed"] == 0
        with Listener(node, "vss/v1/+/+/#"):
            assert publisher.drained(STARTS_WITHIN_S)


def test_shared_subscriptions_and_retained_messages_for_wildcards_deliver_nothing_as_the_contract_says(
    node: RabbitNode,
) -> None:
    topic = "vss/v1/datong/S9/state"
    with (
        Listener(node, "$share/hub/vss/v1/+/+/#", "shared") as shared,
        Listener(node, "vss/v1/+/+/#", "plain") as plain,
    ):
        shared.publish(topic, b"1", retain=True)
        waits(lambda: plain.payloads == [b"1"])
        shared.publish(topic, b"2", retain=True)
        waits(lambda: plain.payloads == [b"1", b"2"])
        assert shared.payloads == [], "granted, and nothing comes: they say so with each release"
    with Listener(node, "vss/v1/+/+/#", "later") as wild, Listener(node, topic, "exact") as exact:
        waits(lambda: exact.payloads == [b"2"])
        exact.publish(topic, b"3")
        waits(lambda: b"3" in wild.payloads)
        assert wild.payloads == [b"3"], "what was retained did not come first"


class Listener:
    """A client of MQTT 5 with a login. `payloads`: what has come. Use as a context manager."""

    def __init__(self, node: RabbitNode, topic: str, client_id: str = "listener") -> None:
        self.payloads: list[bytes] = []
        self._ready = threading.Event()
        self._port = node.port
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        self._client.username_pw_set("hub", PASSWORD)
        self._client.on_connect = lambda *_: self._client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, message: self.payloads.append(bytes(message.payload))

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(STARTS_WITHIN_S)

    def __enter__(self) -> Listener:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._ready.wait(STARTS_WITHIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
