"""What travels between MQTT and AMQP stays as it is, and each user has the rights that he needs and no others."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands.hub.cluster_options import add_node_options
from agent.commands.terminal.broker_named import broker_of
from agent.commands.terminal.broker_options import add_broker_options
from agent.contract.topics import FROM_HUB, topic
from agent.deliver.publish.messages import Message, decode_message
from agent.hub.transport.amqp_form import as_outgoing, as_received
from agent.hub.transport.topology import FROM_SITE, HUB_USER, Part, definitions, queue_name, site_keys

EVENT = "vss.v1.datong.S1.event"


def test_a_report_by_amqp_is_what_the_site_sent() -> None:
    body = bytes(range(256))
    message, flat = decode_message(as_received(EVENT, {"jws": "h..s", "id": "e:event:1", "x": "大同"}, body))
    assert (message.topic, message.payload, message.jws, message.label) == (
        "vss/v1/datong/S1/event",
        body,
        "h..s",
        "e:event:1",
    )
    assert not flat


@pytest.mark.parametrize(
    "headers",
    [None, {}, {"jws": 5}, {"jws": None}, {"jws": {"a": 1}}, {"jws": ["h..s"]}, {"jws": True}, {"": ""}],
)
def test_headers_that_no_site_can_send_are_no_signature(headers: dict[str, object] | None) -> None:
    message, _ = decode_message(as_received(EVENT, headers, b"{}"))
    assert message.jws == ""


def test_a_header_of_other_bytes_is_no_error() -> None:
    message, _ = decode_message(as_received(EVENT, {"jws": b"\xff\xfe"}, b"{}"))
    assert message.jws == "\ufffd\ufffd"


def test_a_message_to_a_site_has_its_signature_as_a_header() -> None:
    out = as_outgoing(Message(topic("datong", "S1", "ack"), b"{}", "h..s", retain=True), flat=False)
    assert (out.key, out.body, out.headers) == ("vss.v1.datong.S1.ack", b"{}", {"jws": "h..s"})


def test_a_site_of_mqtt_3_gets_it_flattened() -> None:
    out = as_outgoing(Message(topic("datong", "S1", "ack"), b"{}", "e30..s"), flat=True)
    assert out.headers == {}
    assert json.loads(out.body)["signature"] == "s"


def test_what_sites_send_reaches_the_queues_and_what_the_hub_says_does_not() -> None:
    patterns = [re.compile(key.replace(".", r"\.").replace("*", "[^.]+")) for key in site_keys()]

    def bound(kind: object) -> bool:
        key = topic("datong", "S1", kind, "c1").replace("/", ".")  # type: ignore[arg-type]  # each kind in turn
        return any(pattern.fullmatch(key) for pattern in patterns)

    assert all(bound(kind) for kind in FROM_SITE)
    assert not any(bound(kind) for kind in FROM_HUB)


@pytest.mark.parametrize(
    ("user", "right", "key", "is_allowed"),
    [
        ("S1", "write", "vss.v1.datong.S1.event", True),
        ("S1", "write", "vss.v1.datong.S1.cmd-result.c1", True),
        ("S1", "read", "vss.v1.datong.S1.cmd.*", True),
        ("S1", "read", "vss.v1.datong.S1.state", True),
        ("S1", "write", "vss.v1.datong.S1.ack", False),
        ("S1", "write", "vss.v1.datong.S2.event", False),
        ("S1", "write", "vss.v1.datong.S11.event", False),
        ("S1", "write", "vss.v1.datong.x.S1.event", False),
        ("S1", "write", "vssxv1.datong.S1.event", False),
        ("S1", "read", "vss.v1.datong.S2.ack", False),
        ("S1", "read", "vss.v1.*.*.ack", False),
        ("S1", "read", "#", False),
        ("S1", "read", "vss.v1.datong.S1.#", False),
        (HUB_USER, "write", "vss.v1.datong.S1.ack", True),
        (HUB_USER, "write", "vss.v1.datong.S1.event", False),
        (HUB_USER, "read", "vss.v1.datong.S1.event", False),
    ],
)
def test_a_user_has_the_topics_of_the_sample_for_mosquitto(user: str, right: str, key: str, is_allowed: bool) -> None:
    (rights,) = [one for one in definitions(1, ["S1"])["topic_permissions"] if one["user"] == user]
    assert (re.search(rights[right], key) is not None) is is_allowed


@pytest.mark.parametrize(
    ("user", "right", "name", "is_allowed"),
    [
        ("S1", "configure", "mqtt-subscription-S1qos1", True),
        ("S1", "configure", "mqtt-subscription-S11qos1", False),
        ("S1", "read", "mqtt-subscription-S2qos1", False),
        ("S1", "configure", queue_name(1), False),
        ("S1", "read", queue_name(1), False),
        ("S1", "write", "camwarden.reports", False),
        ("S1", "write", "amq.default", False),
        (HUB_USER, "read", queue_name(12), True),
        (HUB_USER, "read", "mqtt-subscription-S1qos1", False),
        (HUB_USER, "configure", queue_name(1), False),
    ],
)
def test_a_user_has_the_queues_that_are_his(user: str, right: str, name: str, is_allowed: bool) -> None:
    (rights,) = [one for one in definitions(1, ["S1"])["permissions"] if one["user"] == user]
    assert (re.search(rights[right], name) is not None) is is_allowed


def test_each_queue_is_preferred_by_one_of_the_workers() -> None:
    assert [[queue for queue in range(1, 9) if Part(n, 3).has(queue)] for n in (1, 2, 3)] == [
        [1, 4, 7],
        [2, 5, 8],
        [3, 6],
    ]


def test_the_command_prints_what_is_imported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "rabbitmq", "--queues", "3", "--site", "S1", "--site", "S2"]) == 0
    assert json.loads(capsys.readouterr().out) == definitions(3, ["S1", "S2"])


def test_a_further_site_is_printed_without_what_is_there_already(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "rabbitmq", "--site", "S3"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["users"]] == ["S3"]
    assert "queues" not in told


@pytest.mark.parametrize(
    "words", [["--queues", "0"], ["--queues", "65"], ["--queues", "x"], ["--site", "S.1"], ["--site", "S1|.*"], []]
)
def test_what_makes_no_sense_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "rabbitmq", *words]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "port"), [([], 1883), (["--tls"], 8883), (["--amqp"], 5672), (["--amqp", "1/2", "--tls"], 5671)]
)
def test_without_a_port_it_is_that_of_the_protocol(words: list[str], port: int) -> None:
    parser = argparse.ArgumentParser()
    add_broker_options(parser)
    add_node_options(parser)
    assert broker_of(parser.parse_args(words)).port == port


@pytest.mark.parametrize("part", ["0/4", "5/4", "1/65", "1", "a/b", "1/", "-1/4"])
def test_a_part_that_no_worker_can_have_is_refused(part: str, tmp_path: Path) -> None:
    assert main(["hub", "run", "--data", str(tmp_path / "hub"), "--amqp", part]) == 2
    assert not (tmp_path / "hub").exists()
