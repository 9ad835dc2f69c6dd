"""Samples live streams for some seconds each and measures what they deliver. Read-only; no picture is stored.

Decides which paths are sampled, how long one may take, and which samples are invalid: of a stream that stopped, or
whose own time does not run like ours. `stream_meter.py` decides what is counted.
"""

import time
from collections.abc import Callable, Iterator

from drivers.errors import DeadlineExceeded, Malformed, Unreachable, unavailable
from drivers.exchange import Transport
from drivers.model import Unavailable
from drivers.picture import PathName, Stream, StreamSample
from drivers.rtsp.rtp import Packet
from drivers.rtsp.sdp import Video
from drivers.rtsp.session import Limits, play
from drivers.rtsp.stream_meter import Meter

SAMPLED: tuple[PathName, ...] = ("main", "sub")
SECONDS = 10.0
SECONDS_MAX = 30.0
"""A longer session would need keep-alive requests."""

LATE_S = 5.0
"""How much longer than the sample a session may take: login, the first picture, and the network's jitter."""

AHEAD_S = 5.0
"""How far a stream's time may run ahead of ours: recorders send at once everything since the last keyframe."""

_MAX_BYTES_PER_S = 12_500_000


def sample_stream(
    transport: Transport, stream: Stream, seconds: float = SECONDS, now_mono: Callable[[], float] = time.monotonic
) -> StreamSample | Unavailable:
    """Sample one live stream. Never raises for what the device does: that is `Unavailable`, with the reason.

    Args:
        transport: How the device is reached; the sample ends with its deadline.
        stream: Which one.
        seconds: How much of the stream's time is measured, more than 0 and at most `SECONDS_MAX`.
        now_mono: The monotonic clock that the stream's time is compared with.
    """

    def take(video: Video, packets: Iterator[Packet]) -> StreamSample:
        meter, begun_mono = Meter(video.kind, video.parameter_sets, seconds), now_mono()
        try:
            for packet in packets:
                meter.push(packet)
                if meter.done:
                    break
        except (DeadlineExceeded, Unreachable) as error:
            words = f"{meter.span_s:.1f} s of video came in {now_mono() - begun_mono:.1f} s, wanted were {seconds:g} s"
            raise type(error)(words) from None
        took_s = now_mono() - begun_mono
        if meter.span_s > took_s + AHEAD_S:
            raise Malformed(f"the stream's time ran {meter.span_s:.1f} s in {took_s:.1f} s")
        return meter.result(stream.path)

    most_s = seconds + LATE_S
    played = play(transport, stream.url, take, limits=Limits(most_s, int(most_s * _MAX_BYTES_PER_S)))
    if played.taken is not None:
        return played.taken
    return unavailable("stream-sample", played.error or Malformed("no sample"), stream.path)
