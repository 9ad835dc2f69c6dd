"""The driver for Hikvision reads a whole recorder over sockets, asks little, and asks only what reads."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import get_args

import pytest
from devices import NOW, clock
from hikvision_device import CAMERAS, LOCAL_NOW, NOT_SUPPORTED, Nvr, at, hours, observe, transport_to
from onvif_reading import fact, reason

from drivers import registry
from drivers.credentials import Credentials
from drivers.details import Account, Accounts, Audio, AudioEncoder, Encoder, Encoders
from drivers.footage import Channel, Channels, Neighbour, PlatformLink, Protocols, Wanted
from drivers.hikvision.read import read
from drivers.http.transport import ReplayTransport
from drivers.model import DEVICE_FACTS, Camera, Fact, Identity, Overlays, Recordings, Span, Unavailable
from drivers.picture import Stream, Streams

ALLOWED = re.compile(
    r"System/(deviceInfo|status|time(/ntpServers|/localTime)?|Network/(SIP(/\d+/SIPInfo)?|Ehome|EZVIZ))|Security/(adminAccesses|users)"
    r"|System/Video/inputs/channels(/\d+/(privacyMask(/regions)?|overlays))?|Streaming/channels"
    r"|ContentMgmt/InputProxy/channels((/\d+)?/status|/\d+/video/(privacyMask(/regions)?|overlays))?"
    r"|ContentMgmt/(record/tracks|Storage(/hdd/\d+/SMARTTest/status)?)"
)
SEARCHES = re.compile(r"ContentMgmt/search|ContentMgmt/logSearch|ContentMgmt/record/tracks/\d+/dailyDistribution")
READ_FACTS: tuple[Fact, ...] = (
    "identity", "clock", "protocols", "accounts", "disks", "channels", "platform-link", "uptime", "oldest-log",
    "streams", "encoders", "audio", "masks", "mask-options", "overlays", "recordings", "recorded-days",
    "schedule",
)  # fmt: skip


def wanted(**what: object) -> MappingProxyType[str, Wanted]:
    return MappingProxyType({camera.id: Wanted(**what) for camera in CAMERAS})  # type: ignore[arg-type]


def test_it_stands_in_the_table() -> None:
    assert registry.load("hikvision") is read


def test_a_recorder_says_who_it_is_and_what_is_behind_it() -> None:
    seen = observe(Nvr())
    assert fact(seen, "device:box", Identity) == Identity(
        "", "DS-7616NI-M2/16P", "V5.04.081 build 240815", "DS-7616NI-M2/16P1620200101CCRRE00000000WCVU"
    )
    assert fact(seen, "device:box", Channels) == Channels(
        (
            Channel(
                1, "North gate", "online", "connect", "192.168.254.2",
                model="DS-2CD2143G2-I", serial="DS-2CD2143G2-I20200101AAWRE00000000",
            ),
            Channel(2, "Yard", "offline", "networkAbnormal", "192.168.254.3"),
            Channel(3, "Store", "offline", "userOrPasswordError", "192.168.254.4"),
            Channel(4, "IPCamera 04", "empty", "no address"),
        )
    )  # fmt: skip
    told = fact(seen, "device:box", Protocols)
    assert isinstance(told, Protocols)
    assert [(one.name, one.port, one.enabled) for one in told.protocols][1:] == [
        ("RTSP", 8554, True), ("HTTPS", 443, True), ("DEV_MANAGE", 8000, True), ("WebSocket", 7681, False),
    ]  # fmt: skip
    assert fact(seen, "device:box", Accounts) == Accounts(
        (Account("admin", "Administrator"), Account("camwarden", "User"), Account("值班", "Operator"))
    )


def test_streams_are_on_the_configured_host_and_the_port_that_the_device_tells() -> None:
    seen = observe(Nvr())
    streams = fact(seen, "camera:two", Streams)
    assert isinstance(streams, Streams)
    assert streams.streams[0].url.endswith("/ISAPI/Streaming/channels/201/picture")
    assert streams.streams[1:] == (
        Stream("main", "rtsp://127.0.0.1:8554/Streaming/Channels/201", "H265", 2560, 1440, 25.0, 4096, 50, "201"),
        Stream("sub", "rtsp://127.0.0.1:8554/Streaming/Channels/202", "H264", 640, 360, 0.0, 512, 50, "202"),
    )
    assert fact(seen, "camera:one", Audio) == Audio((AudioEncoder("101", "G.711ulaw", 64, 8),))
    assert fact(seen, "camera:two", Audio) == Audio(())
    encoders = fact(seen, "camera:three", Encoders)
    assert isinstance(encoders, Encoders) and encoders.encoders[0] == Encoder("301", "H265", 2560, 1440, 25.0, 4096, 50)
    assert fact(seen, "camera:one", Overlays) == Overlays(("North gate", "Building 3 & yard"), time_shown=True)


def test_the_port_of_rtsp_is_the_configured_one_or_the_usual_one_where_nothing_tells() -> None:
    def main(nvr: Nvr, **changes: object) -> str:
        streams = fact(observe(nvr, **changes), "camera:one", Streams)  # type: ignore[arg-type]
        assert isinstance(streams, Streams)
        return streams.streams[1].url

    assert main(Nvr(), rtsp_port=1554) == "rtsp://127.0.0.1:1554/Streaming/Channels/101"
    hidden = Nvr(answers={"Security/adminAccesses": NOT_SUPPORTED})
    assert main(hidden) == "rtsp://127.0.0.1:554/Streaming/Channels/101"


def test_a_platform_that_is_set_up_is_told_with_its_codes_and_its_state() -> None:
    link = fact(observe(Nvr()), "device:box", PlatformLink)
    assert isinstance(link, PlatformLink)
    first, second = link.servers
    assert (first.slot, first.enabled, first.registered, first.is_free) == (1, True, True, False)
    assert first.codes == ((1, "14020000001320000001"), (2, "14020000001320000002"))
    assert (first.expires_s, first.heartbeat_s, first.heartbeat_misses, first.local_port) == (3600, 60, 3, 5060)
    assert (first.domain, first.device_id) == ("1402000000", "14020000001180000001")
    assert (second.slot, second.is_free, second.registered, second.codes) == (2, True, None, ())
    assert link.neighbours == (Neighbour("isup", False, False), Neighbour("cloud", True, True))


def test_every_fact_is_there_once() -> None:
    seen = observe(Nvr(), wanted(months=((2026, 11),)))
    for name in READ_FACTS:
        for subject in ["device:box"] if name in DEVICE_FACTS else [f"camera:{one.id}" for one in CAMERAS]:
            known = not isinstance(fact(seen, subject, name), Unavailable)
            assert known or (name == "overlays" and subject != "camera:one"), (subject, name)
    assert len(seen) == sum(1 if name in DEVICE_FACTS else len(CAMERAS) for name in READ_FACTS)
    assert set(READ_FACTS) < set(get_args(Fact))


def test_a_channel_without_a_camera_is_told_apart_from_one_that_cannot_be_read() -> None:
    cameras = (Camera("unplugged", "box", channel=4), Camera("nowhere", "box", channel=9))
    seen = observe(Nvr(), cameras=cameras)
    for camera in cameras:
        assert fact(seen, f"camera:{camera.id}", Streams) == Streams(())
        for name in ("encoders", "audio", "masks", "overlays", "recordings", "schedule"):
            assert reason(seen, f"camera:{camera.id}", name) == "unsupported", name
    hidden = {path: NOT_SUPPORTED for path in ("ContentMgmt/InputProxy/channels", "System/Video/inputs/channels")}
    assert reason(observe(Nvr(answers=dict(hidden)), cameras=cameras), "camera:nowhere", "streams") == "unsupported"


def test_only_questions_are_sent_and_only_below_isapi() -> None:
    nvr = Nvr()
    with nvr.device() as served, transport_to(served) as transport:
        read(CAMERAS, transport, wanted(months=((2026, 10), (2026, 11)), days=(date(2026, 11, 20),)))
        targets = {(one.method, one.target) for one in served.asked}
    assert all(target.startswith("/ISAPI/") for _, target in targets)
    for method, path in nvr.asked:
        assert (ALLOWED if method == "GET" else SEARCHES).fullmatch(path), (method, path)
    assert {method for method, _ in targets} == {"GET", "POST"}


@pytest.mark.parametrize("what", [{"months": ((2026, 11),)}, {"days": (date(2026, 11, 20),)}, {}])
def test_a_camera_costs_two_questions_about_its_footage_at_most(what: dict[str, object]) -> None:
    """What is asked once for all cameras counts as well: it is shared by them."""
    cameras = tuple(Camera(f"c{n}", "box", channel=n) for n in range(1, 33))
    nvr = Nvr(footage=[one for n in range(1, 33) for one in hours(n * 100 + 1, at(20), LOCAL_NOW)])
    nvr.answers["ContentMgmt/record/tracks"] = NOT_SUPPORTED
    each = MappingProxyType({camera.id: Wanted(**what) for camera in cameras})  # type: ignore[arg-type]
    seen = observe(nvr, each, cameras)
    asked = (
        nvr.count("search") + nvr.count("dailyDistribution") + nvr.count("record/tracks") - nvr.count("Distribution")
    )
    held = fact(seen, "camera:c32", Recordings)
    assert isinstance(held, Recordings) and held.spans[-1].end_at == datetime(2026, 11, 24, 8, 0, 3, tzinfo=UTC)
    per_camera = sum(1 for tracks, *_ in nvr.searches if len(tracks) == 1) + nvr.count("dailyDistribution")
    assert per_camera == (64 if what else 32)
    assert asked - per_camera <= 4, "the list of tracks, and the newest moments of all cameras"


def test_one_login_serves_the_whole_run_and_the_next() -> None:
    nvr, credentials = Nvr(), Credentials(None)
    with nvr.device() as served:
        for _ in range(2):
            with transport_to(served, credentials) as transport:
                read(CAMERAS, transport, MappingProxyType({}))
    assert (nvr.anonymous, nvr.refused) == (1, 0)


def test_a_recording_of_the_replies_gives_the_same_facts() -> None:
    nvr = Nvr()
    asked = wanted(months=((2026, 11),), days=(date(2026, 11, 20),))
    with nvr.device() as served, transport_to(served) as transport:
        live = read(CAMERAS, transport, asked)
        replayed = ReplayTransport(transport.replies, transport.device, clock)
        assert [one.value for one in read(CAMERAS, replayed, asked)] == [one.value for one in live]


def test_a_device_that_is_not_there_is_tried_once() -> None:
    with Nvr().device() as served:
        pass
    with transport_to(served) as transport:
        seen = read(CAMERAS, transport, MappingProxyType({}))
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"unreachable", "not-looked-at"}
    assert len(transport.replies) == 0


def test_the_oldest_moment_can_be_played_from_our_own_address() -> None:
    held = fact(observe(Nvr()), "camera:one", Recordings)
    assert isinstance(held, Recordings)
    assert held.spans == (Span(datetime(2026, 10, 19, 16, tzinfo=UTC), datetime(2026, 11, 24, 8, 0, 3, tzinfo=UTC)),)
    url = "rtsp://127.0.0.1:8554/Streaming/tracks/101?starttime=20261020T000001Z&endtime=20261020T010000Z"
    assert (held.replay_url, held.replay_from_at) == (url, datetime(2026, 10, 19, 16, 0, 1, tzinfo=UTC))
    assert held.tracks == ("Video",) and held.running is None and held.listed == () and held.spans[0].start_at < NOW
