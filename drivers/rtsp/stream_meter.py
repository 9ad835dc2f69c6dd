"""Measures a video stream by its RTP packets: pictures, bits and losses by the stream's own time. Pure.

Nothing of a picture is stored or decoded: of a packet count its header, its size, and the types of the NAL units in it.
A picture is the packets with one timestamp. `sample.py` decides how long to listen.

Source: RFC 3550 section 5.1, RFC 6184, RFC 7798, RFC 2435 section 3.1.
"""

from collections.abc import Iterator

from drivers.errors import Malformed
from drivers.picture import PathName, StreamSample
from drivers.rtsp.rtp import CODECS, Codec, Packet
from drivers.rtsp.sdp import VideoKind
from drivers.rtsp.sps import picture_size

CLOCK_HZ = 90_000
"""How fast RTP's time runs for every encoding that is measured here."""

STEP_MAX_S = 10.0
"""How far the time may go from one packet to the next. A step beyond it is a clock that was set."""

CODEC_NAMES = {"h264": "H264", "h265": "H265", "jpeg": "JPEG"}
"""As ONVIF writes them, like the configured ones in `Stream.encoding`."""


class Meter:
    """Counts packets from the second picture (the first may be cut) to one `seconds` later, when it is `done`."""

    def __init__(self, kind: VideoKind, parameter_sets: tuple[bytes, ...], seconds: float) -> None:
        self.done = False
        self._kind = kind
        self._seconds = seconds
        self._size = (0, 0)
        self._sequence: int | None = None
        self._timestamp: int | None = None
        self._elapsed: int | None = None
        self._frames = self._bytes = self._lost = self._keys = 0
        self._first_key = self._last_key = 0
        self._pictured = self._keyed = False
        for nal in parameter_sets:
            self._read_size(nal)

    @property
    def span_s(self) -> float:
        """How much of the stream's time was measured so far."""
        return max(0, self._elapsed or 0) / CLOCK_HZ

    def push(self, packet: Packet) -> None:
        """Count the next packet. Raises Malformed where the stream's time jumps."""
        lost = 0 if self._sequence is None else (packet.sequence - self._sequence - 1) & 0xFFFF
        if self._timestamp is not None and packet.timestamp != self._timestamp:
            self._begin(_signed(packet.timestamp - self._timestamp))
        self._sequence, self._timestamp = packet.sequence, packet.timestamp
        if self._elapsed is not None:
            # A number that goes back is a packet that came late or twice.
            self._lost += lost if lost < 0x8000 else 0
        if self.done:
            return
        pictured, keyed = self._look_into(packet.payload)
        if self._elapsed is not None:
            self._bytes += len(packet.payload)
            self._count(self._elapsed, pictured, keyed)

    def result(self, path: PathName) -> StreamSample:
        """Return what was measured, once it is done."""
        seconds = self.span_s
        between = (self._last_key - self._first_key) / CLOCK_HZ / (self._keys - 1) if self._keys > 1 else None
        return StreamSample(
            path,
            seconds,
            self._frames,
            fps=self._frames / seconds,
            bitrate_bps=round(self._bytes * 8 / seconds),
            width_px=self._size[0],
            height_px=self._size[1],
            codec=CODEC_NAMES[self._kind],
            keyframe_interval_s=between,
            packets_lost=self._lost,
        )

    def _begin(self, step: int) -> None:
        """Begin a picture that lies `step` of the stream's clock after the one before it."""
        if abs(step) > STEP_MAX_S * CLOCK_HZ:
            raise Malformed(f"the stream's time jumps by {step / CLOCK_HZ:+.0f} s")
        self._elapsed = 0 if self._elapsed is None else self._elapsed + step
        self._pictured = self._keyed = False
        self.done = self._elapsed >= self._seconds * CLOCK_HZ

    def _count(self, elapsed: int, pictured: bool, keyed: bool) -> None:
        """Count a picture with its first packet, and a keyframe likewise."""
        self._frames += pictured and not self._pictured
        self._pictured |= pictured
        if keyed and not self._keyed:
            self._keys, self._keyed, self._last_key = self._keys + 1, True, elapsed
            self._first_key = elapsed if self._keys == 1 else self._first_key

    def _look_into(self, payload: bytes) -> tuple[bool, bool]:
        """Parse the picture's size where it is sent; return whether there is some picture, and if a keyframe begins."""
        if self._kind == "jpeg":
            if len(payload) >= 8 and payload[1:4] == b"\0\0\0":
                # A side of more than 2040 pixels cannot be told, and is zero.
                self._size = (payload[6] * 8, payload[7] * 8) if payload[6] and payload[7] else (0, 0)
            return True, True
        codec = CODECS[self._kind]
        pictured = keyed = False
        for kind, nal in _units(codec, payload):
            pictured |= kind in codec.pictures
            keyed |= kind in codec.keys
            if kind == codec.sequence_set:
                self._read_size(nal)
        return pictured, keyed

    def _read_size(self, nal: bytes) -> None:
        if self._kind != "jpeg":
            self._size = picture_size(self._kind, nal) or self._size


def _units(codec: Codec, payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and bytes of each NAL unit in a payload; of one that is cut into fragments the type alone."""
    if len(payload) <= codec.header_bytes:
        return
    kind = codec.kind(payload)
    if kind == codec.fragment:
        yield payload[codec.header_bytes] & (0x1F if codec.header_bytes == 1 else 0x3F), b""
    elif kind == codec.aggregate:
        at = codec.header_bytes
        while at + 2 < len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            if size > codec.header_bytes:
                nal = payload[at + 2 : at + 2 + size]
                yield codec.kind(nal), nal
            at += 2 + size
    else:
        yield kind, payload


def _signed(difference: int) -> int:
    """Return a difference of two 32-bit counts as the shorter way round."""
    return (difference + 0x80000000 & 0xFFFFFFFF) - 0x80000000
