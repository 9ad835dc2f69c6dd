"""Footage of the simulated ISAPI recorder: playback without ONVIF's headers, and the faults that can be switched on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import tomli
from demo_clock import SetClock
from isapi_talk import NOW, SEARCH, WIDE, Recorder, description, texts
from lxml import etree
from patience import PATIENCE_S
from rtsp_talk import Talk, units

from agent.demo.rtsp.clips import load, recorded
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES, ISAPI_CAMERAS, ISAPI_DEVICES, Fault
from agent.demo.world.recordings import segments
from drivers.errors import DeviceFault, Refused
from drivers.model import Span


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def nvr(clock: SetClock) -> Iterator[Recorder]:
    with SimulatedSite(clock, ISAPI_DEVICES, ISAPI_CAMERAS) as site:
        yield Recorder(site)


# Streams


@pytest.mark.parametrize(
    ("path", "clip"),
    [
        ("/Streaming/Channels/101", "library-main.h264"),
        ("/Streaming/channels/102?transportmode=unicast", "library-sub.h264"),
        ("/Streaming/Channels/201/", "gym-main.h264"),
    ],
)
def test_the_agents_own_client_takes_a_live_keyframe(nvr: Recorder, path: str, clip: str) -> None:
    fetched = nvr.keyframe(path)
    assert fetched.keyframe is not None and fetched.anonymous is False, fetched.error
    assert load(clip).pictures[0][0] in fetched.keyframe.data
    assert nvr.site.failed_logins["nvr"] == 0


def test_the_address_that_a_search_gives_plays_the_oldest_file(nvr: Recorder) -> None:
    (address,) = texts(nvr.search(101, most=1), "playbackURI")
    parts = urlsplit(address)
    assert parts.path == "/Streaming/tracks/101/"
    assert parts.query.startswith("starttime=20261020T160000Z&endtime=20261020T170000Z&name=")
    fetched = nvr.keyframe(f"{parts.path}?{parts.query}")
    assert fetched.keyframe is not None, fetched.error
    (key, *_) = recorded("library", datetime(2026, 10, 20, 8, tzinfo=UTC)).pictures
    assert b"".join(b"\0\0\0\1" + one for one in key) in fetched.keyframe.data


@pytest.mark.parametrize("query", ["starttime=20261123t120000z&endtime=20261123t120030z", "starttime=20261123T120000Z"])
def test_playback_is_paced_has_no_replay_extension_and_begins_in_wall_time(nvr: Recorder, query: str) -> None:
    address = f"rtsp://127.0.0.1:{nvr.address.rtsp_port}/Streaming/tracks/101?{query}"
    with Talk(nvr.address.rtsp_port, nvr.login) as talk:
        described = talk.ask("DESCRIBE", address)
        control = [line for line in described.body.splitlines() if line.startswith("a=control:rtsp")]
        assert described.status == 200 and "?" not in "".join(control) and "x-onvif" not in described.body
        setup = talk.ask("SETUP", control[-1].removeprefix("a=control:"), Transport="RTP/AVP/TCP;unicast")
        session = setup.headers["session"].partition(";")[0]
        played = talk.ask("PLAY", control[0].removeprefix("a=control:"), Session=session)
        first = next(talk.pictures())
    assert played.headers["range"].startswith("clock=20261123T040000")
    assert tuple(units(first)[2:]) == recorded("library", datetime(2026, 11, 23, 4, tzinfo=UTC)).pictures[0]
    assert all(packet.recorded_at is None for packet in first)


def test_playback_ends_where_it_was_asked_to(nvr: Recorder) -> None:
    address = f"rtsp://127.0.0.1:{nvr.address.rtsp_port}/Streaming/tracks/101"
    with Talk(nvr.address.rtsp_port, nvr.login) as talk:
        assert talk.ask("DESCRIBE", f"{address}?starttime=20261123T120000Z&endtime=20261123T120001Z").status == 200
        setup = talk.ask("SETUP", f"{address}/trackID=1", Transport="RTP/AVP/TCP;unicast")
        talk.ask("PLAY", address, Session=setup.headers["session"].partition(";")[0])
        pictures = talk.pictures()
        count = 0
        while not talk.silent(0.4):
            next(pictures)
            count += 1
    assert 10 <= count <= 18


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/Streaming/tracks/201?starttime=20261119T060000Z&endtime=20261119T070000Z", False),  # the day that is missing
        ("/Streaming/tracks/201?starttime=20261119T060000Z&endtime=20261120T070000Z", True),
        ("/Streaming/tracks/301?starttime=20261122T160000Z&endtime=20261122T170000Z", True),  # before it was lost
        ("/Streaming/tracks/301?starttime=20261124T100000Z&endtime=20261124T110000Z", False),
        ("/Streaming/tracks/101?starttime=20261319T060000Z", False),
        ("/Streaming/tracks/101?starttime=20261120T060000Z&endtime=20261119T060000Z", False),
        ("/Streaming/tracks/101", False),
        ("/Streaming/tracks/102?starttime=20261120T060000Z", False),
        ("/Streaming/tracks/901?starttime=20261120T060000Z", False),
        ("/Streaming/Channels/301", False),
        ("/Streaming/Channels/104", False),
        ("/live/1/main", False),
    ],
)
def test_what_was_not_recorded_or_is_not_there_is_not_found(nvr: Recorder, path: str, found: bool) -> None:
    fetched = nvr.keyframe(path)
    assert (fetched.keyframe is not None) == found
    if not found:
        assert isinstance(fetched.error, DeviceFault) and "404" in str(fetched.error)


def test_onvifs_replay_is_not_understood(nvr: Recorder) -> None:
    address = f"rtsp://127.0.0.1:{nvr.address.rtsp_port}/Streaming/Channels/101"
    with Talk(nvr.address.rtsp_port, nvr.login) as talk:
        assert talk.ask("DESCRIBE", address).status == 200
        assert talk.ask("SETUP", address, Require="onvif-replay", Transport="RTP/AVP/TCP").status == 551


def test_a_wrong_password_opens_no_stream(nvr: Recorder) -> None:
    nvr.login = (nvr.login[0], "wrong")
    assert isinstance(nvr.keyframe("/Streaming/Channels/101").error, Refused)
    assert nvr.site.failed_logins["nvr"] == 1


def test_ffmpeg_plays_a_recording(nvr: Recorder) -> None:
    user, password = nvr.login
    address = f"rtsp://{user}:{password}@127.0.0.1:{nvr.address.rtsp_port}/Streaming/tracks/201"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-analyzeduration", "500000", "-i"]
    command += [
        f"{address}?starttime=20261123T120000Z&endtime=20261123T120010Z",
        "-frames:v",
        "5",
        "-f",
        "rawvideo",
        "-",
    ]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stderr, len(done.stdout)) == (0, b"", 5 * 640 * 360 * 3 // 2)


# Faults


def local(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - wall time on purpose


def test_a_failed_disk_says_so(nvr: Recorder) -> None:
    nvr.site.change_device("nvr", "disk-failed")
    assert texts(nvr.get("ContentMgmt/Storage"), "status") == ["ok", "error", "notexist"]
    nvr.site.change_device("nvr", None)
    assert texts(nvr.get("ContentMgmt/Storage"), "status") == ["ok", "ok", "notexist"]


def test_a_formatted_recorder_holds_what_came_after(nvr: Recorder, clock: SetClock) -> None:
    nvr.site.change_device("nvr", "formatted")
    assert texts(nvr.search(101), "responseStatusStrg") == ["NO MATCHES"]
    clock.advance(minutes=10)
    assert nvr.all_files(101) == [("2026-11-24T16:30:05Z", "2026-11-24T16:40:05Z")]
    assert nvr.days(101, 2026, 11) == [day == 24 for day in range(1, 31)]
    assert "0" not in texts(nvr.get("ContentMgmt/Storage"), "freeSpace")[:2]


def test_a_clock_that_was_set_back_records_two_hours_twice(nvr: Recorder, clock: SetClock) -> None:
    nvr.site.change_device("nvr", "clock-set-back")
    clock.advance(minutes=10)
    time = nvr.get("System/time")
    assert (texts(time, "localTime"), texts(time, "timeMode")) == (["2026-11-24T14:40:05+08:00"], ["manual"])
    newest = nvr.all_files(101)[-4:]
    assert ("2026-11-24T14:30:05Z", "2026-11-24T14:40:05Z") in newest
    assert max(end for _, end in newest) == "2026-11-24T16:30:05Z"


def test_a_schedule_on_motion_only_is_told_and_shows_in_the_footage(nvr: Recorder, clock: SetClock) -> None:
    assert set(texts(nvr.get("ContentMgmt/record/tracks/101"), "ActionRecordingMode")) == {"CMR"}
    nvr.site.change("library", "motion-only")
    clock.advance(hours=3)
    assert set(texts(nvr.get("ContentMgmt/record/tracks/101"), "ActionRecordingMode")) == {"MOTION"}
    assert set(texts(nvr.get("ContentMgmt/record/tracks/201"), "ActionRecordingMode")) == {"CMR"}
    found = nvr.search(101, ("2026-11-24T17:00:00Z", "2026-11-24T19:00:00Z"))
    lengths = [
        local(end) - local(start) for start, end in zip(texts(found, "startTime"), texts(found, "endTime"), strict=True)
    ]
    assert lengths == [timedelta(minutes=20)] * 2
    assert {text.rpartition("/")[2] for text in texts(found, "metadataDescriptor")} == {"motion"}


def test_footage_that_is_deleted_by_age_is_gone_and_the_age_is_told(nvr: Recorder) -> None:
    assert texts(nvr.get("ContentMgmt/record/tracks/101"), "durationEnabled") == ["false"]
    nvr.site.change("library", "old-deleted")
    assert nvr.all_files(101)[0][0] == "2026-11-10T16:00:00Z"
    track = nvr.get("ContentMgmt/record/tracks/101")
    assert (texts(track, "Duration"), texts(track, "durationEnabled")) == (["P14DT0H"], ["true"])
    nvr.site.change("library", "recordings-lost")
    assert nvr.all_files(101)[0][0] == "2026-11-22T16:00:00Z"


def test_a_unit_with_tag_13_fails_every_window_of_more_than_a_month(nvr: Recorder) -> None:
    nvr.site.change_device("nvr", "search-tag-13")
    reply = nvr.send("POST", SEARCH, description(101, WIDE, 1))
    assert (reply.status_code, texts(etree.fromstring(reply.content), "subStatusCode")) == (500, ["deviceError"])
    assert "Tag 13" in reply.text
    month = nvr.search(101, ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"), most=1)
    assert texts(month, "startTime") == ["2026-10-20T16:00:00Z"]


@pytest.mark.parametrize(
    ("where", "what", "fault"),
    [
        ("device", "recorder", "disk-failed"),
        ("device", "nvr", "dark"),
        ("device", "moon", "formatted"),
        ("camera", "library", "disk-failed"),
        ("camera", "library", "mask-removed"),
        ("camera", "gate", "motion-only"),
        ("camera", "lobby", "old-deleted"),
    ],
)
def test_a_fault_that_cannot_be_shown_is_refused(clock: SetClock, where: str, what: str, fault: Fault) -> None:
    site = SimulatedSite(clock, DEVICES + ISAPI_DEVICES, CAMERAS + ISAPI_CAMERAS)
    with pytest.raises(ValueError, match=what):
        (site.change_device if where == "device" else site.change)(what, fault)
    site.stop()


# The table and the configuration


def test_files_end_at_full_hours_and_miss_nothing() -> None:
    start, end = NOW.replace(hour=6, minute=59, second=59), NOW
    cut = segments(Span(start, end))
    assert [(one.start_at.hour, one.start_at.minute) for one in cut] == [(6, 59), (7, 0), (8, 0)]
    assert (cut[0].start_at, cut[-1].end_at) == (start, end)
    assert all(one.end_at == following.start_at for one, following in pairwise(cut))


def test_the_second_recorder_adds_to_the_site_and_takes_nothing_away(clock: SetClock, tmp_path: Path) -> None:
    whole = SimulatedSite(clock, DEVICES + ISAPI_DEVICES, CAMERAS + ISAPI_CAMERAS)
    path = whole.write_config(tmp_path, {"host": "127.0.0.1", "confirm": "broker"})
    whole.stop()
    written = tomli.loads(path.read_text())
    drivers = {one["id"]: one["driver"] for one in written["device"]}
    assert drivers == {one.id: "onvif" for one in DEVICES} | {"nvr": "hikvision"}
    assert len({one["code"] for one in written["camera"] if "code" in one}) == len(written["camera"]) - 1 == 14
    assert [one["id"] for one in written["camera"] if one["device"] == "nvr"] == ["library", "gym", "bicycles"]
    assert all(one["recorded"] for one in written["camera"] if one["device"] == "nvr")
    cameras = CAMERAS + ISAPI_CAMERAS
    assert len({one.place for one in cameras}) == len(cameras), "two ids show one picture"
