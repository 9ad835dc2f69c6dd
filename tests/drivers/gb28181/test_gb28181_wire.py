"""The port of a test is open to one address, on UDP and TCP, and no stranger leaves more than a count."""

from __future__ import annotations

import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from patience import PATIENCE_S

from drivers.gb28181.sip import MAX_BODY_BYTES, MAX_HEAD_BYTES, Sip, answer_to, parse
from drivers.gb28181.wire import MAX_CONNECTIONS, Wire, address_towards

DEVICE, STRANGER = "127.0.0.1", "127.0.0.2"
NOTHING_S = 0.2


def message(number: int, body: bytes = b"") -> bytes:
    head = f"MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nCSeq: {number} MESSAGE\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire("127.0.0.1", 0, DEVICE) as opened:
        yield opened


def udp(wire: Wire, data: bytes, source: str = DEVICE) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((source, 0))
    sock.settimeout(PATIENCE_S)
    sock.sendto(data, (wire.local, wire.port))
    return sock


def tcp(wire: Wire, source: str = DEVICE) -> socket.socket:
    return socket.create_connection((wire.local, wire.port), PATIENCE_S, (source, 0))


def number_of(wire: Wire, within_s: float = PATIENCE_S) -> int | None:
    incoming = wire.next(within_s)
    return None if incoming is None else incoming.message.cseq[0]


def test_one_port_hears_both_and_answers_go_back_on_their_way(wire: Wire) -> None:
    with closing(udp(wire, message(1))) as sock:
        incoming = wire.next(PATIENCE_S)
        assert incoming is not None
        assert (incoming.flow.transport, incoming.flow.port) == ("UDP", sock.getsockname()[1])
        assert wire.send(incoming.flow, answer_to(incoming.message, 200, "OK", "t"))
        assert parse(sock.recv(65536)).status == 200
    with closing(tcp(wire)) as stream:
        stream.sendall(message(2))
        incoming = wire.next(PATIENCE_S)
        assert incoming is not None
        assert incoming.flow.transport == "TCP"
        assert wire.send(incoming.flow, answer_to(incoming.message, 200, "OK", "t"))
        assert parse(stream.recv(65536)).cseq == (2, "MESSAGE")


def test_messages_on_a_stream_are_taken_one_by_one_however_they_come(wire: Wire) -> None:
    with closing(tcp(wire)) as stream:
        whole = b"\r\n\r\n" + message(1, b"\r\n\r\n") + message(2) + b"\r\n" + message(3, b"x" * 100_000)
        for at in range(0, len(whole), 777):
            stream.sendall(whole[at : at + 777])
        assert [number_of(wire) for _ in range(3)] == [1, 2, 3]


def test_a_long_catalogue_comes_over_tcp(wire: Wire) -> None:
    with closing(tcp(wire)) as stream:
        stream.settimeout(NOTHING_S)
        rest = memoryview(message(1, b"x" * MAX_BODY_BYTES))
        came = None
        while came is None:
            with suppress(TimeoutError):
                rest = rest[stream.send(rest) :] if rest else rest
            came = wire.next(0.01)
        assert len(came.message.body) == MAX_BODY_BYTES


def test_a_stranger_is_not_heard_and_is_one_count(wire: Wire) -> None:
    with closing(udp(wire, message(1), STRANGER)), closing(tcp(wire, STRANGER)) as stream:
        stream.sendall(message(2))
        assert number_of(wire, NOTHING_S) is None
        assert (wire.dropped.strangers, wire.dropped.last_stranger) == (2, STRANGER)
        with pytest.raises(OSError):
            if stream.recv(1) == b"":
                raise ConnectionResetError


def strangers_come(wire: Wire, sock: socket.socket, count: int) -> None:
    """Send so many datagrams, no more than a socket holds, and read on until each is counted."""
    expected, give_up_at = wire.dropped.strangers + count, time.monotonic() + PATIENCE_S
    for number in range(count):
        sock.sendto(message(number), (wire.local, wire.port))
    while wire.dropped.strangers < expected:
        assert wire.next(0.01) is None and time.monotonic() < give_up_at


def test_ten_thousand_strangers_cost_no_memory_and_the_device_is_heard(wire: Wire) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        sock.bind((STRANGER, 0))
        strangers_come(wire, sock, 100)
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(100):
            strangers_come(wire, sock, 100)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert after - before < 64 * 1024
    assert wire.dropped.strangers == 10_100
    with closing(udp(wire, message(7))):
        assert number_of(wire) == 7


def test_what_is_no_sip_is_counted_and_the_rest_is_heard(wire: Wire) -> None:
    with (
        closing(udp(wire, b"GET / HTTP/1.1\r\n\r\n")),
        closing(udp(wire, b"\x00" * 60_000)),
        closing(udp(wire, message(7))),
    ):
        assert number_of(wire) == 7
    assert wire.dropped.malformed == 1, "and what only keeps a way open is no message"


def test_a_stream_that_is_no_sip_is_closed(wire: Wire) -> None:
    for data in (b"A" * (MAX_HEAD_BYTES + 1), b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 99999999\r\n\r\n"):
        with closing(tcp(wire)) as stream:
            stream.sendall(data)
            assert number_of(wire, NOTHING_S) is None
            stream.settimeout(PATIENCE_S)
            with suppress(ConnectionResetError):
                assert stream.recv(1) == b""
    assert wire.dropped.malformed == 2


def test_line_ends_without_end_fill_nothing(wire: Wire) -> None:
    with closing(tcp(wire)) as stream:
        stream.sendall(b"\r\n" * 100)
        wire.next(NOTHING_S)
        tracemalloc.start()
        for _ in range(100):
            stream.sendall(b"\r\n" * 16_000)
            wire.next(0.001)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert after < 512 * 1024
        stream.sendall(message(7))
        assert number_of(wire) == 7


def test_more_connections_than_a_device_needs_end_the_oldest(wire: Wire) -> None:
    streams = []
    for number in range(MAX_CONNECTIONS + 2):
        streams.append(tcp(wire))
        streams[-1].sendall(message(number))
        assert number_of(wire) == number
    streams[0].settimeout(PATIENCE_S)
    assert streams[0].recv(1) == b""
    for one in streams:
        one.close()


def test_an_answer_on_a_way_that_is_gone_is_told(wire: Wire) -> None:
    with closing(tcp(wire)) as stream:
        stream.sendall(message(1))
        incoming = wire.next(PATIENCE_S)
        assert incoming is not None
    wire.next(NOTHING_S)
    assert not wire.send(incoming.flow, Sip((), method="MESSAGE", uri="sip:a@b"))


def test_a_port_in_use_is_an_error_and_leaves_nothing_open(wire: Wire) -> None:
    with pytest.raises(OSError, match="in use"):
        Wire("127.0.0.1", wire.port, DEVICE)


def test_after_the_test_nobody_answers(wire: Wire) -> None:
    with Wire("127.0.0.1", 0, DEVICE) as other:
        port = other.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), PATIENCE_S)


def test_the_address_of_this_machine_is_the_one_that_reaches_the_device() -> None:
    assert address_towards("127.0.0.1") == "127.0.0.1"
