"""SIP as devices write it is read within bounds, and what we write is read by a parser that is not ours."""

from __future__ import annotations

import random
import time

import pytest
from aiosipua.message import SipMessage

from drivers.errors import Malformed
from drivers.gb28181.sip import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    Sip,
    answer_to,
    first_size,
    parse,
    render,
    tag_of,
    user_of,
)

REGISTER = (
    b"REGISTER sip:14021300002000123456@1402130000 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.64:5060;rport;branch=z9hG4bK1\r\n"
    b"From: <sip:14021300001180000001@1402130000>;tag=17\r\n"
    b"To: <sip:14021300001180000001@1402130000>\r\n"
    b"Call-ID: 9@192.0.2.64\r\nCSeq: 2 REGISTER\r\nX-GB-Ver: 3.0\r\nContent-Length: 0\r\n\r\n"
)


def with_lines(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"MESSAGE sip:a@b SIP/2.0", *lines, b"", b""]) + body


def test_a_request_is_read_with_its_headers() -> None:
    message = parse(REGISTER)
    assert (message.method, message.cseq, message.sender) == ("REGISTER", (2, "REGISTER"), "14021300001180000001")
    assert message.header("x-gb-ver") == "3.0"
    assert message.transaction == ("z9hG4bK1", "9@192.0.2.64", 2)


def test_compact_names_and_continued_lines_are_read_as_the_long_ones() -> None:
    message = parse(with_lines(b"v: SIP/2.0/UDP a", b"i: 7", b"Subject: one", b"\t two", b"l: 2", body=b"xyz"))
    assert message.header("via") == "SIP/2.0/UDP a"
    assert (message.header("call-id"), message.header("subject"), message.body) == ("7", "one two", b"xy")


def test_lines_may_end_as_small_devices_end_them() -> None:
    assert parse(REGISTER.replace(b"\r\n", b"\n")).cseq == (2, "REGISTER")


def test_a_header_goes_back_byte_by_byte() -> None:
    name = "门".encode("gbk")
    message = parse(with_lines(b"Call-ID: " + name, b"CSeq: 1 MESSAGE"))
    assert name in render(answer_to(message, 200, "OK", "t"))


def test_an_answer_has_what_the_request_had_and_a_tag() -> None:
    answer = parse(render(answer_to(parse(REGISTER), 200, "OK", "ours", [("expires", "3600")])))
    assert answer.every("via") == parse(REGISTER).every("via")
    assert (answer.status, tag_of(answer.header("to")), answer.header("expires")) == (200, "ours", "3600")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"SIP/2.0 99 no\r\n\r\n",
        b"SIP/2.0 700 no\r\n\r\n",
        b"REGISTER sip:a@b SIP/3.0\r\n\r\n",
        b"REGISTER  sip:a@b SIP/2.0\r\n\r\n",
        b"REGISTER sip:a@b SIP/2.0\r\nno header\r\n\r\n",
        b"REGISTER sip:a@b SIP/2.0\r\n: nothing\r\n\r\n",
        b"REGISTER sip:a@b SIP/2.0\r\nVia : a\x00b\r\n\r\n",
        with_lines(b"Content-Length: 3", body=b"ab"),
        with_lines(b"Content-Length: -1"),
        with_lines(b"Content-Length: 1e3"),
        with_lines("Content-Length: ²".encode()),
        with_lines(b"Content-Length: 0", b"l: 4", body=b"abcd"),
        with_lines(b"Content-Length: %d" % (MAX_BODY_BYTES + 1)),
        with_lines(*[b"A: b"] * (MAX_HEADERS + 1)),
        with_lines(b"A: " + b"b" * MAX_HEAD_BYTES),
        b"\xff\xfe\x00" * 100,
    ],
)
def test_what_is_no_sip_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse(data)


def test_two_lengths_that_differ_are_refused_on_a_stream_before_the_next_message_is_looked_for() -> None:
    with pytest.raises(Malformed):
        first_size(with_lines(b"Content-Length: 0", b"Content-Length: 9", body=b"x" * 9))


def test_a_stream_is_cut_into_its_messages() -> None:
    first = with_lines(b"Content-Length: 4", body=b"\r\n\r\n")
    stream = b"\r\n\r\n" + first + REGISTER
    assert first_size(stream) == 4 + len(first)
    assert first_size(stream[: len(first) + 2]) == 4 + len(first), "its size is known before it is whole"
    assert first_size(stream[:20]) is None
    assert first_size(b"\r\n\r\n") is None
    with pytest.raises(Malformed):
        first_size(b"A" * (MAX_HEAD_BYTES + 1))


def test_no_value_begins_a_header_of_its_own() -> None:
    for value in ("a\r\nContact: evil", "a\nb", "a\x00b"):
        with pytest.raises(ValueError, match="control character"):
            render(Sip((("subject", value),), method="MESSAGE", uri="sip:a@b"))


def test_users_are_read_of_every_form_of_address() -> None:
    assert user_of('"门" <sip:14021300001180000001@1402130000>;tag=1') == "14021300001180000001"
    assert user_of("sips:abc:secret@host") == "abc"
    assert user_of("<sip:host>") == user_of("") == user_of("tel:123") == ""


def test_our_messages_are_read_by_another_parser() -> None:
    body = "<Query>门卫</Query>".encode("gb18030")
    headers = (("via", "SIP/2.0/UDP a:5060;branch=z9hG4bK1"), ("cseq", "1 MESSAGE"), ("x-gb-ver", "3.0"))
    sent = render(Sip(headers, body, method="MESSAGE", uri="sip:14021300001180000001@192.0.2.64:5060"))
    foreign = SipMessage.parse(sent)
    assert foreign.get_header("X-GB-Ver") == "3.0"
    assert foreign.get_header("Content-Length") == str(len(body))
    assert sent.endswith(body)


def test_random_bytes_and_broken_messages_are_read_or_refused_and_nothing_else() -> None:
    seeded = random.Random(28181)
    for _ in range(3000):
        data = bytearray(REGISTER)
        for _ in range(seeded.randrange(1, 12)):
            at = seeded.randrange(len(data))
            data[at : at + seeded.randrange(4)] = seeded.randbytes(seeded.randrange(4))
        for read in (parse, first_size):
            try:
                read(bytes(data))
            except Malformed:
                continue


@pytest.mark.parametrize("piece", [b"\r\n", b" ", b"a", b"A: b\r\n", b"A:\r\n ", b"sip:", b";tag=", b"<sip:a"])
def test_no_text_takes_longer_than_its_length(piece: bytes) -> None:
    began = time.process_time()
    for text in (piece * 30_000, with_lines(b"From: " + piece.replace(b"\r\n", b"") * 2000)):
        try:
            message = parse(text[: 64 * 1024])
            user_of(message.header("from")), tag_of(message.header("from"))
        except Malformed:
            continue
    assert time.process_time() - began < 2.0
