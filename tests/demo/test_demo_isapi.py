"""The simulated ISAPI recorder: documents, login and lock, paging, wall time, and no way to write."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest
import requests
from demo_clock import SetClock
from isapi_talk import SEARCH, WIDE, Recorder, description, texts
from lxml import etree
from patience import PATIENCE_S
from requests.auth import HTTPDigestAuth

from agent.demo.isapi.channels import FRAME_PX, corners
from agent.demo.isapi.content import PAGE
from agent.demo.isapi.device import READS, IsapiDevice
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import ISAPI_CAMERAS, ISAPI_DEVICES, DemoDevice
from agent.demo.world.changes import Changes


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def nvr(clock: SetClock) -> Iterator[Recorder]:
    with SimulatedSite(clock, ISAPI_DEVICES, ISAPI_CAMERAS) as site:
        yield Recorder(site)


# Documents


def numbered(name: str) -> str:
    one = "101" if "streaming" in name or "tracks" in name else "1"
    return re.sub(r"\bN\b", one, name)


@pytest.mark.parametrize("name", READS)
def test_every_read_is_answered_by_a_document_or_by_a_reason(nvr: Recorder, name: str) -> None:
    reply = nvr.send("GET", f"/ISAPI/{numbered(name)}")
    root = etree.fromstring(reply.content)
    assert root.tag.startswith("{http://www.")
    own_input = "video/inputs" in name and "overlays" not in name
    assert (reply.status_code, etree.QName(root).localname == "ResponseStatus") == (
        403 if own_input else 200,
        own_input,
    )


def test_the_recorder_says_who_and_what_it_is(nvr: Recorder) -> None:
    assert texts(nvr.get("System/deviceInfo"), "deviceType") == ["NVR"]
    assert texts(nvr.get("System/time"), "localTime") == ["2026-11-24T16:30:05+08:00"]
    assert texts(nvr.get("Streaming/channels"), "id") == ["101", "102", "201", "202", "301", "302"]
    assert texts(nvr.get("System/Network/SIP/1/SIPInfo"), "videoInputID") == [one.code for one in ISAPI_CAMERAS]
    ports = dict(zip(*(texts(nvr.get("Security/adminAccesses"), name) for name in ("protocol", "portNo")), strict=True))
    assert (ports["HTTP"], ports["RTSP"]) == (str(nvr.address.port), str(nvr.address.rtsp_port))
    assert texts(nvr.get("ContentMgmt/Storage"), "status") == ["ok", "ok", "notexist"]
    assert set(texts(nvr.get("ContentMgmt/Storage"), "freeSpace")) == {"0"}


def test_a_camera_that_was_lost_is_told_and_gives_no_picture(nvr: Recorder) -> None:
    states = nvr.get("ContentMgmt/InputProxy/channels/status")
    assert texts(states, "online") == ["true", "true", "false"]
    assert texts(states, "chanDetectResult") == ["connect", "connect", "networkAbnormal"]
    reply = nvr.send("GET", "/ISAPI/Streaming/channels/101/picture")
    assert (reply.headers["Content-Type"], reply.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert nvr.send("GET", "/ISAPI/Streaming/channels/301/picture").status_code == 500
    assert nvr.send("GET", "/ISAPI/ContentMgmt/InputProxy/channels/3/video/privacyMask").status_code == 500


def test_a_mask_covers_its_zone_in_a_frame_whose_origin_is_at_the_bottom_left(nvr: Recorder) -> None:
    root = nvr.get("ContentMgmt/InputProxy/channels/1/video/privacyMask")
    assert texts(root, "enabled") == ["true", "true"]
    corner_texts = list(zip(texts(root, "positionX"), texts(root, "positionY"), strict=True))
    points = [(int(x) / FRAME_PX[0], 1 - int(y) / FRAME_PX[1]) for x, y in corner_texts]
    mask = ISAPI_CAMERAS[0].mask
    assert mask is not None
    for side, pick in ((0, min), (0, max), (1, min), (1, max)):
        told, real = pick(p[side] for p in points), pick(p[side] for p in mask.polygon)
        assert (told <= real if pick is min else told >= real) and abs(told - real) < 1 / 500
    assert [(str(x), str(y)) for x, y in corners(mask)] == corner_texts


def test_a_camera_has_its_own_mask_and_nothing_of_a_recorder(clock: SetClock) -> None:
    spec = DemoDevice("porch", "viewer", "DS-2CD", "C1-1", driver="hikvision")
    device = IsapiDevice(spec, (ISAPI_CAMERAS[0],), "secret", clock, Changes(clock))
    device.start()
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.auth = HTTPDigestAuth("viewer", "secret")

            def status(path: str) -> int:
                return session.get(f"http://127.0.0.1:{device.http.port}/ISAPI/{path}", timeout=PATIENCE_S).status_code

            assert status("System/Video/inputs/channels/1/privacyMask") == 200
            for path in ("ContentMgmt/InputProxy/channels", "ContentMgmt/Storage", "ContentMgmt/record/tracks"):
                assert status(path) == 403
            assert status("System/Network/SIP") == 403
    finally:
        device.stop()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/PSIA/System/deviceInfo", 404),
        ("/ISAPI/", 403),
        ("/ISAPI/System/reboot", 403),
        ("/ISAPI/Streaming/channels/103", 400),
        ("/ISAPI/Streaming/channels/901", 404),
        ("/ISAPI/Streaming/channels/999999", 400),
        ("/ISAPI/Streaming/channels/9999999999", 403),
        ("/ISAPI/ContentMgmt/record/tracks/102", 400),
        ("/ISAPI/System/time/ntpServers/7", 403),
        ("/ISAPI/%00%ff", 403),
        ("/ISAPI/" + "x" * 5000, 403),
    ],
)
def test_what_is_not_there_says_so_in_a_response_status(nvr: Recorder, path: str, status: int) -> None:
    reply = nvr.send("GET", path)
    assert reply.status_code == status
    assert etree.QName(etree.fromstring(reply.content)).localname == "ResponseStatus"


# Search


def test_files_come_oldest_first_page_by_page_in_wall_time_that_says_z(nvr: Recorder) -> None:
    first = nvr.search(101, most=1)
    assert texts(first, "startTime") == ["2026-10-20T16:00:00Z"]
    assert (texts(first, "responseStatusStrg"), texts(first, "numOfMatches")) == (["MORE"], ["1"])
    found = nvr.all_files(101)
    assert len(found) == 35 * 24 + 1
    assert found == sorted(found) and all(end == start for (_, end), (start, _) in pairwise(found))
    assert found[-1] == ("2026-11-24T16:00:00Z", "2026-11-24T16:30:05Z")


def test_several_tracks_are_searched_together_oldest_first(nvr: Recorder) -> None:
    body = description("101</trackID><trackID>201", ("2026-11-20T10:30:00Z", "2026-11-20T12:00:00Z"), 40)
    root = etree.fromstring(nvr.send("POST", SEARCH, body).content)
    assert texts(root, "startTime") == [f"2026-11-20T{hour}:00:00Z" for hour in (10, 10, 11, 11)]
    assert [one.text for one in root.iterfind(".//{*}searchMatchItem/{*}trackID")] == ["101", "201"] * 2


def test_a_page_has_its_limit_and_the_right_spelling_does_not_turn_it(nvr: Recorder) -> None:
    assert len(texts(nvr.search(101, most=1000), "startTime")) == PAGE
    misled = nvr.search(101, most=3, searchResultPosition=3)
    assert texts(misled, "startTime")[0] == "2026-10-20T16:00:00Z"
    assert texts(nvr.search(101, most=3, searchResultPostion=3), "startTime")[0] == "2026-10-20T19:00:00Z"


def test_a_window_gives_what_overlaps_it_and_an_empty_one_has_no_matches(nvr: Recorder) -> None:
    within = nvr.search(101, ("2026-11-20T10:30:00Z", "2026-11-20T12:00:00Z"))
    assert texts(within, "startTime") == ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"]
    assert texts(within, "responseStatusStrg") == ["OK"]
    nothing = nvr.search(101, ("2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z"))
    assert (texts(nothing, "responseStatusStrg"), texts(nothing, "searchMatchItem")) == (["NO MATCHES"], [])


def test_the_day_without_recording_is_a_local_day_in_both_views(nvr: Recorder) -> None:
    missing = [day for day, recorded in enumerate(nvr.days(201, 2026, 11), start=1) if not recorded]
    assert missing == [19, 25, 26, 27, 28, 29, 30]
    assert nvr.search(201, ("2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z")).find(".//{*}matchList") is None
    assert nvr.days(101, 2026, 10) == [date(2026, 10, day) >= date(2026, 10, 20) for day in range(1, 32)]
    assert len(nvr.days(101, 2028, 2)) == 29
    assert nvr.all_files(301)[-1][1] == "2026-11-22T16:30:05Z"


@pytest.mark.parametrize(
    ("body", "status", "sub"),
    [
        (b"", 400, "badXmlFormat"),
        (b"<a><b></a>", 400, "badXmlFormat"),
        (b"\x00" * 50, 400, "badXmlFormat"),
        (b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><CMSearchDescription>&e;</CMSearchDescription>", 400,
         "badXmlFormat"),
        (b"<trackDailyParam/>", 400, "badXmlContent"),
        (description(101, ("yesterday", "now"), 40), 400, "badXmlContent"),
        (description(101, ("2026-13-01T00:00:00Z", WIDE[1]), 40), 400, "badXmlContent"),
        (description(101, (WIDE[1], WIDE[0]), 40), 400, "badParameters"),
        (description(101, (WIDE[0], "2040-01-01T00:00:00Z"), 40), 400, "badParameters"),
        (description("one", WIDE, 40), 400, "badXmlContent"),
        (description(101, WIDE, "-1"), 400, "badXmlContent"),
        (description(101, WIDE, 0), 400, "badXmlContent"),
        (description(101, WIDE, 40, searchResultPostion="9" * 5000), 400, "badXmlContent"),
        (description(102, WIDE, 40), 400, "badParameters"),
        (description(901, WIDE, 40), 404, "notSupport"),
    ],
)  # fmt: skip
def test_a_search_that_makes_no_sense_is_refused_and_the_recorder_lives_on(
    nvr: Recorder, body: str | bytes, status: int, sub: str
) -> None:
    reply = nvr.send("POST", SEARCH, body)
    assert (reply.status_code, texts(etree.fromstring(reply.content), "subStatusCode")) == (status, [sub])
    assert len(texts(nvr.search(101), "startTime")) == 40


# Login, and no way to write


def test_refused_logins_are_counted_and_lock_the_recorder_for_half_an_hour(nvr: Recorder, clock: SetClock) -> None:
    url, tries = f"http://127.0.0.1:{nvr.address.port}/ISAPI/Security/userCheck", []
    for password in ("wrong",) * 5:
        with requests.Session() as session:
            session.trust_env = False
            reply = session.get(url, auth=HTTPDigestAuth("viewer", password), timeout=PATIENCE_S)
        assert reply.status_code == 401
        tries.append([texts(etree.fromstring(reply.content), n)[0] for n in ("retryLoginTime", "lockStatus")])
    assert tries == [["4", "unlock"], ["3", "unlock"], ["2", "unlock"], ["1", "unlock"], ["0", "lock"]]
    assert nvr.site.failed_logins["nvr"] == 5
    locked = nvr.send("GET", "/ISAPI/System/time")
    assert (locked.status_code, texts(etree.fromstring(locked.content), "unlockTime")) == (401, ["1800"])
    assert isinstance(nvr.keyframe("/Streaming/Channels/102").error, Exception)
    clock.advance(minutes=30)
    assert nvr.send("GET", "/ISAPI/System/time").status_code == 200


def test_without_a_login_nothing_is_told_and_nothing_is_counted_as_refused(nvr: Recorder) -> None:
    for path in ("/ISAPI/System/deviceInfo", "/ISAPI/Streaming/channels/101/picture", "/else"):
        reply = requests.get(f"http://127.0.0.1:{nvr.address.port}{path}", timeout=PATIENCE_S)
        assert reply.status_code == 401 and reply.headers["WWW-Authenticate"].startswith("Digest ")
        assert b"DS-7616" not in reply.content
    assert nvr.site.failed_logins["nvr"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/ISAPI/System/time"),
        ("PUT", "/ISAPI/ContentMgmt/InputProxy/channels/1/video/privacyMask"),
        ("DELETE", "/ISAPI/Security/users/1"),
        ("POST", "/ISAPI/Security/users"),
        ("PUT", SEARCH),
        ("PATCH", "/ISAPI/System/deviceInfo"),
    ],
)
def test_a_write_is_refused_and_counted(nvr: Recorder, method: str, path: str) -> None:
    before = [nvr.get(name).xpath("string()") for name in ("System/time", "Security/users")]
    assert nvr.send(method, path, b"<a/>").status_code == 403
    # The login's challenge comes first: the same request is sent twice where no nonce is known yet.
    assert nvr.site.writes_refused["nvr"] in (1, 2)
    assert [nvr.get(name).xpath("string()") for name in ("System/time", "Security/users")] == before


def test_searches_and_reads_are_no_writes(nvr: Recorder) -> None:
    nvr.search(101)
    nvr.days(101, 2026, 11)
    nvr.get("System/time")
    assert nvr.site.writes_refused["nvr"] == 0


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GET\r\n\r\n",
        b"POST /ISAPI/ContentMgmt/search HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /ISAPI/ContentMgmt/search HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /ISAPI/ContentMgmt/search HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
        b"GET /ISAPI/\x01\xff HTTP/1.1\r\nAuthorization: Digest " + b"a" * 900 + b"\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
        b"BREW /ISAPI/System/time HTTP/1.1\r\n\r\n",
        b"GET " + b"/x" * 60_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_hostile_requests_end_at_most_their_own_connection(nvr: Recorder, data: bytes) -> None:
    # A request line of 120 kB is cut off while it is still being sent.
    with (
        contextlib.suppress(ConnectionError),
        socket.create_connection(("127.0.0.1", nvr.address.port), timeout=PATIENCE_S) as connection,
    ):
        connection.sendall(data)
        with contextlib.suppress(OSError):  # cut off already: "not connected" is no ConnectionError
            connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert nvr.get("System/time") is not None
