"""Answers of ISAPI that were cut off never read as an answer, and least of all as "none"; samples of them are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from types import MappingProxyType

import pytest
from devices import clock, device
from hikvision_device import CAMERAS, FIXTURES, Nvr, at, fixture, month_answer, result, transport_to
from lxml import etree
from onvif_reading import fact

from drivers.errors import DriverError, Malformed
from drivers.footage import Wanted
from drivers.hikvision import (
    log_search,
    parse_channels,
    parse_device,
    parse_picture,
    parse_search,
    parse_tracks,
    platform_link,
)
from drivers.hikvision.read import read
from drivers.hikvision.reply import document
from drivers.http.transport import ReplayTransport
from drivers.model import Reply, Unavailable

Parse = Callable[[etree._Element], object]
MASK = "ContentMgmt/InputProxy/channels/1/video/privacyMask"
TAG = re.compile(rb"<[^>]*>")


def _masks(root: etree._Element) -> object:
    switch = parse_picture.mask_switch(root)
    assert switch.regions is not None
    return parse_picture.masks(switch, switch.regions)


PARSERS: dict[str, tuple[str, Parse]] = {
    "System/deviceInfo": ("DeviceInfo", parse_device.device_info),
    "System/time": ("Time", parse_device.device_time),
    "System/time/ntpServers": ("NTPServerList", parse_device.ntp_servers),
    "Security/adminAccesses": ("AdminAccessProtocolList", parse_device.protocols),
    "Security/users": ("UserList", parse_device.accounts),
    "ContentMgmt/Storage": ("storage", parse_device.disks),
    "System/Network/SIP": ("SIPServerList", platform_link.platform_servers),
    "System/Network/Ehome": ("Ehome", lambda root: platform_link.neighbour("isup", root)),
    "System/Network/EZVIZ": ("EZVIZ", lambda root: platform_link.neighbour("cloud", root)),
    "System/Network/SIP/1/SIPInfo": ("SIPInfo", platform_link.channel_codes),
    "ContentMgmt/InputProxy/channels": ("InputProxyChannelList", parse_channels.proxies),
    "ContentMgmt/InputProxy/channels/status": ("InputProxyChannelStatusList", parse_channels.states),
    "System/Video/inputs/channels": ("VideoInputChannelList", parse_channels.inputs),
    "Streaming/channels": ("StreamingChannelList", parse_channels.streams),
    MASK: ("PrivacyMask", _masks),
    "ContentMgmt/InputProxy/channels/1/video/overlays": (
        "VideoOverlay", lambda root: parse_picture.overlays(root, "name"),
    ),
    "ContentMgmt/record/tracks": ("TrackList", parse_tracks.tracks),
    "System/status": ("DeviceStatus", parse_device.uptime_s),
    log_search.SEARCH: ("CMSearchResult", log_search.parse_times),
    "ContentMgmt/search": ("CMSearchResult", lambda root: parse_search.parse_page(root, None)),
    "ContentMgmt/record/tracks/101/dailyDistribution": ("trackDailyDistribution", parse_search.days),
}  # fmt: skip


def body(path: str) -> bytes:
    if path == "ContentMgmt/search":
        return result([(101, at(1), at(2)), (201, at(1), at(2))], "OK", 2)
    if path.endswith("dailyDistribution"):
        return month_answer([True, False] * 15)
    return fixture(path)


def decode(path: str, data: bytes) -> object:
    root, parse = PARSERS[path]
    return parse(document(Reply(path, f"/ISAPI/{path}", 200, "application/xml", data), root))


def test_every_fixture_is_parsed_here() -> None:
    names = {path.name.removesuffix(".xml") for path in FIXTURES.glob("*.xml")}
    same = {re.sub(r"\d", "N", path.replace("/", ".")) for path in PARSERS}
    smart, own = "ContentMgmt.Storage.hdd.N.SMARTTest.status", "System.Video.inputs.channels.N.privacyMask"
    assert {re.sub(r"\d", "N", name) for name in names} - {smart, own} <= same


@pytest.mark.parametrize("path", PARSERS)
def test_an_answer_cut_at_any_tag_never_reads_as_one(path: str) -> None:
    whole = body(path)
    assert decode(path, whole)
    places = sorted({place for tag in TAG.finditer(whole) for place in (tag.start(), tag.start() + 1, tag.end())})
    assert len(places) > 20
    for place in places:
        for piece in (whole[:place], whole[place:]):
            if piece.strip() in (whole.strip(), whole.partition(b"?>")[2].strip()):
                continue
            with pytest.raises(DriverError):
                decode(path, piece)


@pytest.mark.parametrize("path", [path for path, (root, _) in PARSERS.items() if root.endswith("List") or path == MASK])
def test_rows_under_a_wrong_name_are_not_an_empty_list(path: str) -> None:
    whole = body(path)
    root = PARSERS[path][0]
    row = "PrivacyMaskRegion" if path == MASK else root.removesuffix("List")
    renamed = re.sub(rb"(</?)" + row.encode() + rb"(?=[\s>])", rb"\1" + row.encode() + b"s2", whole)
    assert renamed != whole
    with pytest.raises(Malformed):
        decode(path, renamed)


@pytest.mark.parametrize("path", PARSERS)
def test_both_namespaces_and_none_are_read_alike(path: str) -> None:
    def in_namespace(name: bytes) -> object:
        return decode(path, re.sub(rb' xmlns="[^"]*"', name, body(path)))

    assert PARSERS[path][0] in ("PrivacyMask",) or in_namespace(b"") == decode(path, body(path))
    for name in (b' xmlns="http://www.hikvision.com/ver20/XMLSchema"', b' xmlns="urn:psialliance-org"', b""):
        assert str(in_namespace(name)) == str(in_namespace(b' xmlns="http://www.isapi.org/ver20/XMLSchema"'))


@cache
def recorded() -> tuple[Reply, ...]:
    with Nvr().device() as served, transport_to(served) as transport:
        read(CAMERAS, transport, _wanted())
        return tuple(transport.replies)


def _wanted() -> MappingProxyType[str, Wanted]:
    return MappingProxyType({"one": Wanted(months=((2026, 11),), days=(date(2026, 11, 20),))})


READS = {
    "System/deviceInfo": ("device:box", "identity"),
    "Security/adminAccesses": ("device:box", "protocols"),
    "Security/users": ("device:box", "accounts"),
    "ContentMgmt/Storage": ("device:box", "disks"),
    "System/Network/SIP": ("device:box", "platform-link"),
    "ContentMgmt/InputProxy/channels": ("device:box", "channels"),
    "ContentMgmt/InputProxy/channels/status": ("device:box", "channels"),
    "Streaming/channels": ("camera:two", "streams"),
    MASK: ("camera:one", "masks"),
    "ContentMgmt/InputProxy/channels/1/video/overlays": ("camera:one", "overlays"),
    "ContentMgmt/record/tracks": ("camera:two", "schedule"),
    "ContentMgmt/record/tracks/101/dailyDistribution": ("camera:one", "recorded-days"),
    "ContentMgmt/search": ("camera:one", "recordings"),
}


@pytest.mark.parametrize("path", READS)
def test_a_whole_run_with_one_cut_reply_says_malformed_and_keeps_a_sample_of_it(path: str) -> None:
    whole = next(one for one in recorded() if one.operation == path and one.status == 200)
    tags = [tag.start() for tag in TAG.finditer(whole.body)]
    for place in tags[1 :: max(1, len(tags) // 4)]:
        cut = Reply(path, whole.path, 200, whole.content_type, whole.body[:place])
        others = [one for one in recorded() if one.operation != path]
        replies = [*others, *[cut] * 30]
        transport = ReplayTransport(replies, device(80), clock)
        told = fact(read(CAMERAS, transport, _wanted()), *READS[path])
        assert isinstance(told, Unavailable) and told.reason == "malformed", (place, told)
        assert [one.reply.operation for one in transport.samples.kept] == [path]
