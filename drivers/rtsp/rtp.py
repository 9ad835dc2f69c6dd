"""Assembles one keyframe from RTP packets of H.264 or H.265 video. Pure: packets in, a frame out.

A frame counts only if it is whole: it begins with the first slice of an IDR or IRAP picture, no packet of it is
missing, and its parameter sets are known. Everything else is skipped.

Source: RFC 3550 section 5.1 (RTP), RFC 6184 (H.264), RFC 7798 (H.265), ONVIF Streaming Specification, Replay, RTP
header extension.
"""

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from drivers.errors import Malformed

MAX_KEYFRAME_BYTES = 8 * 1024 * 1024
_REPLAY_EXTENSION = 0xABAC
_NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_START_CODE = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet. `recorded_at` is the recorded time that a replay gives with it, `source` its SSRC."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    payload: bytes = field(repr=False)
    recorded_at: datetime | None = None
    source: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole keyframe in Annex-B form, parameter sets first."""

    data: bytes = field(repr=False)
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Codec:
    """What differs between the two codecs. The sets are of NAL unit types; `header_bytes` is the NAL header's size."""

    header_bytes: int
    parameter_sets: tuple[int, ...]
    pictures: range
    keys: range
    sequence_set: int
    aggregate: int
    fragment: int

    def kind(self, nal: bytes) -> int:
        """Return the type of a NAL unit, or of an RTP payload, which begins like one."""
        return nal[0] & 0x1F if self.header_bytes == 1 else nal[0] >> 1 & 0x3F

    def opens_picture(self, nal: bytes) -> bool:
        """Return whether a unit is the first slice of a picture."""
        # H.264: first_mb_in_slice is 0; H.265: first_slice_segment_in_pic_flag. Both are one set bit.
        return len(nal) > self.header_bytes and bool(nal[self.header_bytes] & 0x80)


CODECS = {
    "h264": Codec(1, (7, 8), range(1, 6), range(5, 6), sequence_set=7, aggregate=24, fragment=28),
    "h265": Codec(2, (32, 33, 34), range(32), range(16, 22), sequence_set=33, aggregate=48, fragment=49),
}


def parse_packet(data: bytes) -> Packet | None:
    """Read one RTP packet; None where the bytes are none."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, source = struct.unpack_from("!BBHII", data)
    begin, end = 12 + 4 * (first & 0x0F), len(data)
    recorded_at = None
    if first & 0x10:
        if begin + 4 > end:
            return None
        profile, words = struct.unpack_from("!HH", data, begin)
        if profile == _REPLAY_EXTENSION and words >= 3 and begin + 12 <= end:
            recorded_at = _ntp(*struct.unpack_from("!II", data, begin + 4))
        begin += 4 + 4 * words
    if first & 0x20 and end:
        end -= data[-1]
    if begin > end:
        return None
    return Packet(second & 0x7F, bool(second & 0x80), sequence, timestamp, data[begin:end], recorded_at, source)


class Assembler:
    """Takes packets in order and gives the first whole keyframe."""

    def __init__(self, kind: Literal["h264", "h265"], parameter_sets: tuple[bytes, ...] = ()) -> None:
        self._codec = CODECS[kind]
        self._known: dict[int, list[bytes]] = {}
        for nal in parameter_sets:
            self._known.setdefault(self._codec.kind(nal), []).append(nal)
        self._sequence: int | None = None
        self._timestamp: int | None = None
        self._nals: list[bytes] = []
        self._fragment: bytearray | None = None
        self._broken = False
        self._bytes = 0
        self._recorded_at: datetime | None = None

    def push(self, packet: Packet) -> Frame | None:
        """Add the next packet; return the keyframe that it completes. Raises Malformed for too large a frame."""
        missing = self._sequence is not None and packet.sequence != (self._sequence + 1) & 0xFFFF
        self._sequence = packet.sequence
        if packet.timestamp != self._timestamp:
            # A lost packet may have been the last of the frame that ends here. That the one which begins lacks its
            # first is seen by its first slice.
            frame = None if missing else self._finish()
            if frame is not None:
                return frame
            self._begin(packet)
        elif missing:
            self._broken = True
        if not self._broken and packet.payload:
            self._take(packet.payload)
        if not packet.marker:
            return None
        frame = self._finish()
        self._begin(packet)
        return frame

    def _begin(self, packet: Packet) -> None:
        self._timestamp, self._recorded_at = packet.timestamp, packet.recorded_at
        self._nals, self._fragment, self._broken, self._bytes = [], None, False, 0

    def _take(self, payload: bytes) -> None:
        codec = self._codec
        self._bytes += len(payload)
        if self._bytes > MAX_KEYFRAME_BYTES:
            raise Malformed(f"a frame is larger than {MAX_KEYFRAME_BYTES} bytes")
        if len(payload) <= codec.header_bytes:
            self._broken = True
            return
        kind = codec.kind(payload)
        if kind == codec.fragment:
            self._take_fragment(payload)
        elif kind == codec.aggregate:
            at = codec.header_bytes
            while at + 2 < len(payload):
                size = int.from_bytes(payload[at : at + 2], "big")
                self._take_nal(payload[at + 2 : at + 2 + size], size)
                at += 2 + size
        else:
            self._take_nal(payload, len(payload))

    def _take_fragment(self, payload: bytes) -> None:
        codec = self._codec
        head = payload[codec.header_bytes]
        start, last = head & 0x80, head & 0x40
        if start:
            if codec.header_bytes == 1:
                header = bytes([payload[0] & 0xE0 | head & 0x1F])
            else:
                header = bytes([payload[0] & 0x81 | (head & 0x3F) << 1, payload[1]])
            self._fragment = bytearray(header)
        if self._fragment is None:
            self._broken = True
            return
        self._fragment += payload[codec.header_bytes + 1 :]
        if last:
            nal, self._fragment = bytes(self._fragment), None
            self._take_nal(nal, len(nal))

    def _take_nal(self, nal: bytes, size: int) -> None:
        if size != len(nal) or size <= self._codec.header_bytes:
            self._broken = True
        else:
            self._nals.append(nal)

    def _finish(self) -> Frame | None:
        """Return the frame collected so far if it is a whole keyframe, and remember its parameter sets."""
        codec = self._codec
        if self._broken or self._fragment is not None:
            return None
        fresh: dict[int, list[bytes]] = {}
        pictures = []
        for nal in self._nals:
            kind = codec.kind(nal)
            if kind in codec.parameter_sets:
                fresh.setdefault(kind, []).append(nal)
            elif kind in codec.pictures:
                pictures.append(nal)
        self._known.update(fresh)
        if not pictures or codec.kind(pictures[0]) not in codec.keys or not codec.opens_picture(pictures[0]):
            return None
        if any(kind not in self._known for kind in codec.parameter_sets):
            return None
        sets = [nal for kind in codec.parameter_sets for nal in self._known[kind]]
        return Frame(b"".join(_START_CODE + nal for nal in (*sets, *pictures)), self._recorded_at)


def _ntp(seconds: int, fraction: int) -> datetime:
    # The count of seconds starts again in 2036 (RFC 5905 section 6).
    era_s = 0 if seconds & 0x80000000 else 1 << 32
    return _NTP_EPOCH + timedelta(seconds=era_s + seconds, microseconds=fraction * 1_000_000 >> 32)
