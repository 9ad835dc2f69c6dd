"""SIP in packets of a line: datagrams and streams, with gaps, copies and hostile lengths."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from line import DEVICE, PLATFORM, packet, segment

from drivers.gb28181.frames import MESSAGE_MAX_BYTES, STREAMS_MAX, End, Streams, parse_packet

ONE = b"REGISTER sip:x@y SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 3\r\n\r\nabc"
TWO = b"SIP/2.0 200 OK\r\nCall-ID: 2\r\nContent-Length: 0\r\n\r\n"


def heard(*packets: bytes) -> list[bytes]:
    streams = Streams()
    found = [parse_packet(one) for one in packets]
    return [message for one in found if one is not None for message in streams.messages(one)]


@pytest.mark.parametrize("ends", [(DEVICE, PLATFORM), (("2001:db8::1", 5060), ("2001:db8::2", 5061))])
def test_a_datagram_is_read_with_its_ends_and_without_what_a_line_adds(
    ends: tuple[tuple[str, int], tuple[str, int]],
) -> None:
    read = parse_packet(packet(ONE, *ends) + b"padding of a short frame")
    assert read is not None
    assert (read.source, read.target, read.data) == (End(*ends[0]), End(*ends[1]), ONE)


@pytest.mark.parametrize("sizes", [(1000,), (1, 1000), (30, 20, 5, 1000), (1,) * 200])
def test_a_stream_is_cut_where_its_messages_end_however_it_is_cut_on_its_way(sizes: tuple[int, ...]) -> None:
    rest, sent, at = ONE + TWO + ONE, [segment(b"", 41, 0x02)], 42
    for size in sizes if sum(sizes) >= len(ONE + TWO + ONE) else (*sizes, 1000):
        part, rest = rest[:size], rest[size:]
        sent.append(segment(part, at))
        at += len(part)
    assert heard(*sent) == [ONE, TWO, ONE]
    assert heard(*(one for one in sent for _ in range(2))) == [ONE, TWO, ONE], "each packet mirrored twice"


def test_numbers_of_a_stream_may_begin_anew() -> None:
    at = (1 << 32) - 10
    assert heard(segment(b"", at - 1, 0x02), segment(ONE[:30], at), segment(ONE[30:], at + 30)) == [ONE]


def test_a_stream_that_was_joined_late_or_lost_a_part_is_heard_again_from_the_next_message() -> None:
    assert heard(segment(b"the end of something\r\n\r\n", 5), segment(ONE, 100)) == [ONE]
    lost = [segment(ONE[:30], 5), segment(b"never the middle", 90), segment(TWO, 200), segment(ONE, 200 + len(TWO))]
    assert heard(*lost) == [TWO, ONE]


def test_what_is_no_sip_or_too_long_ends_nothing_but_itself() -> None:
    long = b"MESSAGE sip:x@y SIP/2.0\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 100
    assert heard(segment(long, 0), segment(b"x" * 1000, len(long)), segment(ONE, 9000)) == [ONE]
    broken = b"REGISTER sip:x@y SIP/2.0\r\nContent-Length: -1\r\n\r\n"
    assert heard(segment(broken, 0), segment(ONE, len(broken))) == [ONE]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x45", b"\x45" * 19, b"\x60" * 39, packet(ONE)[:-1], segment(ONE, 1)[:30], b"\x4f" + packet(ONE)[1:],
        b"\x41" + packet(ONE)[1:], packet(ONE)[:6] + b"\x20\x00" + packet(ONE)[8:],
        packet(ONE)[:6] + b"\x00\x07" + packet(ONE)[8:], packet(ONE)[:9] + b"\x01" + packet(ONE)[10:],
        packet(ONE)[:24] + b"\xff\xff" + packet(ONE)[26:], segment(ONE, 1)[:32] + b"\xf0" + b"",
    ],
)  # fmt: skip
def test_what_is_not_whole_or_a_fragment_is_nothing(data: bytes) -> None:
    assert parse_packet(data) is None


def test_hostile_packets_are_read_or_left_and_fill_nothing() -> None:
    lot, streams = random.Random(7), Streams()
    good = [packet(ONE), segment(ONE, 1), segment(TWO, 2, 0x02), packet(TWO, ("2001:db8::1", 1), ("2001:db8::2", 2))]
    tracemalloc.start()
    for number in range(4_000):
        data = bytearray(good[number % len(good)])
        for _ in range(lot.randint(0, 4)):
            data[lot.randrange(len(data))] = lot.randrange(256)
        read = parse_packet(bytes(data))
        if read is not None:
            list(streams.messages(read))
    assert tracemalloc.get_traced_memory()[0] < 1_000_000
    tracemalloc.stop()


def test_streams_without_end_are_bounded_in_number_and_in_length() -> None:
    streams = Streams()
    head = b"MESSAGE sip:x@y SIP/2.0\r\nX: "
    tracemalloc.start()
    for number in range(12 * STREAMS_MAX):
        read = parse_packet(segment(head + b"x" * 1200, 0, source=("192.0.2.64", 1024 + number)))
        assert read is not None and list(streams.messages(read)) == []
    at = 0
    for _ in range(200):
        read = parse_packet(segment(head + b"x" * 1300, at))
        assert read is not None
        list(streams.messages(read))
        at += len(read.data)
    assert tracemalloc.get_traced_memory()[0] < STREAMS_MAX * 4096 + 2 * MESSAGE_MAX_BYTES
    tracemalloc.stop()
