"""Bodies of GB/T 28181 are read field by field, whatever their encoding and habits; nothing secret goes further."""

from __future__ import annotations

import random
import re
import time
from datetime import datetime

import pytest

from agent.demo.gb28181.bodies import SECRETS, answers, read_query
from agent.demo.gb28181.habits import HABITS, Habits
from drivers.errors import Malformed
from drivers.gb28181 import manscdp
from drivers.gb28181.answers import Catalog, Config, DeviceStatus, Keepalive, Records
from drivers.gb28181.fields import MAX_ITEMS
from drivers.gb28181.manscdp import QUERIES, WITHHELD, parse, query

DEVICE = "14021300001180000001"
NOW = datetime(2026, 11, 29, 12, 0)  # noqa: DTZ001 - a device's own clock


def body(inner: str, kind: str = "Response", command: str = "Catalog") -> bytes:
    head = f"<CmdType>{command}</CmdType><SN>7</SN><DeviceID>{DEVICE}</DeviceID>"
    return f'<?xml version="1.0" encoding="GB2312"?><{kind}>{head}{inner}</{kind}>'.encode("gb18030")


def catalogs(habits: Habits) -> list[Catalog]:
    asked = read_query(query("Catalog", 7, DEVICE))
    return [said for one in answers(asked, DEVICE, habits, NOW) if isinstance(said := parse(one).content, Catalog)]


def test_a_query_asks_for_what_is_listed_and_for_nothing_else() -> None:
    assert b"<CmdType>RecordInfo</CmdType>" in query("RecordInfo", 1, DEVICE, {"Type": "all", "Secrecy": "0"})
    for command in ("DeviceControl", "DeviceConfig", "Broadcast", "Keepalive", "PresetQuery", ""):
        with pytest.raises(ValueError, match="no such query"):
            query(command, 1, DEVICE)
    with pytest.raises(ValueError, match="no such query"):
        query("Catalog", 1, DEVICE, {"PTZCmd": "A50F01"})
    for value in ("1</SN><TeleBoot>Boot</TeleBoot>", "", "门", "a b", "1\n"):
        with pytest.raises(ValueError, match="not plain"):
            query("Catalog", 1, value)


def test_no_query_that_is_listed_changes_a_device() -> None:
    """Source: GB/T 28181-2022, A.2.3 (control) against A.2.4 (query)."""
    assert set(QUERIES) == {"Catalog", "DeviceInfo", "DeviceStatus", "RecordInfo", "ConfigDownload", "SDCardStatus"}
    assert all(re.match(rb"<\?xml[^>]*>\r\n<Query>", query(command, 1, DEVICE)) for command in QUERIES)


