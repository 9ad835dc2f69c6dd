"""The simulated streams are real: ffmpeg decodes each, a wrong password opens none, replay follows ONVIF's rules."""

from __future__ import annotations

import base64
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice, pairwise

import numpy as np
import pytest
from demo_clock import SetClock
from patience import PATIENCE_S
from rtsp_talk import Talk, units

from agent.demo.rtsp.clips import MIXTURE, MIXTURES, load, recorded
from agent.demo.rtsp.playing import GOP_S
from agent.demo.scene.scene import SIZES_PX, picture
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES, DemoCamera
from drivers.picture import PathName

DECODE = ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-analyzeduration", "500000"]
STREAMING = [camera for camera in CAMERAS if camera.device not in ("stairs", "kiosk")]
CLEAN_POINT, END, TERMINAL = 0x80, 0x40, 0x10


@pytest.fixture(scope="module")
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def site(clock: SetClock) -> Iterator[SimulatedSite]:
    with SimulatedSite(clock) as running:
        yield running


def url(site: SimulatedSite, device: str, path: str, login: tuple[str, str] | None = None) -> str:
    user = f"{login[0]}:{login[1]}@" if login else ""
    return f"rtsp://{user}127.0.0.1:{site.devices[device].rtsp_port}{path}"


def decode(address: str, frames: int, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [*DECODE, *options, "-i", address, "-frames:v", str(frames), "-f", "rawvideo", "-pix_fmt", "bgr24", "-"]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)


@pytest.mark.parametrize("path", ["main", "sub"])
def test_ffmpeg_decodes_every_stream_and_sees_what_the_camera_shows(site: SimulatedSite, path: PathName) -> None:
    """More pictures than a clip has, so that the loop is decoded too; the first is compared with the rendered scene."""
    width, height = SIZES_PX[path]

    def watch(camera: DemoCamera) -> None:
        target = f"/live/{camera.channel}/{path}?transportmode=unicast"
        address = url(site, camera.device, target, site.login(camera.device))
        done = decode(address, 10)
        assert (done.returncode, done.stderr) == (0, b""), camera.id
        frames = np.frombuffer(done.stdout, np.uint8).reshape(10, height, width, 3)
        rendered = picture(camera, path, SetClock().at, dated=False)
        assert np.abs(frames[0].astype(int) - rendered.astype(int)).mean() < 8, camera.id
        assert (frames[0] != frames[7]).any(), camera.id

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(watch, STREAMING))
    assert set(site.failed_logins.values()) == {0}


def test_a_wrong_password_opens_no_stream_and_is_counted(site: SimulatedSite) -> None:
    devices = [device.id for device in DEVICES if device.behaviour == "onvif"]
    for device in devices:
        done = decode(url(site, device, "/live/1/main", ("admin", "wrong")), 1)
        assert b"401 Unauthorized" in done.stderr
    assert [site.failed_logins[device] for device in devices] == [1] * len(devices)


def test_without_a_login_nothing_but_options_is_answered(site: SimulatedSite) -> None:
    address = url(site, "recorder", "/live/1/main")
    with Talk(site.devices["recorder"].rtsp_port, None) as talk:
        assert "DESCRIBE" in talk.ask("OPTIONS", address).headers["public"]
        for method in ("DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"):
            response = talk.ask(method, address)
            assert response.status == 401
            assert response.headers["www-authenticate"].startswith("Digest ")
    assert site.failed_logins["recorder"] == 0


def start(talk: Talk, address: str, **play: str) -> int:
    """DESCRIBE, SETUP and PLAY; returns the status of PLAY."""
    described = talk.ask("DESCRIBE", address)
    assert described.status == 200
    setup = talk.ask(
        "SETUP", described.headers["content-base"] + "trackID=1", Transport="RTP/AVP/TCP;unicast;interleaved=4-5"
    )
    assert setup.status == 200
    assert "interleaved=4-5" in setup.headers["transport"]
    session = setup.headers["session"].partition(";")[0]
    return talk.ask("PLAY", described.headers["content-base"], Session=session, **play).status


