"""GStreamer's RTSP server (Debian), a peer that nobody here wrote: Digest, H.264 and H.265, ONVIF replay, four faults.

One server for the module; ffmpeg decodes what comes out.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from devices import NOW, clock
from patience import PATIENCE_S

from drivers.credentials import Credentials
from drivers.errors import DeadlineExceeded, NotTried, Refused
from drivers.http.transport import open_transport
from drivers.model import Credential, Device, Unavailable
from drivers.picture import Stream, StreamSample
from drivers.rtsp.keyframe import Fetched, fetch_keyframe
from drivers.rtsp.sample import sample_stream

SCRIPT = Path(__file__).parents[1] / "peers" / "gstreamer_server.py"
PYTHON = "/usr/bin/python3"
PACKAGES = (
    "gir1.2-gst-rtsp-server-1.0 python3-gi "
    "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
)
USER, PASSWORD = "admin", "peer-Pa55"
WIDTH_PX, HEIGHT_PX = 320, 192
STARTS_WITHIN_S = 30.0
DEADLINE_S = PATIENCE_S
SLACK_S = 0.25


@dataclass
class Peer:
    """The running server."""

    process: subprocess.Popen[bytes]
    port: int

    def fetch(
        self,
        path: str,
        at: datetime | None = None,
        password: str = PASSWORD,
        deadline_s: float = DEADLINE_S,
        states: Credentials | None = None,
    ) -> Fetched:
        with open_transport(_box(password), deadline_s, states or Credentials(None), clock) as transport:
            return fetch_keyframe(transport, f"rtsp://127.0.0.1:{self.port}{path}", at)

    def sample(self, path: str, seconds: float, deadline_s: float = DEADLINE_S) -> StreamSample | Unavailable:
        stream = Stream("main", f"rtsp://127.0.0.1:{self.port}{path}")
        with (
            pytest.MonkeyPatch.context() as patch,
            open_transport(_box(PASSWORD), deadline_s, Credentials(None), clock) as transport,
        ):
            # A busy machine encodes H.265 slower than it plays.
            patch.setattr("drivers.rtsp.sample.LATE_S", PATIENCE_S)
            return sample_stream(transport, stream, seconds)

    def refused(self) -> int:
        """How many logins it has refused so far."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return int(_line(self.process)["refused"])


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    log = tmp_path_factory.mktemp("gstreamer") / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen([PYTHON, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        with process:
            try:
                said = _line(process)
                assert said, f"GStreamer's server did not start; it needs: {PACKAGES}\n{log.read_text()}"
                yield Peer(process, said["port"])
            finally:
                process.kill()


def _box(password: str) -> Device:
    return Device("peer", "127.0.0.1", 80, "onvif", Credential("peer", USER, password))


def _line(process: subprocess.Popen[bytes]) -> dict[str, int]:
    """Read one line of JSON; a server that says nothing is killed, and then the line is empty."""
    assert process.stdout is not None
    timer = threading.Timer(STARTS_WITHIN_S, process.kill)
    timer.start()
    try:
        return json.loads(process.stdout.readline() or b"{}")  # type: ignore[no-any-return]
    finally:
        timer.cancel()


def pixels(fetched: Fetched) -> bytes:
    """Let ffmpeg decode the one picture; fails on any decoding error."""
    assert fetched.keyframe is not None, fetched.error
    kind = {"h264": "h264", "h265": "hevc"}[fetched.keyframe.kind]
    command = ["ffmpeg", "-v", "error", "-xerror", "-f", kind, "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "gray"]
    done = subprocess.run(
        [*command, "pipe:1"], input=fetched.keyframe.data, capture_output=True, timeout=PATIENCE_S, check=True
    )
    assert done.stderr == b"" and len(done.stdout) == WIDTH_PX * HEIGHT_PX
    return done.stdout


@pytest.mark.parametrize("path", ["/h264", "/h264-sdp", "/h265", "/h265-sdp"])
def test_a_keyframe_is_fetched_behind_digest_and_decodes(peer: Peer, path: str) -> None:
    """Parameter sets in band and in the session description only."""
    before = peer.refused()
    fetched = peer.fetch(path)
    assert fetched.keyframe is not None, fetched.error
    assert fetched.keyframe.kind == path[1:5] and fetched.keyframe.taken_at == NOW
    assert len(set(pixels(fetched))) > 2, "a picture, not one flat area"
    assert fetched.anonymous is False
    assert peer.refused() == before


def test_a_running_stream_is_joined_in_the_middle(peer: Peer) -> None:
    """Mounts are shared: while ffmpeg holds the stream open, it is joined between its keyframes, a second apart."""
    url = f"rtsp://{USER}:{PASSWORD}@127.0.0.1:{peer.port}/h264"
    command = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-f", "null", "-progress", "pipe:1", "-"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as holder:
        timer = threading.Timer(STARTS_WITHIN_S, holder.kill)
        timer.start()
        try:
            assert holder.stdout is not None
            assert any(line.startswith(b"frame=") and line.strip() != b"frame=0" for line in holder.stdout)
            begun = time.monotonic()
            first, second, third = (pixels(peer.fetch("/h264")) for _ in range(3))
            waited_s = time.monotonic() - begun
        finally:
            timer.cancel()
            holder.kill()
    assert len({first, second, third}) == 3, "the ball moves"
    assert waited_s > 1, "between two keyframes lies a second"


def test_a_replay_starts_where_it_was_asked_to_and_tells_the_recorded_time(peer: Peer) -> None:
    for at in (datetime(2026, 10, 20, 7, 30, 2, tzinfo=UTC), datetime(2026, 11, 1, 23, 59, 59, 500_000, tzinfo=UTC)):
        fetched = peer.fetch("/replay", at)
        assert fetched.keyframe is not None, fetched.error
        assert abs(fetched.keyframe.taken_at - at) <= timedelta(seconds=1)
        pixels(fetched)


def test_a_live_stream_asked_for_a_recording_gives_no_proof(peer: Peer) -> None:
    """It knows no recorded time, and is not taken for a recording."""
    fetched = peer.fetch("/slow", datetime(2026, 10, 20, 7, 30, 2, tzinfo=UTC), deadline_s=5)
    assert fetched.keyframe is None and fetched.error is not None


def test_a_stream_that_stalls_costs_the_deadline_and_nothing_else(peer: Peer) -> None:
    begun = time.monotonic()
    fetched = peer.fetch("/stall", deadline_s=1.5)
    assert time.monotonic() - begun < 1.5 + SLACK_S
    assert isinstance(fetched.error, DeadlineExceeded) and fetched.keyframe is None
    assert peer.fetch("/freeze").keyframe is not None, "the next stream is not held up"


def test_a_frozen_stream_gives_the_same_picture_again(peer: Peer) -> None:
    """Each fetch is a picture of its own; that they are equal is for whoever compares them to say."""
    assert pixels(peer.fetch("/freeze")) == pixels(peer.fetch("/freeze"))


def test_a_slow_stream_gives_its_picture_within_its_own_pace(peer: Peer) -> None:
    begun = time.monotonic()
    pixels(peer.fetch("/slow"))
    assert time.monotonic() - begun < 5


def test_a_wrong_password_is_refused_once(peer: Peer) -> None:
    before = peer.refused()
    states = Credentials(None)
    first = peer.fetch("/h264", password="wrong", states=states)
    second = peer.fetch("/h265", password="wrong", states=states)
    assert isinstance(first.error, Refused) and isinstance(second.error, NotTried)
    assert peer.refused() == before + 1


@pytest.mark.parametrize(
    ("path", "codec", "fps", "keyframe_interval_s"),
    [
        ("/h264", "H264", 25.0, 1.0),
        ("/h265-sdp", "H265", 25.0, 1.0),
        ("/half", "H264", 12.5, 1.04),
        ("/jpeg", "JPEG", 10.0, 0.1),
        ("/slow", "H264", 1.0, 1.0),
    ],
)
def test_a_sample_tells_what_the_server_was_told_to_send(
    peer: Peer, path: str, codec: str, fps: float, keyframe_interval_s: float
) -> None:
    """The server paces its pictures by its own clock, which is why rates are not exact."""
    sample = peer.sample(path, seconds=2.5)
    assert isinstance(sample, StreamSample), sample
    assert (sample.codec, sample.width_px, sample.height_px, sample.packets_lost) == (codec, WIDTH_PX, HEIGHT_PX, 0)
    assert sample.fps == pytest.approx(fps, rel=0.03)
    assert sample.keyframe_interval_s == pytest.approx(keyframe_interval_s, rel=0.03)
    assert sample.bitrate_bps > 1000


def test_a_stream_that_stalls_has_no_sample(peer: Peer) -> None:
    begun = time.monotonic()
    sample = peer.sample("/stall", seconds=2.0, deadline_s=1.5)
    assert time.monotonic() - begun < 1.5 + SLACK_S
    assert isinstance(sample, Unavailable) and sample.reason == "deadline"
