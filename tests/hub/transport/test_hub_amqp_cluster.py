"""Sites speak MQTT to one node of a RabbitMQ cluster, and workers of the hub take reports from another by AMQP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import delivery
import pika
import pytest
from delivery import Maker
from hubside import FAST, RunningHub, clock, publishing
from patience import PATIENCE_S, waits
from rabbitmq import PASSWORD, STARTS_WITHIN_S, RabbitNode, rabbit_cluster, with_passwords

from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.deliver.publish.messages import DecodedMessage, Message
from agent.hub.stores import trust
from agent.hub.transport.amqp import AmqpCarrier
from agent.hub.transport.carriers import connector
from agent.hub.transport.topology import EXCHANGE, HUB_USER, Part, definitions, queue_name
from agent.hub.workers import service
from agent.model.errors import HubUnavailable
from agent.site.config.site import Credential, Hub

SITES = ("S1", "S2", "S3")
QUEUES = 4
ALL = Part()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RabbitNode]]:
    with rabbit_cluster(tmp_path_factory.mktemp("rabbit"), with_passwords(definitions(QUEUES, SITES))) as nodes:
        yield nodes


def by_mqtt(node: RabbitNode, site: str) -> Hub:
    return Hub("127.0.0.1", node.port, tls=False, credential=Credential("hub", site, PASSWORD))


def by_amqp(node: RabbitNode, password: str = PASSWORD) -> Hub:
    return Hub("127.0.0.1", node.amqp, tls=False, credential=Credential("hub", HUB_USER, password))


@contextmanager
def worker(node: RabbitNode, part: Part = ALL) -> Iterator[AmqpCarrier]:
    carrier = AmqpCarrier(by_amqp(node), FAST, part)
    try:
        carrier.open()
        step_until(carrier, lambda: carrier.ready)
        yield carrier
    finally:
        carrier.drop()


def step_until(carrier: AmqpCarrier, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until and not carrier.lost, carrier.lost
        carrier.step(0.1)


def events(carrier: AmqpCarrier) -> list[DecodedMessage]:
    """Return the events that came: a site that an earlier test ended may still be told as gone, by its last will."""
    return [one for one in carrier.take() if one.topic.endswith("/event")]


def taken(carrier: AmqpCarrier, count: int) -> list[DecodedMessage]:
    """Return so many events; more may have come with the last."""
    came: list[DecodedMessage] = []

    def enough() -> bool:
        came.extend(events(carrier))
        return len(came) >= count

    step_until(carrier, enough)
    return came


def numbers(messages: list[DecodedMessage]) -> list[int]:
    return [int(one.payload) for one in messages]


class Site:
    """S1, which publishes by AMQP: what it says about its source is unsigned, and chooses the queue."""

    def __init__(self, node: RabbitNode) -> None:
        login = pika.PlainCredentials("S1", PASSWORD)
        self._connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", node.amqp, credentials=login))
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()

    def send(self, body: bytes, source: str = "/vss/v1/datong/S1", **headers: str) -> None:
        properties = pika.BasicProperties(headers={"source": source, **headers}, delivery_mode=2)
        self._channel.basic_publish("amq.topic", "vss.v1.datong.S1.event", body, properties, mandatory=True)

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def test_each_queue_has_a_member_on_each_node(cluster: list[RabbitNode]) -> None:
    """Else the kill of another node proves nothing: one that is made when a node is alone has that member alone."""
    told = json.loads(cluster[0].ctl("list_queues", "name", "members", "--formatter", "json"))
    members = {one["name"]: len(one["members"]) for one in told if one["name"].startswith(EXCHANGE)}
    assert members == {queue_name(number): 3 for number in range(1, QUEUES + 1)}


def test_over_the_kill_of_a_node_nothing_is_lost_and_each_stream_keeps_its_order(
    tmp_path: Path, cluster: list[RabbitNode], hub_signer: Signer
) -> None:
    first, second, third = cluster
    makers = {
        site: Maker(tmp_path / site, delivery.site(site, hub=by_mqtt(node, site)))
        for site, node in (("S2", first), ("S3", third))
    }
    for site, maker in makers.items():
        trust.add(tmp_path / "hub", site, maker.signer.kid, clock())
    more = {"connect": connector(Part()), "others": (by_amqp(third),)}
    with RunningHub(tmp_path / "hub", by_amqp(second), **more) as hub, ExitStack() as running:
        spools = {site: maker.open() for site, maker in makers.items()}
        sending = [running.enter_context(publishing(maker, spools[site], hub_signer)) for site, maker in makers.items()]

        def cycles(count: int) -> None:
            for _ in range(count):
                for site, maker in makers.items():
                    maker.cycle(spools[site], clock(), events=2)
                for publisher in sending:
                    publisher.wake()

        cycles(20)
        waits(lambda: hub.tell.of("verified"))
        second.kill()
        cycles(20)
        assert all(publisher.drained(STARTS_WITHIN_S) for publisher in sending)
        told = hub.tell.of("verified")
        assert len(told) == 2 * 40 * 3
        for site in makers:
            for stream, count in (("health", 40), ("event", 80)):
                came = [one["seq"] for one in told if (one["site"], one["stream"]) == (site, stream)]
                assert came == list(range(1, count + 1))
        assert hub.tell.of("fork") == hub.tell.of("tamper") == hub.tell.of("rejected") == []
    second.start()


def test_a_worker_that_begins_while_a_node_is_gone_takes_the_next_and_ends_where_none_is_there(
    tmp_path: Path, cluster: list[RabbitNode]
) -> None:
    gone = replace(by_amqp(cluster[0]), port=1)
    with RunningHub(tmp_path / "hub", gone, connect=connector(ALL), others=(by_amqp(cluster[1]),)) as hub:
        assert [one["port"] for one in hub.tell.of("ready")] == [cluster[1].amqp]
    options = service.Options(tmp_path / "hub", gone, connect=connector(ALL), others=(gone,))
    with pytest.raises(HubUnavailable):
        service.run(options, threading.Event(), lambda event: None, clock, FAST)


def test_a_worker_that_ends_hands_over_in_order_what_it_has_not_acknowledged(cluster: list[RabbitNode]) -> None:
    with worker(cluster[0]) as ends, worker(cluster[1]) as goes_on, Site(cluster[2]) as site:
        for number in range(100):
            site.send(b"%d" % number)
        done = numbers(taken(ends, 40))
        ends.acknowledge()
        for number in range(100, 120):
            site.send(b"%d" % number)
        ends.close()
        rest = numbers(taken(goes_on, 120 - len(done)))
        goes_on.acknowledge()
        goes_on.close()
        assert done + rest == list(range(120))


def test_a_report_whose_worker_dies_again_and_again_is_still_there(cluster: list[RabbitNode]) -> None:
    """By default RabbitMQ drops it, without a word, when it is to be delivered for the 22nd time."""
    login = pika.PlainCredentials(HUB_USER, PASSWORD)
    address = pika.ConnectionParameters("127.0.0.1", cluster[1].amqp, credentials=login)
    with Site(cluster[0]) as site, pika.BlockingConnection(address) as connection:
        site.send(b"1")
        channel, given = connection.channel(), 0
        for number in range(1, QUEUES + 1):
            channel.basic_consume(queue_name(number), lambda _channel, method, *_: back.append(method.delivery_tag))
        back: list[int] = []
        until = time.monotonic() + PATIENCE_S
        while given < 25:
            assert time.monotonic() < until, f"it came {given} times"
            connection.process_data_events(1)
            for tag in back:
                channel.basic_nack(tag)
            given, back = given + len(back), []
    with worker(cluster[1]) as alive:
        assert numbers(taken(alive, 1)) == [1]
        alive.acknowledge()
        alive.close()


def test_each_worker_has_its_part_of_the_queues_and_takes_over_those_of_another(cluster: list[RabbitNode]) -> None:
    with worker(cluster[0], Part(1, 2)) as one, Site(cluster[2]) as site:
        with worker(cluster[1], Part(2, 2)) as other:
            for number in range(200):
                site.send(b"%d" % number, f"/vss/v1/datong/X{number}")
            shares: dict[AmqpCarrier, list[int]] = {one: [], other: []}
            until = time.monotonic() + PATIENCE_S
            while sum(map(len, shares.values())) < 200:
                assert time.monotonic() < until
                for carrier, share in shares.items():
                    carrier.step(0.05)
                    share += numbers(events(carrier))
                    carrier.acknowledge()
            assert sorted(shares[one] + shares[other]) == list(range(200))
            assert min(map(len, shares.values())) > 50
            other.close()
        for number in range(200):
            site.send(b"%d" % number, f"/vss/v1/datong/X{number}")
        assert sorted(numbers(taken(one, 200))) == list(range(200))
        one.acknowledge()
        one.close()


def test_bytes_and_user_properties_come_as_they_were_sent(cluster: list[RabbitNode]) -> None:
    body = bytes(range(256)) * 100
    with worker(cluster[0]) as carrier, Site(cluster[1]) as site:
        site.send(body, jws="h..s" * 1000, id="e:event:1")
        (message,) = taken(carrier, 1)
        assert (message.payload, message.jws, message.label) == (body, "h..s" * 1000, "e:event:1")
        carrier.acknowledge()
        carrier.close()


def test_a_message_for_a_site_without_a_session_is_told(cluster: list[RabbitNode]) -> None:
    name = topic("datong", "S9", "ack")
    with worker(cluster[0]) as carrier:
        carrier.publish(Message(name, b"{}", "h..s", retain=True))
        unheard: list[str] = []

        def told() -> bool:
            unheard.extend(carrier.unheard())
            return bool(unheard)

        step_until(carrier, told)
        assert unheard == [name]


def test_a_worker_may_not_speak_for_a_site(cluster: list[RabbitNode]) -> None:
    with worker(cluster[0]) as carrier:
        carrier.publish(Message(topic("datong", "S1", "event"), b"{}", "h..s"))
        until = time.monotonic() + PATIENCE_S
        while not carrier.lost:
            assert time.monotonic() < until
            carrier.step(0.1)
        assert "ACCESS_REFUSED" in carrier.lost


@pytest.mark.parametrize("wrong", ["password", "port", "name"])
def test_why_there_is_no_connection_is_told_without_the_password(wrong: str, cluster: list[RabbitNode]) -> None:
    broker = by_amqp(cluster[0], "not-this-one" if wrong == "password" else PASSWORD)
    broker = replace(broker, **{"port": {"port": 1}, "name": {"host": "nowhere.invalid"}}.get(wrong, {}))
    carrier = AmqpCarrier(broker, FAST, Part())
    carrier.open()
    with pytest.raises((OSError, HubUnavailable)) as told:
        step_until(carrier, lambda: False)
    carrier.drop()
    assert "not-this-one" not in str(told.value)
    expected = {"password": "the broker refuses the login", "port": "refused", "name": "not known"}
    assert expected[wrong] in str(told.value)