def opened(site: SimulatedSite, device: str = "recorder") -> Talk:
    return Talk(site.devices[device].rtsp_port, site.login(device))


def test_a_live_stream_starts_with_the_idr_and_numbers_its_packets(site: SimulatedSite) -> None:
    with opened(site) as talk:
        assert start(talk, url(site, "recorder", "/live/1/main")) == 200
        pictures = list(islice(talk.pictures(), 9))
    clip = load("gate-main.h264")
    assert units(pictures[0]) == [clip.sps, clip.pps, *clip.pictures[0]]
    assert [(units(shown)[-1],) for shown in pictures[1:8]] == list(clip.pictures[1:])
    assert clip.clean_points == (0, 4)
    assert [len(units(shown)) for shown in pictures[1:8]] == [1, 1, 1, 3, 1, 1, 1]
    assert units(pictures[8]) == units(pictures[0])
    packets = [packet for shown in pictures for packet in shown]
    assert {(later.sequence - packet.sequence) % 65536 for packet, later in pairwise(packets)} == {1}
    assert all(packet.timestamp == index * 9000 for index, shown in enumerate(pictures) for packet in shown)
    assert len(pictures[0]) > 10
    assert max(len(packet.payload) for packet in packets) <= 1400


def test_a_live_stream_begins_with_another_moment_a_little_later_and_none_was_ever_recorded(
    site: SimulatedSite, clock: SetClock
) -> None:
    """Two pictures of one moment mean something to the agent: honest streams have none, but for the newest one."""
    begun = []
    for _ in range(2):
        with opened(site) as talk:
            assert start(talk, url(site, "recorder", "/live/1/main")) == 200
            begun.append(tuple(units(next(talk.pictures()))[2:]))
        clock.advance(seconds=GOP_S)
    clock.advance(seconds=-2 * GOP_S)
    clip = load("gate-main.h264")
    assert begun == [clip.pictures[point] for point in clip.clean_points]
    assert not set(begun) & set(load("gate-playback.h264").pictures)


def test_a_sub_stream_gives_its_parameter_sets_in_the_sdp_only(site: SimulatedSite) -> None:
    address = url(site, "recorder", "/live/2/sub")
    with opened(site) as talk:
        sdp = talk.ask("DESCRIBE", address).body
        assert start(talk, address) == 200
        first = next(talk.pictures())
    clip = load("corridor-sub.h264")
    assert units(first) == list(clip.pictures[0])
    sprop = sdp.partition("sprop-parameter-sets=")[2].split()[0]
    assert [base64.b64decode(part) for part in sprop.split(",")] == [clip.sps, clip.pps]


def test_a_fault_shows_in_the_running_stream(site: SimulatedSite) -> None:
    with opened(site) as talk:
        assert start(talk, url(site, "recorder", "/live/1/main")) == 200
        pictures = talk.pictures()
        assert units(next(pictures))[-1] == load("gate-main.h264").pictures[0][0]
        site.change("gate", "mask-removed")
        assert any(units(shown)[-1] == load("gate-bare-main.h264").pictures[0][0] for shown in islice(pictures, 9))
        site.change("gate", "dark")
        assert any(units(shown)[-1] == load("dark-main.h264").pictures[0][0] for shown in islice(pictures, 9))


# Replay


NOW = SetClock().at
GAP_START = datetime(2026, 11, 21, 8, tzinfo=NOW.tzinfo)
GAP_END = datetime(2026, 11, 21, 14, tzinfo=NOW.tzinfo)


