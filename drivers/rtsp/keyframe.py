"""Fetches exactly one keyframe over RTSP, live or recorded, and stops at the last packet of the first whole one.

`session.py` requests the stream; `rtp.py` decides what belongs to a frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from drivers.errors import DriverError, Malformed, Unreachable, Unsupported
from drivers.exchange import Transport
from drivers.rtsp.rtp import Assembler, Packet
from drivers.rtsp.sdp import Video
from drivers.rtsp.session import play


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A keyframe in Annex-B form; `taken_at`: arrival or recording; `recorded_at`: as the stream sends it, or None.

    `sound`: the encodings of the sound that the stream's description offers beside it. `has_metadata`: it offers
    ONVIF's metadata.
    """

    data: bytes = field(repr=False)
    kind: Literal["h264", "h265"]
    taken_at: datetime
    recorded_at: datetime | None = None
    sound: tuple[str, ...] = ()
    has_metadata: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A keyframe or an error; `anonymous`: whether no login was needed, None without an answer to that request."""

    keyframe: Keyframe | None
    error: DriverError | None
    anonymous: bool | None


def fetch_keyframe(transport: Transport, url: str, at: datetime | None = None) -> Fetched:
    """Fetch one keyframe from `url` on the device's host: live, or recorded from `at` on. Errors are returned."""

    def take(video: Video, packets: Iterator[Packet]) -> Keyframe:
        if video.kind == "jpeg":
            raise Unsupported("pictures of JPEG streams are not read")
        assembler = Assembler(video.kind, video.parameter_sets)
        frame = next((frame for packet in packets if (frame := assembler.push(packet)) is not None), None)
        if frame is None:
            raise Unreachable("the stream ended")
        if at is None:
            return Keyframe(
                frame.data, video.kind, transport.clock(), frame.recorded_at, video.sound, video.has_metadata
            )
        if frame.recorded_at is None:
            raise Malformed("PLAY: the recording comes without the time at which it was made")
        return Keyframe(frame.data, video.kind, frame.recorded_at, frame.recorded_at, video.sound)

    played = play(transport, url, take, at)
    return Fetched(played.taken, played.error, played.anonymous)
