"""Answers to makers' own searches may hold anything: what is read is bounded, under the address that it came from."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from probe_matches import ONE, matches
from vendor_answers import dahua, sadp

from drivers.discovery import dhdiscover
from drivers.discovery.answer import TEXT_CHARS_MAX, Discovered, VendorAnswer, mac_of, mac_text, model_of, port_number
from drivers.discovery.dhdiscover import framed, parse_search_answer
from drivers.discovery.mac_vendors import PREFIXES, maker_of
from drivers.discovery.probe_match import merge, parse_probe_matches
from drivers.discovery.protocols import PROTOCOLS
from drivers.discovery.sadp import parse_inquiry_answer

HIKVISION = VendorAnswer(
    driver="hikvision", model="DS-2CD2143", firmware="V5.7.3build 210706", serial="DS-2CD214320210706AAWR1",
    mac="44:19:b6:00:00:01", http_port=80, activated=True,
)  # fmt: skip
DAHUA = VendorAnswer(
    driver="dahua", model="IPC-HDW5421S", firmware="2.800.0000000.25.R", serial="1F006E4PAX00001",
    mac="3c:ef:8c:00:00:02", http_port=80, activated=True,
)  # fmt: skip


def read(data: bytes, address: str = "192.0.2.7") -> tuple[Discovered, ...]:
    return tuple(one for protocol in PROTOCOLS for one in protocol.parse(data, address))


def test_each_makers_answer_is_read_by_its_protocol_alone_and_under_the_address_that_it_came_from() -> None:
    """Both name another address as theirs: a device of a forged address is the one that sent it."""
    assert read(sadp()) == (Discovered("192.0.2.7", "", senders=("192.0.2.7",), told=HIKVISION),)
    assert read(dahua()) == (Discovered("192.0.2.7", "", senders=("192.0.2.7",), told=DAHUA),)
    assert "203.0.113" not in repr(read(sadp()) + read(dahua()))
    assert [one.told for one in read(ONE)] == [None]


@pytest.mark.parametrize(
    ("data", "activated"),
    [
        (sadp(activated="false"), False),
        (sadp(activated="True"), True),
        (sadp(activated="maybe"), None),
        (sadp().replace(b"Activated>", b"Other>"), None),
        (dahua(Init=150 ^ 3), False),
        (dahua(Init=1), False),
        (dahua(Init=148), None),
        (dahua(Init=True), None),
        (dahua(Init="2"), None),
        (dahua(Init=None), None),
    ],
)
def test_activated_is_the_devices_word_and_unknown_without_it(data: bytes, activated: bool | None) -> None:
    (one,) = read(data)
    assert one.told is not None and one.told.activated is activated


def test_a_number_is_no_model_and_an_older_answer_names_it_as_its_type() -> None:
    older = sadp().replace(b"44322", b"DS-2CD2032-I").replace(b"DeviceDescription>", b"Other>")
    assert [model_of(one) for one in read(older)] == ["DS-2CD2032-I"]
    assert [model_of(one) for one in read(sadp(model=""))] == [""]


def test_words_in_gb18030_are_read() -> None:
    data = sadp(model="门口").decode().encode("gb18030")
    assert [model_of(one) for one in read(data)] == ["门口"]
    head, text = dahua(DeviceType="枪机")[:32], json.loads(dahua(DeviceType="枪机")[32:])
    assert [model_of(one) for one in read(head + json.dumps(text, ensure_ascii=False).encode("gb18030"))] == ["枪机"]


@pytest.mark.parametrize("data", [sadp(model="x" * 5000 + "\u202e"), dahua(DeviceType="x" * 5000)])
def test_long_words_are_cut(data: bytes) -> None:
    assert [model_of(one) for one in read(data)] == ["x" * TEXT_CHARS_MAX]


@pytest.mark.parametrize("data", [sadp(model="a\u202eb&#10;c&#155;31m"), dahua(DeviceType="a\u202eb\nc\x9b31m")])
def test_characters_that_steer_a_reader_do_not_come_in(data: bytes) -> None:
    assert [model_of(one) for one in read(data)] == ["a\ufffdb\ufffdc\ufffd31m"]


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 500,
        sadp()[:-1],
        sadp().replace(b"ProbeMatch>", b"Probe>"),
        sadp().replace(b">inquiry<", b">activate<"),
        sadp("", "", 80, ""),
        sadp().replace(b"?>\n", f'?><!DOCTYPE x [<!ENTITY l0 "lol">{BOMB}]>'.encode(), 1).replace(b"DS-2", b"&l11;"),
        sadp().replace(b"?>\n", b'?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', 1),
        sadp().replace(b"<DHCP>", b"<a>" * 5000).replace(b"</DHCP>", b"</a>" * 5000),
        dahua()[:32],
        dahua()[:-1],
        dahua()[32:],
        dahua(method="DHDiscover.setConfig"),
        dahua("", DeviceType="", SerialNo=""),
        b"\xff\xff\xff\xff" + dahua()[4:],
        dahua().replace(b"DHIP", b"PIHD"),
        framed(b"[" * 5000 + b"]" * 5000),
        framed(b'{"a":' * 1500 + b"1" + b"}" * 1500),
        framed(b"[]"),
        framed(b"1e999"),
        framed(b'{"method": "client.notifyDevInfo", "params": [1]}'),
        framed(b'{"method": "client.notifyDevInfo", "params": {"deviceInfo": "x"}}'),
        framed(b'{"method": ["client.notifyDevInfo"], "params": {"deviceInfo": {}}}'),
        dahua(DeviceType="x" * dhdiscover.ANSWER_BYTES_MAX),
        *(one for protocol in PROTOCOLS for one in protocol.questions()),
    ],
)
def test_what_is_no_answer_gives_nothing_and_costs_nothing(data: bytes) -> None:
    begun = time.process_time()
    assert parse_inquiry_answer(data, "192.0.2.7") == parse_search_answer(data, "192.0.2.7") == ()
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("wrong", [{}, [], 1.5, True, None, 2**70, {"a": "b"}, -1])
@pytest.mark.parametrize("name", ["DeviceType", "SerialNo", "Version", "HttpPort", "Init", "IPv4Address"])
def test_a_member_of_another_kind_is_not_read(name: str, wrong: object) -> None:
    for one in parse_search_answer(dahua(**{name: wrong}), "192.0.2.7"):
        told = one.told
        assert told is not None and 0 <= told.http_port < 65536 and told.activated in (True, False, None)
        assert all(len(word) <= TEXT_CHARS_MAX for word in (told.model, told.serial, told.firmware))


@given(st.binary(max_size=300), st.integers(0, 400), st.sampled_from([sadp(), dahua()]))
def test_no_bytes_raise(noise: bytes, at: int, answer: bytes) -> None:
    for data in (noise, answer[:at] + noise + answer[at:], answer[:at] + noise, answer[:32] + noise):
        for one in read(data):
            assert one.address == "192.0.2.7" and len(model_of(one)) <= TEXT_CHARS_MAX


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("44-19-B6-00-00-01", "44:19:b6:00:00:01"),
        ("4419b6000001", "44:19:b6:00:00:01"),
        ("4419.b600.0001", "44:19:b6:00:00:01"),
        ("00-00-00-00-00-00", ""),
        ("ff:ff:ff:ff:ff:ff", ""),
        ("44-19-b6-00-00", ""),
        ("44-19-b6-00-00-0g", ""),
        ("", ""),
    ],
)
def test_a_mac_is_read_in_every_notation(text: str, mac: str) -> None:
    assert mac_text(text) == mac


@pytest.mark.parametrize(("text", "port"), [("80", 80), ("65535", 65535), ("65536", 0), ("-1", 0), ("", 0), ("٨", 0)])
def test_a_port_is_a_number_of_16_bits(text: str, port: int) -> None:
    assert port_number(text) == port


def test_the_table_of_makers_is_well_formed_and_the_longest_prefix_counts() -> None:
    prefixes = [prefix for words in PREFIXES.values() for prefix in words.split()]
    assert len(prefixes) == len(set(prefixes)) > 100
    assert all(len(one) in (6, 7, 9) and set(one) <= set("0123456789abcdef") for one in prefixes)
    assert (maker_of("44:19:b6:00:00:01"), maker_of("3C:EF:8C:00:00:02")) == ("Hikvision", "Dahua")
    assert (maker_of("10:dc:b6:50:00:00"), maker_of("10:dc:b6:60:00:00")) == ("Milesight", "")
    assert maker_of("02:00:00:00:00:01") == maker_of("") == ""


def onvif(endpoint: str, mac: str, port: int = 80, address: str = "192.0.2.7") -> Discovered:
    scope = f"onvif://www.onvif.org/MAC/{mac}" if mac else ""
    (one,) = parse_probe_matches(matches((endpoint, scope, f"http://{address}:{port}/onvif")), address)
    return one


def told(found: tuple[Discovered, ...]) -> list[tuple[str, str]]:
    return [(one.endpoint, one.told.model if one.told else "") for one in found]


(HIK,) = read(sadp())
(DAH,) = read(dahua())


def test_answers_of_one_box_are_one_entry_by_mac_wherever_they_came_from() -> None:
    elsewhere = onvif("urn:uuid:1", "44:19:b6:00:00:01", address="198.51.100.9")
    (one,) = merge([elsewhere, HIK])
    assert (one.endpoint, one.told, one.senders) == ("urn:uuid:1", HIKVISION, ("198.51.100.9", "192.0.2.7"))
    assert merge([HIK, elsewhere])[0].endpoint == "urn:uuid:1"
    assert mac_of(one) == "44:19:b6:00:00:01"


def test_answers_over_two_interfaces_are_one_entry_by_mac_or_serial_number() -> None:
    again = replace(HIK, address="198.51.100.9", senders=("198.51.100.9",))
    without = replace(again, told=replace(HIKVISION, mac=""))
    other = replace(again, told=replace(HIKVISION, mac="44:19:b6:00:00:99"))
    assert [len(merge([HIK, one])) for one in (again, without, other)] == [1, 1, 2], "two MACs are two devices"


def test_without_a_mac_the_place_joins_them_by_port_or_where_each_is_alone() -> None:
    assert told(merge([onvif("urn:uuid:1", ""), HIK])) == [("urn:uuid:1", "DS-2CD2143")]
    assert told(merge([onvif("urn:uuid:1", "", 8899), HIK])) == [("urn:uuid:1", "DS-2CD2143")]
    two = [onvif("urn:uuid:1", "", 8001), onvif("urn:uuid:2", "", 80)]
    assert told(merge([*two, HIK])) == [("urn:uuid:1", ""), ("urn:uuid:2", "DS-2CD2143")]
    neither = [onvif("urn:uuid:1", "", 8001), onvif("urn:uuid:2", "", 8002)]
    assert len(merge([*neither, HIK])) == 3


def test_two_boxes_at_one_address_stay_two() -> None:
    """Two new ones at the address of the factory; or one whose ONVIF answer names another MAC."""
    second = replace(HIK, told=replace(HIKVISION, mac="44:19:b6:00:00:99", serial="B"))
    assert len(merge([HIK, second])) == 2
    assert len(merge([onvif("urn:uuid:1", "", 8899), HIK, second])) == 3
    assert len(merge([onvif("urn:uuid:1", "44:19:b6:00:00:77"), HIK])) == 2


def test_an_id_that_only_looks_like_a_mac_does_not_part_one_box() -> None:
    """The node of a time-based UUID: not every maker puts the MAC there."""
    node = "urn:uuid:11111111-1111-1111-8111-00112233445a"
    assert mac_of(onvif(node, "")) == "00:11:22:33:44:5a"
    assert told(merge([onvif(node, ""), HIK])) == [(node, "DS-2CD2143")]


def test_a_box_with_onvif_off_is_an_entry_of_its_own() -> None:
    assert told(merge([HIK, DAH, onvif("urn:uuid:1", "", address="192.0.2.8")])) == [
        ("", "DS-2CD2143"),
        ("", "IPC-HDW5421S"),
        ("urn:uuid:1", ""),
    ]


def test_a_flood_from_one_address_is_merged_in_time() -> None:
    begun = time.process_time()
    strangers = [onvif(f"urn:uuid:{n}", "", 1000 + n) for n in range(500)]
    words = [
        replace(HIK, told=VendorAnswer(driver="hikvision", model="x", http_port=9, serial=str(n))) for n in range(500)
    ]
    assert len(merge(strangers + words)) == 1000
    assert time.process_time() - begun < 5