def text(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S.%fZ")


def replay(site: SimulatedSite, token: str, talk: Talk, start_at: datetime, **headers: str) -> int:
    headers = {"Require": "onvif-replay", "Range": f"clock={text(start_at)}-", **headers}
    return start(talk, url(site, "recorder", f"/replay/{token}"), **headers)


def test_replay_starts_at_the_clean_point_at_or_before_the_moment(site: SimulatedSite) -> None:
    wanted = NOW - timedelta(days=10)
    with opened(site) as talk:
        assert replay(site, "rec-1-1", talk, wanted + timedelta(seconds=0.5)) == 200
        pictures = list(islice(talk.pictures(), 9))
        play_cseq = talk.cseq
    first = pictures[0][0]
    assert first.recorded_at is not None
    assert timedelta(0) <= wanted + timedelta(seconds=0.5) - first.recorded_at < timedelta(seconds=0.8)
    assert (first.flags, first.cseq) == (CLEAN_POINT, play_cseq)
    assert tuple(units(pictures[0])[2:]) == recorded("gate", first.recorded_at).pictures[0]
    times = [shown[0].recorded_at for shown in pictures]
    for index, at in enumerate(times):
        assert at is not None
        assert abs(at - first.recorded_at - timedelta(seconds=0.1) * index) < timedelta(milliseconds=1)
    assert all(packet.recorded_at is None for shown in pictures for packet in shown[1:])
    assert [bool(shown[0].flags & CLEAN_POINT) for shown in pictures] == [True, *[False] * 7, True]


def test_each_half_hour_of_footage_has_a_picture_of_its_own_and_shows_it_again(site: SimulatedSite) -> None:
    """Moments of several days that are one picture mean something to the agent: an honest recorder has none."""
    shown = []
    for ago in (timedelta(days=30), timedelta(days=9), timedelta(minutes=40), timedelta(days=9)):
        with opened(site) as talk:
            assert replay(site, "rec-1-1", talk, NOW - ago) == 200
            shown.append(tuple(units(next(talk.pictures()))[2:]))
    assert shown[1] == shown[3] and len(set(shown)) == 3
    begin = NOW - timedelta(days=85)
    pictures = [recorded("gym", begin + number * MIXTURE).pictures[0] for number in range(MIXTURES)]
    first, *others = pictures
    assert len(set(pictures)) == MIXTURES and {len(one) for one in pictures} == {23}
    assert min(sum(a != b for a, b in zip(first, one, strict=True)) for one in others) == 7


@pytest.mark.parametrize(
    ("token", "wanted", "status", "starts_at"),
    [
        ("rec-1-1", NOW - timedelta(days=40), 200, NOW - timedelta(days=35)),
        ("rec-1-1", NOW, 457, None),
        ("rec-1-1", NOW + timedelta(days=1), 457, None),
        ("rec-5-1", NOW - timedelta(days=30), 200, NOW - timedelta(days=21)),
        ("rec-6-1", GAP_START + timedelta(hours=1), 457, None),
        ("rec-6-2", GAP_START + timedelta(hours=1), 200, GAP_END),
    ],
)
def test_a_moment_outside_the_footage_starts_at_what_follows_or_is_refused(
    site: SimulatedSite, token: str, wanted: datetime, status: int, starts_at: datetime | None
) -> None:
    with opened(site) as talk:
        assert replay(site, token, talk, wanted) == status
        if starts_at is not None:
            at = next(talk.packets()).recorded_at
            assert at is not None
            assert abs(at - starts_at) < timedelta(milliseconds=1)


def test_replay_without_rate_control_ends_with_the_footage(site: SimulatedSite) -> None:
    with opened(site) as talk:
        assert replay(site, "rec-6-1", talk, GAP_START - timedelta(seconds=30), Rate_Control="no") == 200
        flags = []
        for shown in talk.pictures():
            flags.append(shown[0].flags)
            if flags[-1] & TERMINAL:
                break
        assert talk.silent(0.2)
    assert 300 <= len(flags) <= 308
    assert flags[-1] & (END | TERMINAL) == END | TERMINAL
    assert not any(flag & END for flag in flags[:-1])


def test_replay_of_a_closed_range_and_of_intra_pictures_only(site: SimulatedSite) -> None:
    start_at = NOW - timedelta(days=1)
    with opened(site) as talk:
        headers = {"Range": f"clock={text(start_at)}-{text(start_at + timedelta(seconds=7.5))}", "Rate_Control": "no"}
        assert replay(site, "rec-1-1", talk, start_at, Frames="intra", **headers) == 200
        pictures = []
        for shown in talk.pictures():
            pictures.append(shown)
            if len(pictures) == 10:
                break
        assert talk.silent(0.2)
    assert all(shown[0].flags == CLEAN_POINT for shown in pictures)


def test_a_fault_shows_only_in_footage_from_then_on(site: SimulatedSite, clock: SetClock) -> None:
    site.change("gate", "mask-removed")
    clock.advance(minutes=10)
    try:
        for ago, stem in ((5, "gate-bare"), (20, "gate")):
            with opened(site) as talk:
                at = clock.at - timedelta(minutes=ago)
                assert replay(site, "rec-1-1", talk, at) == 200
                assert tuple(units(next(talk.pictures()))[2:]) == recorded(stem, at).pictures[0]
    finally:
        clock.advance(minutes=-10)


def test_ffmpeg_plays_a_recording(site: SimulatedSite) -> None:
    done = decode(url(site, "recorder", "/replay/rec-5-1", site.login("recorder")), 10)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout) == 10 * 640 * 360 * 3


