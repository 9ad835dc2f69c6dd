"""Parses the stream URLs of a simulated device, and describes the stream that each names. Pure.

This is ONVIF's way; a device of another kind brings its own `Dialect`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from agent.demo.onvif.device_view import HOST, DeviceView
from agent.demo.rtsp.clips import Clip, clip_of
from agent.demo.rtsp.message import clock_text
from agent.demo.rtsp.rtp import PAYLOAD_TYPE
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.recordings import Recording
from drivers.model import Span
from drivers.picture import PathName

REPLAY_TAG = "onvif-replay"
_LIVE = re.compile(r"/live/(\d+)/(main|sub|stream-3)(?:/trackID=(1|metadata))?/?")
_REPLAY = re.compile(r"/replay/([\w-]+)(?:/trackID=1)?/?")


@dataclass(frozen=True, slots=True)
class Target:
    """The stream of a URL: a live path of a camera, or one recording of it.

    `asked` is the span in the URL itself; ONVIF has it in PLAY. `plays`: a clip that is sent for the recording,
    whatever moment of it is asked for. `metadata`: the metadata beside the picture is meant.
    """

    camera: DemoCamera
    path: PathName
    recording: Recording | None
    asked: Span | None = None
    plays: Clip | None = None
    metadata: bool = False

    @property
    def clip(self) -> Clip:
        """The clip that describes the stream; all clips of a size share their parameter sets."""
        return clip_of(self.camera, self.path, None)


def silent(target: Target) -> tuple[bytes, ...]:
    """Tell nothing as metadata."""
    del target
    return ()


def closed(url: str) -> bool:
    """Ask for a login on every stream."""
    del url
    return False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How streams are named and described: `find(view, url, described)` and `describe(target, url)`.

    `described` is the target of this connection's last DESCRIBE; `tags` are those that `Require` may name. `opens`
    tells which streams are given without a login, `tells` which documents the metadata of a stream repeats.
    """

    find: Callable[[DeviceView, str, Target | None], Target | None]
    describe: Callable[[Target, str], str]
    tags: frozenset[str] = frozenset()
    opens: Callable[[str], bool] = closed
    tells: Callable[[Target], tuple[bytes, ...]] = silent


def find(view: DeviceView, url: str, _: Target | None = None) -> Target | None:
    """Find the stream of a URL; its query is ignored."""
    path = urlsplit(url).path
    if match := _LIVE.fullmatch(path):
        for profile in view.profiles():
            if str(profile.camera.channel) == match.group(1) and profile.path == match.group(2):
                return Target(profile.camera, profile.path, None, metadata=match.group(3) == "metadata")
    if match := _REPLAY.fullmatch(path):
        for recording in view.recordings():
            if recording.token == match.group(1):
                return Target(recording.camera, "playback", recording)
    return None


def description(target: Target, _: str) -> str:
    """The SDP of a stream. Source: RFC 4566; RFC 6184 section 8.2; ONVIF Streaming Specification, "RTSP describe"."""
    clip = target.clip
    lines = ["v=0", f"o=- 1 1 IN IP4 {HOST}", f"s={target.path}", f"c=IN IP4 {HOST}", "t=0 0", "a=control:*"]
    if target.recording is not None:
        span = target.recording.span
        lines.append(f"a=range:clock={clock_text(span.start_at)}-{clock_text(span.end_at)}")
    lines += [*media_lines(clip), "a=control:trackID=1", "a=sendonly"]
    if target.recording is not None:
        lines.append(f"a=x-onvif-track:video-{target.camera.channel}")
    return "\r\n".join(lines) + "\r\n"


def media_lines(clip: Clip) -> list[str]:
    """The lines of an SDP that describe H.264 video."""
    profile = clip.sps[1:4].hex().upper()
    fmtp = f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={clip.sprop}"
    return [f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} H264/90000", f"a=fmtp:{PAYLOAD_TYPE} {fmtp}"]


ONVIF = Dialect(find, description, frozenset({REPLAY_TAG}))
