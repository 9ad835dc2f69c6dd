"""WS-Discovery: questions over real UDP sockets, and answers that may hold anything."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from drivers.discovery import GROUP, PORT, Discovered, merge, parse_probe_matches, probe_site

MATCHES = """<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Body><d:ProbeMatches>{}</d:ProbeMatches></s:Body></s:Envelope>"""
MATCH = (
    "<d:ProbeMatch><a:EndpointReference><a:Address>{}</a:Address></a:EndpointReference>"
    "<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/name/gate {}</d:Scopes>"
    "<d:XAddrs>{}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch>"
)


def matches(*rows: tuple[str, str, str]) -> bytes:
    return MATCHES.format("".join(MATCH.format(*row) for row in rows)).encode()


ONE = matches(
    ("urn:uuid:1", "onvif://www.onvif.org/type/ptz", "http://10.0.0.1/onvif/device_service http://[fe80::1]/x")
)


def test_an_answer_is_read() -> None:
    assert parse_probe_matches(ONE, "10.0.0.1") == (
        Discovered(
            "10.0.0.1",
            "urn:uuid:1",
            ("NetworkVideoTransmitter",),
            ("onvif://www.onvif.org/name/gate", "onvif://www.onvif.org/type/ptz"),
            ("http://10.0.0.1/onvif/device_service", "http://[fe80::1]/x"),
        ),
    )


def test_several_matches_in_one_answer_are_all_read() -> None:
    found = parse_probe_matches(matches(("urn:uuid:1", "", "http://a/"), ("urn:uuid:2", "", "http://b/")), "x")
    assert [one.endpoint for one in found] == ["urn:uuid:1", "urn:uuid:2"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 500,
        b"<html/>",
        ONE[:-1],
        ONE.replace(b"<d:ProbeMatches>", b"<nope:ProbeMatches>"),
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + ONE[21:],
        MATCHES.format("").encode(),
        MATCHES.format("<d:ProbeMatch/>").encode(),
        MATCHES.format("<a>" * 5000 + "</a>" * 5000).encode(),
    ],
)
def test_what_is_no_answer_gives_nothing(data: bytes) -> None:
    found = parse_probe_matches(data, "10.0.0.1")
    assert all("root:" not in repr(one) for one in found)
    assert len(found) <= (1 if b"DOCTYPE" in data else 0)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: MATCHES.format(text).encode())))
def test_no_bytes_raise(data: bytes) -> None:
    parse_probe_matches(data, "10.0.0.1")


def test_a_flood_inside_one_answer_is_bounded() -> None:
    found = parse_probe_matches(matches(*[(f"urn:uuid:{n}", "s " * 500, "http://a/ " * 500) for n in range(200)]), "x")
    assert len(found) == 64
    assert len(found[0].scopes) == len(found[0].xaddrs) == 64


def test_answers_of_one_endpoint_are_merged_in_order() -> None:
    one = Discovered("10.0.0.1", "urn:uuid:1", ("Device",), ("a",), ("http://10.0.0.1/",))
    again = Discovered("192.168.0.1", "urn:uuid:1", ("NetworkVideoTransmitter",), ("a", "b"), ("http://192.168.0.1/",))
    other = Discovered("10.0.0.2", "urn:uuid:2")
    assert merge([one, other, again, one]) == (
        Discovered(
            "10.0.0.1",
            "urn:uuid:1",
            ("Device", "NetworkVideoTransmitter"),
            ("a", "b"),
            ("http://10.0.0.1/", "http://192.168.0.1/"),
        ),
        other,
    )


def test_devices_without_an_endpoint_reference_are_told_apart() -> None:
    found = [Discovered("10.0.0.1", "", xaddrs=("http://a/",)), Discovered("10.0.0.2", "", xaddrs=("http://a/",))]
    assert len(merge(found)) == 2


@contextmanager
def responder(sock: socket.socket, answers: list[bytes]) -> Iterator[list[bytes]]:
    """Answer every datagram on `sock` with all of `answers`; yields the questions."""
    asked: list[bytes] = []
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                data, sender = sock.recvfrom(65_535)
                asked.append(data)
                for answer in answers:
                    sock.sendto(answer, sender)

    with sock:
        sock.settimeout(0.05)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            stopping.set()
            thread.join(5)


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


def test_a_single_address_is_asked_and_its_answers_are_merged() -> None:
    sock = _bound()
    address = f"127.0.0.1:{sock.getsockname()[1]}"
    with responder(sock, [b"rubbish", ONE, ONE]) as asked:
        begun = time.monotonic()
        found = probe_site((), (address,), 0.6)
        assert 0.5 < time.monotonic() - begun < 1.5
    assert [(one.address, one.endpoint) for one in found] == [("127.0.0.1", "urn:uuid:1")]
    assert len(asked) == 4, "two kinds of device, asked twice because datagrams get lost"
    roots = [etree.fromstring(data) for data in asked]
    assert [root.findtext(".//{*}Types") for root in roots] == ["dn:NetworkVideoTransmitter", "tds:Device"] * 2
    identifiers = [root.findtext(".//{*}MessageID") for root in roots]
    assert identifiers[:2] == identifiers[2:] and len(set(identifiers)) == 2
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", str(one)) for one in identifiers)


def test_several_devices_are_found() -> None:
    with contextlib.ExitStack() as stack:
        addresses = []
        for number in range(3):
            sock = _bound()
            addresses.append(f"127.0.0.1:{sock.getsockname()[1]}")
            stack.enter_context(responder(sock, [matches((f"urn:uuid:{number}", "", "http://a/"))]))
        found = probe_site((), addresses, 0.5)
    assert sorted(one.endpoint for one in found) == ["urn:uuid:0", "urn:uuid:1", "urn:uuid:2"]


def test_what_cannot_be_asked_is_passed_over() -> None:
    sock = _bound()
    good = f"127.0.0.1:{sock.getsockname()[1]}"
    with responder(sock, [ONE]):
        found = probe_site(("203.0.113.77", "not an address", "::1"), ("no-such-host.invalid", "a:b:c", good), 0.5)
    assert len(found) == 1


def test_nothing_to_ask_takes_no_time() -> None:
    begun = time.monotonic()
    assert probe_site((), (), 30.0) == ()
    assert time.monotonic() - begun < 1


def test_multicast_goes_to_the_standards_group_from_the_given_interface() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((GROUP, PORT))
        sock.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
        )
        with responder(sock.dup(), [ONE]) as asked:
            found = probe_site(("127.0.0.1",), (), 0.6)
        assert asked
    assert [one.endpoint for one in found] == ["urn:uuid:1"]