# What is refused


def test_requests_out_of_order_or_for_nothing_get_their_status(site: SimulatedSite) -> None:
    address = url(site, "recorder", "/live/1/main")
    with opened(site) as talk:
        assert talk.ask("DESCRIBE", url(site, "recorder", "/live/9/main")).status == 404
        assert talk.ask("DESCRIBE", url(site, "recorder", "/replay/rec-9-1")).status == 404
        assert talk.ask("PLAY", address).status == 455
        assert talk.ask("SETUP", address, Transport="RTP/AVP;unicast;client_port=5000-5001").status == 461
        assert talk.ask("SETUP", address, Require="funny-stuff", Transport="RTP/AVP/TCP").status == 551
        assert talk.ask("RECORD", address).status == 501
        session = talk.ask("SETUP", address, Transport="RTP/AVP/TCP;unicast").headers["session"]
        assert talk.ask("PLAY", address, Session="else").status == 454
        assert talk.ask("PLAY", address, Session=session).status == 200
        assert talk.ask("GET_PARAMETER", address, Session=session).status == 200
        assert talk.ask("PAUSE", address, Session=session).status == 200
        assert talk.ask("TEARDOWN", address, Session=session).status == 200
    with opened(site, "annex") as talk:
        assert talk.ask("DESCRIBE", url(site, "annex", "/replay/rec-1-1")).status == 404


def test_an_unreadable_range_is_refused(site: SimulatedSite) -> None:
    for value in ("clock=yesterday-", "clock=20261301T000000Z-", "clock=20261120T000000Z-20261119T000000Z"):
        with opened(site) as talk:
            assert replay(site, "rec-1-1", talk, NOW, Range=value) == 457


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
        b"PLAY rtsp://x RTSP/1.0\r\nno colon\r\n\r\n",
        b"PLAY rtsp://x RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"a" * 20_000,
    ],
)
def test_what_is_no_rtsp_closes_the_connection_and_the_device_lives_on(site: SimulatedSite, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.devices["lobby"].rtsp_port), timeout=PATIENCE_S) as connection:
        connection.sendall(data)
        received = b""
        while part := connection.recv(4096):
            received += part
    assert received.startswith(b"RTSP/1.0 400 ")
    with opened(site, "lobby") as talk:
        assert talk.ask("DESCRIBE", url(site, "lobby", "/live/1/main")).status == 200


def test_requests_in_pieces_and_rtcp_in_between_are_understood(site: SimulatedSite) -> None:
    with socket.create_connection(("127.0.0.1", site.devices["lobby"].rtsp_port), timeout=PATIENCE_S) as connection:
        for part in (b"$\x01\x00\x04abcdOPTIONS rtsp://x/ RT", b"SP/1.0\r\nCSeq: 7\r\n", b"\r\n"):
            connection.sendall(part)
        assert b"CSeq: 7" in connection.recv(4096)
