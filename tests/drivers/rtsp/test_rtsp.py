"""One keyframe over RTSP: against packets that ffmpeg made, decoded by ffmpeg again, and against servers gone wrong."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from devices import NOW, PASSWORD, USER, HttpDevice, clock, device
from hypothesis import given
from hypothesis import strategies as st
from patience import LATE_S, PATIENCE_S
from rtsp_device import RtspAsked, RtspDevice, clip, decoded_frames, description, rtsp, with_time

from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.errors import (
    Busy,
    DeadlineExceeded,
    DeviceFault,
    DriverError,
    Malformed,
    NoPassword,
    NotTried,
    Refused,
    Unreachable,
    Unsupported,
)
from drivers.http.transport import Transport, open_transport
from drivers.rtsp.keyframe import Fetched, fetch_keyframe
from drivers.rtsp.sdp import parse_sdp
from drivers.rtsp.session import Stagger

DEADLINE_S = 0.6
KINDS = ["h264", "h265"]
RECORDED = datetime(2026, 10, 20, 7, 30, 0, 250_000, tzinfo=UTC)


@contextmanager
def transport_to(port: int, deadline_s: float = PATIENCE_S, password: str | None = PASSWORD) -> Iterator[Transport]:
    with open_transport(device(port, password), deadline_s, Credentials(None), clock) as transport:
        yield transport


def fetch(served: RtspDevice, at: datetime | None = None, deadline_s: float = PATIENCE_S) -> Fetched:
    with transport_to(served.port, deadline_s) as transport:
        return fetch_keyframe(transport, served.url(), at)


@pytest.mark.parametrize("in_band", [True, False], ids=["parameter sets in band", "parameter sets in the description"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_keyframe_is_fetched_and_decodes(kind: str, in_band: bool) -> None:
    with RtspDevice(clip(kind, in_band)) as served:
        fetched = fetch(served)
        assert fetched.error is None and fetched.keyframe is not None
        assert fetched.keyframe.kind == kind
        assert fetched.keyframe.taken_at == NOW
        assert fetched.anonymous is True
        assert served.torn_down.wait(PATIENCE_S)
    assert decoded_frames(fetched.keyframe.data, kind) == 1
    assert served.methods() == ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert all("range" not in asked.headers and "require" not in asked.headers for asked in served.asked)
    assert not any("authorization" in asked.headers for asked in served.asked)


def test_streams_of_many_devices_are_opened_one_after_the_other() -> None:
    apart_s, count = 0.02, 6
    stagger = Stagger(apart_s)
    deadline = Deadline(10)
    begun = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        ends = list(pool.map(lambda _: (stagger.wait(deadline), time.monotonic())[1], range(count)))
    assert max(ends) - begun >= (count - 1) * apart_s


def test_a_device_whose_time_ends_before_its_turn_is_not_opened() -> None:
    stagger = Stagger(10 * LATE_S)
    stagger.wait(Deadline(10))
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        stagger.wait(Deadline(0.05))
    assert time.monotonic() - begun < 0.05 + LATE_S


def test_basic_goes_out_only_where_the_configuration_allows_it() -> None:
    def described(asked: RtspAsked) -> bytes:
        if (
            asked.headers.get("authorization", "")
            == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        ):
            return rtsp(200, asked, description(clip("h264")), "Content-Type: application/sdp")
        return rtsp(401, asked, "", 'WWW-Authenticate: Basic realm="cam"')

    with RtspDevice(clip("h264"), answers={"DESCRIBE": described}) as served:
        for allowed in (False, True):
            box = replace(device(served.port), allow_basic=allowed)
            with open_transport(box, 10.0, Credentials(None), clock) as transport:
                fetched = fetch_keyframe(transport, served.url())
            assert (fetched.keyframe is not None) is allowed
            assert allowed or isinstance(fetched.error, NotTried)
            assert any("authorization" in asked.headers for asked in served.asked) is allowed


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_is_played_from_a_moment_and_tells_its_own_time(kind: str) -> None:
    whole = clip(kind)
    packets = [with_time(data, RECORDED) for data in whole.packets]
    with RtspDevice(whole, packets=packets) as served:
        fetched = fetch(served, at=datetime(2026, 10, 20, 15, 30, 0, 5000, tzinfo=UTC))
    assert fetched.keyframe is not None, fetched.error
    assert abs(fetched.keyframe.taken_at - RECORDED) < timedelta(milliseconds=1)
    assert decoded_frames(fetched.keyframe.data, kind) == 1
    by_method = {asked.method: asked.headers for asked in served.asked}
    assert by_method["PLAY"]["range"] == "clock=20261020T153000.005Z-"
    assert by_method["PLAY"]["rate-control"] == "no"
    assert by_method["PLAY"]["require"] == by_method["SETUP"]["require"] == "onvif-replay"


def test_a_recording_without_its_time_is_no_proof() -> None:
    with RtspDevice(clip("h264")) as served:
        fetched = fetch(served, at=RECORDED)
    assert isinstance(fetched.error, Malformed) and fetched.keyframe is None


def test_a_login_is_given_only_after_a_challenge() -> None:
    with RtspDevice(clip("h264"), login=True) as served:
        fetched = fetch(served)
        assert fetched.keyframe is not None, fetched.error
        assert fetched.anonymous is False
    assert served.methods()[:4] == ["DESCRIBE", "DESCRIBE", "SETUP", "PLAY"]
    assert "authorization" not in served.asked[0].headers
    assert served.refused == 0


def test_a_wrong_password_makes_one_refused_login_whatever_is_asked_next() -> None:
    with RtspDevice(clip("h264"), login=True) as served, transport_to(served.port, password="wrong") as transport:
        first = fetch_keyframe(transport, served.url())
        second = fetch_keyframe(transport, served.url("/sub"))
    assert isinstance(first.error, Refused) and isinstance(second.error, NotTried)
    assert first.anonymous is False and second.anonymous is False
    assert served.refused == 1


def test_a_login_without_a_password_is_not_sent_over_rtsp() -> None:
    with RtspDevice(clip("h264"), login=True) as served, transport_to(served.port, password="") as transport:
        assert isinstance(fetch_keyframe(transport, served.url()).error, NoPassword)
    assert served.refused == 0
    assert not any("authorization" in asked.headers for asked in served.asked)


def test_a_login_that_http_found_wrong_is_not_tried_over_rtsp() -> None:
    with RtspDevice(clip("h264"), login=True) as served, transport_to(served.port) as transport:
        transport.credentials.refused(transport.device, NOW)
        assert isinstance(fetch_keyframe(transport, served.url()).error, NotTried)
    assert served.refused == 0


def test_a_login_asked_for_at_setup_means_that_the_stream_is_not_open() -> None:
    challenge = 'WWW-Authenticate: Digest realm="cam", nonce="abc"'

    def setup(asked: RtspAsked) -> bytes:
        if "authorization" not in asked.headers:
            return rtsp(401, asked, "", challenge)
        return rtsp(200, asked, "", "Transport: RTP/AVP/TCP;interleaved=0-1", "Session: 77")

    with RtspDevice(clip("h264"), answers={"SETUP": setup}) as served:
        fetched = fetch(served)
    assert fetched.keyframe is not None and fetched.anonymous is False


@pytest.mark.parametrize(
    ("base", "control", "setup", "play"),
    [
        (None, "trackID=1", "/live/trackID=1", "/live"),
        ("rtsp://192.168.1.64:554/live/", "trackID=1", "/live/trackID=1", "/live/"),
        ("rtsp://evil.example/x/", "rtsp://10.0.0.9:8554/media/video?a=1", "/media/video?a=1", "/x/"),
        (None, "*", "/live", "/live"),
    ],
)
def test_every_address_stays_on_the_configured_host(base: str | None, control: str, setup: str, play: str) -> None:
    whole = clip("h264")
    with RtspDevice(whole, content_base=base, sdp=description(whole, control)) as served:
        assert fetch(served).error is None
        urls = {asked.method: asked.url for asked in served.asked}
        assert urls["SETUP"] == served.url(setup)
        assert urls["PLAY"] == served.url(play)


def test_the_channels_that_the_server_chose_are_taken() -> None:
    with RtspDevice(clip("h264"), channel=4) as served:
        assert fetch(served).keyframe is not None


def test_an_address_with_a_login_in_it_is_used_without() -> None:
    with RtspDevice(clip("h264")) as served, transport_to(served.port) as transport:
        fetched = fetch_keyframe(transport, f"rtsp://root:hunter2@192.168.1.64:{served.port}/live")
        assert fetched.error is None
        assert not any("hunter2" in repr(asked) for asked in served.asked)


def _status(status: int, body: str = "", *headers: str) -> Callable[[RtspAsked], bytes]:
    return lambda asked: rtsp(status, asked, body, *headers)


@pytest.mark.parametrize(
    ("method", "answer", "expected"),
    [
        ("DESCRIBE", _status(404), DeviceFault),
        ("DESCRIBE", _status(403, "online user amount has reached the threshold"), Busy),
        ("DESCRIBE", _status(403), DeviceFault),
        ("DESCRIBE", _status(453), Busy),
        ("DESCRIBE", _status(302, "", "Location: rtsp://evil.example/"), Malformed),
        ("DESCRIBE", _status(401), NotTried),
        ("DESCRIBE", _status(401, "", 'WWW-Authenticate: Basic realm="x"'), NotTried),
        ("DESCRIBE", _status(200, "<html>login</html>"), Malformed),
        ("DESCRIBE", _status(200, "v=0\r\nm=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\n"), Unsupported),
        ("DESCRIBE", _status(200, "v=0\r\nm=\r\nm=audio 0 RTP/AVP 0\r\n"), Unsupported),
        ("DESCRIBE", lambda asked: b"HTTP/1.1 200 OK\r\n\r\n", Malformed),
        ("DESCRIBE", lambda asked: b"x" * 200_000, Malformed),
        ("DESCRIBE", lambda asked: b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", Malformed),
        ("DESCRIBE", lambda asked: b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", Malformed),
        ("DESCRIBE", lambda asked: b"\r\n" * 50_000 + rtsp(404, asked), DeviceFault),
        ("SETUP", _status(461), Unsupported),
        ("SETUP", _status(200), Malformed),
        ("PLAY", _status(551), Unsupported),
        ("PLAY", _status(457), DeviceFault),
    ],
)
def test_what_a_server_answers_names_the_error(
    method: str, answer: Callable[[RtspAsked], bytes], expected: type[DriverError]
) -> None:
    with RtspDevice(clip("h264"), answers={method: answer}) as served:
        fetched = fetch(served)
    assert type(fetched.error) is expected, fetched.error
    assert fetched.keyframe is None


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY"])
def test_silence_at_any_step_costs_no_more_than_the_deadline(method: str) -> None:
    deadline_s = DEADLINE_S if method == "DESCRIBE" else 3.0  # what comes before is answered within it
    with RtspDevice(clip("h264"), answers={method: lambda asked: None}) as served:
        begun = time.monotonic()
        fetched = fetch(served, deadline_s=deadline_s)
        assert time.monotonic() - begun < deadline_s + LATE_S
    assert isinstance(fetched.error, DeadlineExceeded)
    assert fetched.anonymous is (None if method == "DESCRIBE" else True)


@pytest.mark.parametrize("what", [b"RTSP/1.0 200 OK\r\n", b"$\0\1\0x", b"\r\n"], ids=["head", "packets", "empty lines"])
def test_dripping_costs_no_more_than_the_deadline(what: bytes) -> None:
    """The scripted HTTP device never reads RTSP's second line as its own: it answers the first and drips."""
    with HttpDevice(lambda asked: served.drip(what)) as served, transport_to(served.port, DEADLINE_S) as transport:
        begun = time.monotonic()
        fetched = fetch_keyframe(transport, f"rtsp://127.0.0.1:{served.port}/live")
        assert time.monotonic() - begun < DEADLINE_S + LATE_S
    assert isinstance(fetched.error, DeadlineExceeded)


