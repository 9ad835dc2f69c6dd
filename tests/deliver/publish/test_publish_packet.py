"""What we read and write of MQTT by ourselves is what paho reads and writes, and nothing else gets through."""

from __future__ import annotations

import socket
import zlib
from datetime import UTC, datetime

import delivery
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.deliver.publish.client import Client
from agent.deliver.publish.messages import DEFLATE_ABOVE_BYTES, plain, report_message
from agent.deliver.publish.packet import Received, pack_properties, read_publish
from agent.deliver.spool.queue import PendingRow

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=40)
QOS1 = 0x32


def packet(topic: str, properties: bytes, payload: bytes = b"{}", mid: int = 7) -> bytes:
    name = topic.encode()
    return len(name).to_bytes(2) + name + mid.to_bytes(2) + properties + payload


@given(PAIRS, st.none() | st.integers(0, 2**32 - 1), st.booleans())
def test_paho_reads_the_properties_that_we_write(
    user: list[tuple[str, str]], expires_s: int | None, utf8: bool
) -> None:
    packed = pack_properties("application/json", user, expires_s, utf8)
    read, length = Properties(PacketTypes.PUBLISH).unpack(packed)
    assert length == len(packed)
    assert read.ContentType == "application/json"
    assert read.PayloadFormatIndicator == utf8
    assert getattr(read, "UserProperty", []) == user
    assert getattr(read, "MessageExpiryInterval", None) == expires_s


@given(PAIRS, st.binary(max_size=400), st.integers(1, 65_535))
def test_we_read_every_publish_that_paho_writes(user: list[tuple[str, str]], payload: bytes, mid: int) -> None:
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = user
    properties.MessageExpiryInterval = 9
    properties.ResponseTopic = "a/b"
    properties.CorrelationData = b"\0\xff"
    properties.TopicAlias = 3
    properties.SubscriptionIdentifier = 300
    properties.ContentType = "x"
    read = read_publish(QOS1, packet("vss/v1/c/S1/event", properties.pack(), payload, mid))
    assert (read.topic, read.qos, read.mid, read.payload) == ("vss/v1/c/S1/event", 1, mid, payload)
    assert read.user == tuple((name.encode(), value.encode()) for name, value in user)


def test_paho_hands_us_each_publish_and_the_bytes_of_it() -> None:
    """What our client takes of paho's own names is still what paho calls: a version that changes it fails here."""
    heard: list[Received] = []
    client = Client(heard.append, "S1", "5")
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        client._sock = near  # as if it had connected
        body = packet("vss/v1/c/S1/cmd", pack_properties("a/b", [("jws", "h..s")], None, True))
        far.sendall(bytes((QOS1, len(body))) + body)
        client.loop_read()
        client.loop_write()
        assert heard == [Received("vss/v1/c/S1/cmd", 1, 7, ((b"jws", b"h..s"),), b"{}")]
        assert far.recv(64).startswith(b"\x40\x02\0\x07")
        client._sock = None


def test_a_publish_at_qos_0_has_no_packet_id() -> None:
    read = read_publish(0x30, b"\0\x01t\0payload")
    assert (read.topic, read.qos, read.mid, read.payload) == ("t", 0, 0, b"payload")


BROKEN = {
    "empty": b"",
    "topic-cut": b"\0\x09abc",
    "topic-not-utf8": b"\0\x01\xff\0\x07\0",
    "no-properties": b"\0\x01t\0\x07",
    "length-of-five": b"\0\x01t\0\x07\x80\x80\x80\x80\x01",
    "unknown-property": b"\0\x01t\0\x07\x02\x7e\0",
    "property-past-its-end": b"\0\x01t\0\x07\x03\x26\0\x01a",
    "longer-than-the-packet": b"\0\x01t\0\x07\x05\x01\x01",
    "property-past-the-properties": b"\0\x01t\0\x07\x02\x26\0\0\0\0payload",
    "value-past-the-packet": b"\0\x01t\0\x07\x0a\x26\0\0\0\x05",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_publish_is_malformed(name: str) -> None:
    with pytest.raises(MalformedPacket):
        read_publish(QOS1, BROKEN[name])


@given(st.integers(0x30, 0x3F), st.binary(max_size=200))
def test_arbitrary_bytes_are_a_publish_or_malformed_and_nothing_else(flags: int, body: bytes) -> None:
    try:
        read = read_publish(flags, body)
    except MalformedPacket:
        return
    assert body.endswith(read.payload)


def row(payload: bytes) -> PendingRow:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    return PendingRow(1, "e1", "config", 1, "d" * 64, at, 0, live=False, newest=True, jws="h..s", payload=payload)


def test_a_large_payload_travels_deflated_and_says_so_and_a_small_one_as_it_is() -> None:
    small = report_message(delivery.site(), row(b"x" * DEFLATE_ABOVE_BYTES))
    assert small.payload == b"x" * DEFLATE_ABOVE_BYTES
    assert "contentencoding" not in dict(small.labels)
    large = report_message(delivery.site(), row(b"x" * (DEFLATE_ABOVE_BYTES + 1)))
    assert dict(large.labels)["contentencoding"] == "deflate"
    assert large.size_bytes() < 1000
    assert plain(large.payload, "deflate") == b"x" * (DEFLATE_ABOVE_BYTES + 1)
    assert large.pack()[1 if large.pack()[0] < 0x80 else 2 :].startswith(b"\x01\x00")  # not UTF-8: it is no text


HOSTILE = {
    "bomb": zlib.compress(b"0" * (PAYLOAD_MAX_BYTES + 1)),
    "cut": zlib.compress(b"0" * 1000)[:-3],
    "more-behind-it": zlib.compress(b"{}") + b"more",
    "not-deflated": b"{}",
    "empty": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_inflated_stays_as_it_is(name: str) -> None:
    assert plain(HOSTILE[name], "deflate") == HOSTILE[name]


def test_other_encodings_are_not_touched() -> None:
    deflated = zlib.compress(b"{}")
    assert plain(deflated, "") == plain(deflated, "gzip") == deflated
