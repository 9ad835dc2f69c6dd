"""A sample of a live stream over real sockets: what it costs the device, and when it is none."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator

import pytest
from devices import PASSWORD, clock, device
from measured_clips import made
from patience import LATE_S, PATIENCE_S
from rtsp_device import Clip, RtspAsked, RtspDevice, clip, rtsp

from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Unavailable
from drivers.picture import Stream, StreamSample
from drivers.rtsp import sample as rtsp_sample
from drivers.rtsp.sample import sample_stream


def sampled(
    served: RtspDevice,
    *paths: str,
    seconds: float = 2.0,
    deadline_s: float = PATIENCE_S,
    password: str = PASSWORD,
    states: Credentials | None = None,
    mono: Iterator[float] | None = None,
) -> list[StreamSample | Unavailable]:
    streams = [Stream(path, served.url(f"/{path}")) for path in paths or ("main",)]  # type: ignore[arg-type]
    with open_transport(device(served.port, password), deadline_s, states or Credentials(None), clock) as transport:
        clocks = {} if mono is None else {"now_mono": lambda: next(mono)}
        return [sample_stream(transport, stream, seconds, **clocks) for stream in streams]


@pytest.mark.parametrize("kind", ["h264", "h265"])
def test_a_live_stream_is_measured_and_given_back(kind: str) -> None:
    with RtspDevice(clip(kind)) as served:
        (sample,) = sampled(served)
        assert served.torn_down.wait(PATIENCE_S)
    assert isinstance(sample, StreamSample)
    assert (sample.path, sample.codec, sample.width_px, sample.height_px) == ("main", kind.upper(), 320, 192)
    assert sample.fps == pytest.approx(25.0) and sample.seconds >= 2.0 and sample.packets_lost == 0
    assert sample.keyframe_interval_s == pytest.approx(0.24)
    assert served.methods() == ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]


def test_jpeg_streams_are_measured_too() -> None:
    jpeg = made("mjpeg", "320x240", "10", 3.0)
    said = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n"
    with RtspDevice(Clip("mjpeg", jpeg.sdp, jpeg.packets), sdp=said, once=True) as served:
        (sample,) = sampled(served)
    assert isinstance(sample, StreamSample)
    assert (sample.codec, sample.width_px, sample.height_px, sample.fps) == ("JPEG", 320, 240, pytest.approx(10.0))


def test_streams_of_one_device_are_sampled_in_turn() -> None:
    """Each session is given back before the next one begins."""
    with RtspDevice(clip("h264"), login=True) as served:
        main, sub = sampled(served, "main", "sub", seconds=1.0)
        assert served.refused == 0
    assert isinstance(main, StreamSample) and isinstance(sub, StreamSample)
    assert (main.path, sub.path) == ("main", "sub")
    one = ["DESCRIBE", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert served.methods() == [*one, *one], "each session draws one challenge"


def test_a_refused_login_is_sent_once_for_all_streams() -> None:
    with RtspDevice(clip("h264"), login=True) as served:
        states = Credentials(None)
        first, second = sampled(served, "main", "sub", password="wrong", states=states)
        assert served.refused == 1
    assert isinstance(first, Unavailable) and isinstance(second, Unavailable)
    assert (first.fact, first.reason, first.path) == ("stream-sample", "refused", "main")
    assert (second.reason, second.path) == ("not-tried", "sub")


class SilentAtFirst:
    """The packets of a stream whose first session gets none."""

    def __init__(self, packets: tuple[bytes, ...]) -> None:
        self._sessions = itertools.chain([()], itertools.repeat(packets))

    def __iter__(self) -> Iterator[bytes]:
        return iter(next(self._sessions))


def test_a_stream_that_stands_still_is_none_and_the_next_one_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp_sample, "LATE_S", 1.5)
    with RtspDevice(clip("h264"), packets=SilentAtFirst(clip("h264").packets)) as served:
        first, second = sampled(served, "main", "sub", seconds=0.5)
    assert isinstance(first, Unavailable) and first.reason == "deadline"
    assert re.search(r"^0\.0 s of video came in \d\.\d s, wanted were 0\.5 s", first.detail), first.detail
    assert isinstance(second, StreamSample), second
    assert served.methods().count("TEARDOWN") == 2, "the slot of the silent one is given back as well"


def test_all_streams_together_end_with_the_devices_time() -> None:
    with RtspDevice(clip("h264"), packets=()) as served:
        begun = time.monotonic()
        found = sampled(served, "main", "sub", seconds=30.0, deadline_s=0.8)
        assert time.monotonic() - begun < 0.8 + LATE_S
    assert [one.reason for one in found if isinstance(one, Unavailable)] == ["deadline", "deadline"]


def test_a_stream_that_ends_early_is_none() -> None:
    with RtspDevice(clip("h264"), once=True) as served:
        (ended,) = sampled(served)
    assert isinstance(ended, Unavailable) and ended.reason == "unreachable"
    assert "0.4 s of video came" in ended.detail


def test_a_stream_whose_time_runs_away_is_no_measurement() -> None:
    """Twelve seconds of video in no time at all: its time is not ours, and its rate would be a guess."""
    with RtspDevice(clip("h264")) as served:
        (fast,) = sampled(served, seconds=12.0, mono=iter([100.0, 101.0]))
        (live,) = sampled(served, seconds=12.0, mono=iter([100.0, 108.0]))
    assert isinstance(fast, Unavailable) and fast.reason == "malformed"
    assert "ran 12.0 s in 1.0 s" in fast.detail
    assert isinstance(live, StreamSample), "what a recorder holds since the last keyframe may come at once"


def test_more_bytes_than_any_camera_sends_end_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp_sample, "_MAX_BYTES_PER_S", 10_000)
    with RtspDevice(clip("h264")) as served:
        (flood,) = sampled(served)
    assert isinstance(flood, Unavailable) and flood.reason == "malformed" and "bytes" in flood.detail


def test_a_device_that_is_busy_or_has_no_such_stream_says_why() -> None:
    def full(asked: RtspAsked) -> bytes:
        return rtsp(453, asked)

    with RtspDevice(clip("h264"), answers={"PLAY": full}) as served:
        (busy,) = sampled(served)
    assert isinstance(busy, Unavailable) and busy.reason == "busy"
    with RtspDevice(clip("h264"), sdp="v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n") as served:
        (other,) = sampled(served)
    assert isinstance(other, Unavailable) and other.reason == "unsupported" and "VP8" in other.detail


def test_packets_instead_of_an_answer_are_not_collected_without_end() -> None:
    flood = b"".join(b"$\0" + len(body).to_bytes(2, "big") + body for body in [bytes(60_000)] * 200)

    def flooding(asked: RtspAsked) -> bytes:
        return flood

    with RtspDevice(clip("h264"), answers={"PLAY": flooding}) as served:
        (early,) = sampled(served)
    assert isinstance(early, Unavailable)
    assert early.reason == "malformed" and "packets instead of an answer" in early.detail