def test_a_stream_without_a_keyframe_ends_with_the_deadline() -> None:
    whole = clip("h264")
    first_end = next(number for number, data in enumerate(whole.packets) if data[1] & 0x80)
    packets = whole.packets[first_end + 1 : len(whole.packets) // 2 - 1]
    with RtspDevice(whole, packets=packets) as served:
        fetched = fetch(served, deadline_s=DEADLINE_S)
    assert isinstance(fetched.error, DeadlineExceeded)


def test_a_stream_that_ends_early_is_told_as_that() -> None:
    with RtspDevice(clip("h264"), packets=clip("h264").packets[:3], once=True) as served:
        fetched = fetch(served)
    assert isinstance(fetched.error, Unreachable)


def test_a_closed_port_is_unreachable() -> None:
    with RtspDevice(clip("h264")) as served:
        pass
    fetched = fetch(served)
    assert isinstance(fetched.error, Unreachable) and fetched.anonymous is None


def test_a_request_of_the_server_is_passed_over() -> None:
    def setup(asked: RtspAsked) -> bytes:
        announce = b"SET_PARAMETER rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nabc"
        return announce + rtsp(200, asked, "", "Transport: RTP/AVP/TCP;interleaved=0-1", "Session: 77")

    with RtspDevice(clip("h264"), answers={"SETUP": setup}) as served:
        assert fetch(served).keyframe is not None


def test_other_schemes_are_unsupported() -> None:
    with transport_to(9) as transport:
        assert isinstance(fetch_keyframe(transport, "rtsps://127.0.0.1:9/live").error, Unsupported)
        assert isinstance(fetch_keyframe(transport, "http://127.0.0.1:9/live").error, Unsupported)
        assert isinstance(fetch_keyframe(transport, 'rtsp://127.0.0.1:9/a"b').error, Malformed)
        assert isinstance(fetch_keyframe(transport, "rtsp://127.0.0.1:9/a\r\nX: y").error, Malformed)


@pytest.mark.parametrize("kind", KINDS)
def test_parameter_sets_are_read_from_the_description(kind: str) -> None:
    sdp = description(clip(kind, False))
    video = parse_sdp(sdp.encode())
    words = re.findall(r"sprop-[a-z-]+=([^;]+)", clip(kind, False).fmtp)
    told = [base64.b64decode(text) for text in ",".join(words).split(",")]
    assert list(video.parameter_sets) == told and len(told) == {"h264": 2, "h265": 3}[kind]
    assert (video.kind, video.payload_type, video.control) == (kind, 96, "trackID=1")


@pytest.mark.parametrize(
    ("lines", "sound"),
    [
        ((), ()),
        (("m=audio 0 RTP/AVP 8",), ("PCMA",)),
        (("m=audio 0 RTP/AVP 97", "a=rtpmap:97 mpeg4-generic/16000"), ("MPEG4-GENERIC",)),
        (("m=audio 0 RTP/AVP 97",), ("unnamed",)),
        (("m=audio 0 RTP/AVP 97", "a=rtpmap:97 \u202eevil</8000"), ("unnamed",)),
        (("m=audio 0 RTP/AVP 0", "a=sendonly"), ()),
        (("m=audio 0 RTP/AVP 0", "a=inactive"), ()),
        (("m=audio 0 RTP/AVP 0", "a=sendonly", "m=audio 0 RTP/AVP 8", "a=recvonly"), ("PCMA",)),
        (("m=application 0 RTP/AVP 107", "a=rtpmap:107 vnd.onvif.metadata/90000"), ()),
    ],
)
def test_sound_is_read_from_the_description_but_for_what_the_device_only_plays(
    lines: tuple[str, ...], sound: tuple[str, ...]
) -> None:
    whole = description(clip("h264")).strip().splitlines()
    video = next(number for number, line in enumerate(whole) if line.startswith("m=video"))
    text = "v=0\r\n" + "\r\n".join(whole[video:]) + "".join(f"\r\n{line}" for line in lines) + "\r\n"
    assert parse_sdp(text.encode()).sound == sound


@given(st.binary(max_size=400))
def test_any_bytes_as_a_description_give_an_error_of_ours(data: bytes) -> None:
    for text in (data, b"v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=" + data):
        try:
            parse_sdp(text)
        except DriverError:
            continue
