"""Answers to discovery may hold anything: what is read is bounded, and answers of one device become one entry."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from probe_matches import MATCHES, ONE, matches

from drivers.discovery.answer import Discovered, mac_of, scope_text
from drivers.discovery.probe_match import merge, parse_probe_matches


def test_an_answer_is_read() -> None:
    assert parse_probe_matches(ONE, "10.0.0.1") == (
        Discovered(
            "10.0.0.1",
            "urn:uuid:1",
            ("NetworkVideoTransmitter",),
            ("onvif://www.onvif.org/name/gate", "onvif://www.onvif.org/type/ptz"),
            ("http://10.0.0.1/onvif/device_service", "http://[fe80::1]/x"),
            ("10.0.0.1",),
        ),
    )


def test_several_matches_in_one_answer_are_all_read() -> None:
    found = parse_probe_matches(matches(("urn:uuid:1", "", "http://a/"), ("urn:uuid:2", "", "http://b/")), "x")
    assert [one.endpoint for one in found] == ["urn:uuid:1", "urn:uuid:2"]


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 500,
        b"<html/>",
        ONE[:-1],
        ONE.replace(b"<d:ProbeMatches>", b"<nope:ProbeMatches>"),
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + ONE[21:],
        f'<!DOCTYPE x [<!ENTITY l0 "lol">{BOMB}]>'.encode() + ONE[21:].replace(b"gate", b"&l11;"),
        f'<!DOCTYPE x [<!ENTITY l0 "lol">{BOMB}]><x a="&l11;"/>'.encode("utf-16"),
        MATCHES.format("").encode(),
        MATCHES.format("<d:ProbeMatch/>").encode(),
        MATCHES.format("<a>" * 5000 + "</a>" * 5000).encode(),
    ],
)
def test_what_is_no_answer_gives_nothing_and_costs_nothing(data: bytes) -> None:
    begun = time.process_time()
    assert parse_probe_matches(data, "10.0.0.1") == ()
    assert time.process_time() - begun < 1


def test_an_answer_that_was_cut_off_gives_nothing() -> None:
    lengths = range(0, len(ONE), 7)
    assert {length: found for length in lengths if (found := parse_probe_matches(ONE[:length], "10.0.0.1"))} == {}


@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: MATCHES.format(text).encode())))
def test_no_bytes_raise(data: bytes) -> None:
    parse_probe_matches(data, "10.0.0.1")


def test_a_flood_inside_one_answer_is_bounded() -> None:
    found = parse_probe_matches(matches(*[(f"urn:uuid:{n}", "s " * 500, "http://a/ " * 500) for n in range(200)]), "x")
    assert len(found) == 64
    assert len(found[0].scopes) == len(found[0].xaddrs) == 64


def test_answers_of_one_endpoint_are_merged_in_order() -> None:
    one = Discovered("10.0.0.1", "urn:uuid:1", ("Device",), ("a",), ("http://10.0.0.1/",))
    again = Discovered("192.168.0.1", "URN:UUID:1", ("NetworkVideoTransmitter",), ("a", "b"), ("http://192.168.0.1/",))
    other = Discovered("10.0.0.2", "urn:uuid:2")
    assert merge([one, other, again, one]) == (
        Discovered(
            "10.0.0.1",
            "urn:uuid:1",
            ("Device", "NetworkVideoTransmitter"),
            ("a", "b"),
            ("http://10.0.0.1/", "http://192.168.0.1/"),
            ("10.0.0.1", "192.168.0.1"),
        ),
        Discovered("10.0.0.2", "urn:uuid:2", senders=("10.0.0.2",)),
    )


def test_devices_without_an_endpoint_reference_are_told_apart() -> None:
    found = [Discovered("10.0.0.1", "", xaddrs=("http://a/",)), Discovered("10.0.0.2", "", xaddrs=("http://a/",))]
    assert len(merge(found)) == 2


def mac_scope(mac: str) -> tuple[str, ...]:
    return (f"onvif://www.onvif.org/MAC/{mac}",)


def test_a_device_that_changes_its_endpoint_is_one_by_its_mac() -> None:
    found = [
        Discovered("10.0.0.1", "urn:uuid:1", scopes=mac_scope("44:19:B6:00:00:01")),
        Discovered("10.0.0.1", "urn:uuid:2", scopes=mac_scope("44-19-b6-00-00-01")),
    ]
    assert len(merge(found)) == 1


def test_two_macs_under_one_endpoint_are_two_devices() -> None:
    found = [
        Discovered("10.0.0.1", "urn:uuid:1", scopes=mac_scope("44:19:B6:00:00:01")),
        Discovered("10.0.0.2", "urn:uuid:1", scopes=mac_scope("44:19:B6:00:00:02")),
    ]
    assert [one.address for one in merge(found)] == ["10.0.0.1", "10.0.0.2"]


def test_an_answer_that_joins_two_entries_makes_them_one_whatever_the_order() -> None:
    by_endpoint = Discovered("10.0.0.1", "urn:uuid:1")
    by_mac = Discovered("10.0.0.2", "urn:uuid:2", scopes=mac_scope("44:19:B6:00:00:01"))
    both = Discovered("10.0.0.3", "urn:uuid:1", scopes=mac_scope("44:19:B6:00:00:01"))
    again = Discovered("10.0.0.4", "urn:uuid:2")
    for found in ([by_endpoint, by_mac, both, again], [by_mac, by_endpoint, both, again], [both, again, by_mac]):
        (one,) = merge(found)
        assert set(one.senders) == {each.address for each in found}


def test_thousands_of_answers_under_one_endpoint_are_merged_in_a_moment() -> None:
    found = [
        Discovered(
            f"10.0.{n >> 8}.{n & 255}", "urn:uuid:1", scopes=mac_scope(f"44:19:b6:00:{n >> 8:02x}:{n & 255:02x}")
        )
        for n in range(2048)
    ]
    begun = time.process_time()
    assert len(merge(found)) == 2048
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("endpoint", "scopes", "mac"),
    [
        ("urn:uuid:4d454930-0000-1000-8000-4419b6000001", (), "44:19:b6:00:00:01"),
        ("uuid:4D454930-0000-1000-8000-4419B6000001", (), "44:19:b6:00:00:01"),
        # A random UUID, a random node (group bit), no node, and what is no UUID name no MAC.
        ("urn:uuid:4d454930-0000-4000-8000-4419b6000001", (), ""),
        ("urn:uuid:4d454930-0000-1000-8000-4519b6000001", (), ""),
        ("urn:uuid:4d454930-0000-1000-8000-000000000000", (), ""),
        ("urn:uuid:1", (), ""),
        ("urn:uuid:1", mac_scope("4419B6000001"), "44:19:b6:00:00:01"),
        ("urn:uuid:1", mac_scope("44:19:b6"), ""),
        ("urn:uuid:1", mac_scope("ff:ff:ff:ff:ff:ff"), ""),
        ("urn:uuid:1", ("onvif://www.onvif.org/mac/44%3A19%3Ab6%3A00%3A00%3A01",), "44:19:b6:00:00:01"),
    ],
)
def test_a_mac_is_read_where_one_is_told(endpoint: str, scopes: tuple[str, ...], mac: str) -> None:
    assert mac_of(Discovered("10.0.0.1", endpoint, scopes=scopes)) == mac


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ("onvif://www.onvif.org/name/%E5%A4%A7%E9%97%A8%201", "大门 1"),
        ("onvif://www.onvif.org/name/%ff", "\ufffd"),
        ("onvif://www.onvif.org/Name/gate", "gate"),
        ("onvif://www.onvif.org/name/" + "x" * 500, "x" * 64),
        ("onvif://www.onvif.org/name/", ""),
        ("onvif://www.example.org/name/gate", ""),
        ("onvif://www.onvif.org/hardware/N8", ""),
    ],
)
def test_a_name_is_read_from_its_scope(scope: str, name: str) -> None:
    assert scope_text(Discovered("10.0.0.1", "e", scopes=(scope,)), "name") == name
