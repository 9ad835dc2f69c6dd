"""A node with exactly the files that ship: certificates log in, and a site reaches its own topics alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import delivery
import pytest
from certificates import Authority
from delivery import Maker
from hubside import FAST, RunningHub, clock, publishing
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from patience import PATIENCE_S, waits
from rabbitmq import STARTS_WITHIN_S, RabbitNode, rabbit_node

from agent.contract.signing_keys import Signer
from agent.hub.stores import trust
from agent.hub.transport.amqp import AmqpCarrier
from agent.hub.transport.carriers import connector
from agent.hub.transport.topology import HUB_USER, Part, definitions
from agent.model.errors import HubUnavailable
from agent.site.config.site import Hub


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.issue("broker", server=True)
    for name in ("S1", "S2", HUB_USER):
        made.issue(name)
    return made


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[RabbitNode]:
    printed = definitions(2, ["S1", "S2"])
    with rabbit_node(tmp_path_factory.mktemp("rabbit"), printed, authority.directory) as running:
        yield running


def way(authority: Authority, port: int, name: str) -> Hub:
    folder = authority.directory
    return Hub("127.0.0.1", port, True, authority.ca, folder / f"{name}.crt", folder / f"{name}.key")


def test_reports_are_confirmed_with_certificates_alone(
    tmp_path: Path, node: RabbitNode, authority: Authority, hub_signer: Signer
) -> None:
    maker = Maker(tmp_path / "site", delivery.site(hub=way(authority, node.port, "S1")))
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    hub = RunningHub(tmp_path / "hub", way(authority, node.amqp, HUB_USER), connect=connector(Part()))
    with hub, publishing(maker, spool, hub_signer) as publisher:
        maker.cycle(spool, clock())
        publisher.wake()
        assert publisher.drained(STARTS_WITHIN_S)
        assert spool.counts()["confirmed"] == 2


@pytest.mark.parametrize(
    ("topic", "is_granted"),
    [
        ("vss/v1/datong/S1/ack", True),
        ("vss/v1/datong/S1/cmd/+", True),
        ("vss/v1/datong/S2/ack", False),
        ("vss/v1/+/+/ack", False),
        ("vss/v1/#", False),
        ("$share/x/vss/v1/datong/S2/ack", False),
    ],
)
def test_a_site_reads_its_own_topics_alone(
    node: RabbitNode, authority: Authority, topic: str, is_granted: bool
) -> None:
    with Client(way(authority, node.port, "S1")) as client:
        assert client.subscribes(topic) is is_granted


@pytest.mark.parametrize(
    ("topic", "is_taken"),
    [
        ("vss/v1/datong/S1/event", True),
        ("vss/v1/datong/S2/event", False),
        ("vss/v1/datong/S1/ack", False),
        ("vss/v1/datong/S1/cmd/c1", False),
        ("elsewhere", False),
    ],
)
def test_a_site_writes_its_own_topics_alone(node: RabbitNode, authority: Authority, topic: str, is_taken: bool) -> None:
    with Client(way(authority, node.port, "S1")) as client:
        assert client.publishes(topic) is is_taken


def test_without_a_certificate_nobody_comes_in(node: RabbitNode, authority: Authority) -> None:
    stranger = replace(way(authority, node.amqp, HUB_USER), certificate=None, key=None)
    assert "certificate" in refusal(stranger) or "connection" in refusal(stranger)


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path, node: RabbitNode, authority: Authority) -> None:
    other = Authority(tmp_path / "other")
    certificate, key = other.issue(HUB_USER)
    assert refusal(replace(way(authority, node.amqp, HUB_USER), certificate=certificate, key=key))


def test_a_broker_of_another_authority_is_not_spoken_to(tmp_path: Path, node: RabbitNode, authority: Authority) -> None:
    other = Authority(tmp_path / "other")
    told = refusal(replace(way(authority, node.amqp, HUB_USER), ca=other.ca))
    assert told == "the broker's certificate is not signed by the configured CA"


def test_a_site_is_no_worker(node: RabbitNode, authority: Authority) -> None:
    assert "ACCESS_REFUSED" in refusal(way(authority, node.amqp, "S1"))


def refusal(broker: Hub) -> str:
    """Return why a worker is not let in."""
    carrier = AmqpCarrier(broker, FAST, Part())
    carrier.open()
    try:
        waits(lambda: bool(carrier.step(0.2)) or carrier.ready or bool(carrier.lost))
        assert carrier.lost, "it was let in"
        return carrier.lost
    except (OSError, HubUnavailable) as error:
        return str(error)
    finally:
        carrier.drop()


class Client:
    """A site's client of MQTT 5 that tries what it may. Use as a context manager."""

    def __init__(self, broker: Hub) -> None:
        self._broker = broker
        self._done, self._granted = threading.Event(), False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="S1", protocol=mqtt.MQTTv5)
        self._client.tls_set(str(broker.ca), str(broker.certificate), str(broker.key))
        self._client.on_connect = lambda *_: self._done.set()
        self._client.on_disconnect = lambda *_: self._done.set()
        self._client.on_subscribe = lambda _client, _data, _mid, codes, _properties: self._answered(codes[0])
        self._client.on_publish = lambda _client, _data, _mid, code, _properties: self._answered(code)

    def subscribes(self, topic: str) -> bool:
        """Return whether the broker grants a subscription; RabbitMQ may close the connection instead."""
        return self._asks(lambda: self._client.subscribe(topic, qos=1))

    def publishes(self, topic: str) -> bool:
        """Return whether the broker takes a message."""
        return self._asks(lambda: self._client.publish(topic, b"{}", 1))

    def _asks(self, ask: object) -> bool:
        assert callable(ask)
        self._done.clear()
        ask()
        assert self._done.wait(PATIENCE_S)
        return self._granted

    def _answered(self, code: object) -> None:
        self._granted = not getattr(code, "is_failure", True)
        self._done.set()

    def __enter__(self) -> Client:
        self._client.connect("127.0.0.1", self._broker.port)
        self._client.loop_start()
        assert self._done.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