@pytest.mark.parametrize("name", HABITS)
def test_each_habit_is_read_to_the_same_catalogue(name: str) -> None:
    channels = [one for part in catalogs(HABITS[name]) for one in part.channels]
    assert [one.name for one in channels] == ["大门1", "大门2", "大门3"] * (len(channels) // 3)
    assert {(one.online, one.ptz_type, one.record_save_days) for one in channels} == {(True, 3, 30)}
    assert {one.install_time for one in channels} == {datetime(2025, 3, 1, 4, 5, 6)}  # noqa: DTZ001
    assert {one.parents[0] for one in channels} == {DEVICE}


@pytest.mark.parametrize("name", HABITS)
def test_passwords_addresses_and_places_of_a_catalogue_go_no_further(name: str) -> None:
    said = repr(catalogs(HABITS[name]))
    assert "大门1" in said
    assert [secret for secret in SECRETS if secret in said] == []


def test_what_is_odd_has_a_name() -> None:
    asked = read_query(query("Catalog", 7, DEVICE))
    odd = {name: {q for one in answers(asked, DEVICE, h, NOW) for q in parse(one).quirks} for name, h in HABITS.items()}
    assert odd["as the standard has it"] == set()
    assert odd["raw marks in XML"] == {"raw-marks"}
    assert odd["UTF-8 under the name of GB2312"] == odd["GB18030 under the name of UTF-8"] == {"other-encoding"}
    assert odd["fields as attributes"] == {"fields-as-attributes"}
    assert odd["times of one digit"] == {"odd-times"}


@pytest.mark.parametrize("name", ["联通", "平城区", "ABC", "门卫室①", "㐀"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
@pytest.mark.parametrize("label", ["GB2312", "UTF-8"])
def test_names_are_right_whatever_the_label_says(name: str, encoding: str, label: str) -> None:
    item = f"<SumNum>1</SumNum><DeviceList><Item><DeviceID>1</DeviceID><Name>{name}</Name></Item></DeviceList>"
    said = parse(body(item).decode("gb18030").replace("GB2312", label).encode(encoding)).content
    assert isinstance(said, Catalog)
    assert said.channels[0].name == name


def test_a_name_that_was_cut_within_a_character_does_not_cost_the_list() -> None:
    data = body("<DeviceList><Item><DeviceID>1</DeviceID><Name>门X</Name></Item></DeviceList>")
    cut = data.replace("门X".encode("gb18030"), "门".encode("gb18030")[:1])
    said = parse(cut)
    assert isinstance(said.content, Catalog)
    assert (said.content.channels[0].code, said.quirks) == ("1", {"broken-characters"})


def test_a_heartbeat_lists_the_faulty_parts() -> None:
    inner = "<Status>ERROR</Status><Info><DeviceID>13</DeviceID><DeviceID>14</DeviceID></Info>"
    said = parse(body(inner, "Notify", "Keepalive"))
    assert (said.kind, said.device, said.content) == ("Notify", DEVICE, Keepalive(False, ("13", "14")))
    assert not said.answers("Keepalive", 7)


def test_words_that_mean_nothing_are_not_known() -> None:
    inner = "<Result>MAYBE</Result><Online>x</Online><DeviceTime>2026-13-45T1:1:1</DeviceTime>"
    said = parse(body(inner, command="DeviceStatus"))
    assert said.content == DeviceStatus(done=None)


def test_a_list_that_is_not_there_has_no_rows() -> None:
    assert parse(body("<SumNum>0</SumNum>", command="RecordInfo")).content == Records(0, ())
    assert parse(body("", command="RecordInfo")).content == Records(None, ())


def test_a_block_under_another_name_is_known_by_what_is_in_it() -> None:
    inner = "<Basic><HeartBeatInterval>60</HeartBeatInterval><HeartBeatCount>3</HeartBeatCount></Basic>"
    said = parse(body(inner, command="ConfigDownload"))
    assert isinstance(said.content, Config)
    assert (said.content.heartbeat_s, said.content.heartbeat_count, said.quirks) == (60, 3, {"renamed-block"})


def test_terminal_and_direction_marks_are_replaced() -> None:
    said = parse(body("<DeviceList><Item><DeviceID>1</DeviceID><Name>a\u202eb</Name></Item></DeviceList>")).content
    assert isinstance(said, Catalog)
    assert said.channels[0].name == "a\ufffdb"


LOL = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<Response>",
        body("").replace(b"<Response>", LOL.encode() + b"<Response>"),
        body("").replace(b"<Response>", b" " * 5000 + LOL.encode() + b"<Response>"),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Response/>',
        body("<a>" * 300 + "</a>" * 300),
        body("<DeviceList>" + "<Item/>" * (MAX_ITEMS + 1) + "</DeviceList>"),
        "<Response>x</Response>".encode("utf-16"),
        body("<Password>secret</Password><broken>"),
    ],
)
def test_a_hostile_body_is_refused_without_a_word_of_it(data: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        parse(data)
    assert "secret" not in str(refused.value)
    assert refused.value.__context__ is None or "secret" not in str(refused.value.__context__)


def test_no_file_is_read_for_an_entity() -> None:
    said = parse(body("<DeviceList><Item><DeviceID>&passwd;</DeviceID></Item></DeviceList>"))
    assert isinstance(said.content, Catalog)
    assert said.content.channels[0].code == "&passwd;"


@pytest.mark.parametrize("piece", ["<Address>", "<Password><Address>", "&", "<", "<a", "</", "&#", "<Item>", "]]>"])
def test_no_body_takes_longer_than_its_length(piece: str) -> None:
    began = time.process_time()
    with pytest.raises(Malformed):
        parse(body(piece * (1_000_000 // len(piece)) + "<b>"))
    assert time.process_time() - began < 3.0


def test_broken_bodies_are_read_or_refused_and_nothing_else() -> None:
    seeded = random.Random(28181)
    times = {"StartTime": "2026-11-28T12:00:00", "EndTime": "2026-11-29T12:00:00", "Type": "all"}
    fields = {"RecordInfo": times, "ConfigDownload": {"ConfigType": "PictureMask"}}
    asked = [read_query(query(command, 7, DEVICE, fields.get(command))) for command in QUERIES]
    whole = [one for each in asked for one in answers(each, DEVICE, Habits(raw_marks=True), NOW)]
    for _ in range(2000):
        data = bytearray(seeded.choice(whole))
        for _ in range(seeded.randrange(1, 6)):
            at = seeded.randrange(len(data))
            data[at : at + seeded.randrange(8)] = seeded.randbytes(seeded.randrange(4))
        try:
            said = parse(bytes(data))
        except Malformed:
            continue
        assert said.content is None or isinstance(repr(said), str)


def test_every_secret_field_of_the_standard_is_among_those_that_are_cut_out() -> None:
    assert {"Password", "IPAddress", "Longitude", "Latitude", "ContactInfo", "Address"} <= set(WITHHELD)
    assert manscdp.CONTENT_TYPE == "Application/MANSCDP+xml"
