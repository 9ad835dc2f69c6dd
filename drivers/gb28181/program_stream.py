"""Extracts the first whole keyframe of a program stream (PS) in RTP, or of bare H.264 or H.265. Pure.

All packets of one time are one pack of the stream. Of its parts only video counts; which codec it is, its own units
show, as devices write the wrong one into the map or leave the map out. Lengths of parts that cannot be right are mended
by what stands there. What is whole and a keyframe is decided as for RTSP (`drivers/rtsp/rtp.py`); what was odd is a
word in `quirks`.

Source: GB/T 28181-2022, annex C; ISO/IEC 13818-1, 2.4.3.7 and 2.5.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from drivers.errors import Malformed, Unsupported
from drivers.rtsp.rtp import CODECS, MAX_KEYFRAME_BYTES, Assembler, Frame, Packet

MAX_PACK_BYTES: Final = MAX_KEYFRAME_BYTES + 64 * 1024
SVAC: Final = 0x80
_START: Final = b"\0\0\1"
_PACK, _SYSTEM, _MAP, _END = 0xBA, 0xBB, 0xBC, 0xB9
_VIDEO: Final = range(0xE0, 0xF0)
_PART: Final = re.compile(rb"\x00\x00\x01[\xb9-\xff]")
"""Where a part begins: no unit of H.264 or H.265 begins with a byte of 0x80 or more."""
_STUFFING: Final = 0xFF

Kind = Literal["h264", "h265"]

_TOLD: Final[Mapping[int, Kind]] = {0x1B: "h264", 0x24: "h265"}
"""Source: ISO/IEC 13818-1, table 2-34."""


@dataclass(slots=True)
class Pack:
    """The video of one pack, which codecs its map lists, None without a map, and what was odd in it."""

    video: bytearray = field(default_factory=bytearray)
    told: frozenset[int] | None = None
    quirks: set[str] = field(default_factory=set)


class Demuxer:
    """Takes packets in order and gives the first whole keyframe with the name of its codec."""

    def __init__(self) -> None:
        self.quirks: set[str] = set()
        self._told: frozenset[int] | None = None
        self._assembler: Assembler | None = None
        self._kind: Kind | None = None
        self._number = 0
        self._sequence: int | None = None
        self._timestamp: int | None = None
        self._pack = bytearray()
        self._broken = True
        self._bare: dict[Kind, Assembler] = {}

    def push(self, packet: Packet) -> tuple[Kind, Frame] | None:
        """Add the next packet; return the keyframe that ended before it.

        Raises:
            Malformed: A pack is too large.
            Unsupported: The video is SVAC, which nobody but its makers decodes.
        """
        if self._bare or (self._timestamp is None and _is_bare(packet.payload)):
            return self._push_bare(packet)
        missing = self._sequence is not None and packet.sequence != (self._sequence + 1) & 0xFFFF
        self._sequence = packet.sequence
        found = None
        if packet.timestamp != self._timestamp:
            if not missing and not self._broken:
                found = self._finish()
            first = self._timestamp is None
            self._timestamp, self._pack = packet.timestamp, bytearray()
            # The first pack may have begun before we came; one behind a loss may lack its first packet.
            self._broken = (first or missing) and not packet.payload.startswith(_START)
        elif missing:
            self._broken = True
        if not self._broken:
            self._pack += packet.payload
            if len(self._pack) > MAX_PACK_BYTES:
                raise Malformed(f"a frame is larger than {MAX_KEYFRAME_BYTES} bytes")
        return found

    def _finish(self) -> tuple[Kind, Frame] | None:
        pack = read_pack(bytes(self._pack))
        self._told = self._told if pack.told is None else pack.told
        units = list(nal_units(bytes(pack.video)))
        kind = kind_of(units) or self._kind
        if kind is None or not units:
            return None
        if kind != self._kind or self._assembler is None:
            self._kind, self._assembler = kind, Assembler(kind)
        frame = None
        for at, unit in enumerate(units):
            self._number += 1
            packet = Packet(96, at == len(units) - 1, self._number & 0xFFFF, self._timestamp or 0, unit)
            frame = self._assembler.push(packet) or frame
        if frame is None:
            return None
        self.quirks |= pack.quirks
        if self._told is None:
            self.quirks.add("no-map")
        elif kind not in {_TOLD.get(one) for one in self._told}:
            self.quirks.add("other-codec-in-map")
        return kind, frame

    def _push_bare(self, packet: Packet) -> tuple[Kind, Frame] | None:
        """Try both codecs: small makers send one of them without a program stream, and say neither."""
        if not self._bare:
            self._bare = {"h264": Assembler("h264"), "h265": Assembler("h265")}
        for kind, assembler in self._bare.items():
            frame = assembler.push(packet)
            if frame is not None and _has_sets(kind, frame):
                self.quirks.add("no-program-stream")
                return kind, frame
        return None


def read_pack(data: bytes) -> Pack:
    """Read the video of a pack. Raises Unsupported for SVAC. Source: ISO/IEC 13818-1, 2.4.3.6, 2.4.3.7, 2.5.4."""
    pack, at = Pack(), 0
    while (at := data.find(_START, at)) >= 0 and at + 4 <= len(data):
        part = data[at + 3]
        if part == _PACK:
            # Of MPEG-1, whose packs are shorter, nothing is sent; what stands between parts is skipped.
            at += 14 + (data[at + 13] & 7) if at + 14 <= len(data) else 4
        elif part in _VIDEO:
            at = _read_video(data, at, pack)
        elif part in (_SYSTEM, _MAP) or part >= 0xBD:
            end = at + 6 + int.from_bytes(data[at + 4 : at + 6], "big")
            if part == _MAP:
                pack.told = _codecs_of(data[at:end])
            at = end
        else:
            at += 4
    return pack


def _read_video(data: bytes, at: int, pack: Pack) -> int:
    """Take the part that begins at `at`; return where it ends, which is where the next one begins.

    A length of 0 goes to the end of the pack. Makers write lengths that do not lead to the next part, as of frames
    beyond 64 KiB, and a head that is a byte shorter or longer than its time stamps.
    """
    size = int.from_bytes(data[at + 4 : at + 6], "big")
    end = at + 6 + size if size else len(data)
    begin = min(at + 9, len(data))
    if at + 9 <= len(data):
        begin += _head_bytes(data, at, pack)
    if size and not (end == len(data) or _PART.match(data, end)):
        following = _PART.search(data, begin)
        end, told = (following.start() if following else len(data)), end
        if told > len(data) or data[told:end].strip(b"\0"):
            pack.quirks.add("other-part-length")
    pack.video += data[begin:end]
    return max(end, at + 4)


def _head_bytes(data: bytes, at: int, pack: Pack) -> int:
    """Return how many bytes of head a part of video really has: the told number, where what it adds is stuffing."""
    told, stamps = data[at + 8], {0x80: 5, 0xC0: 10}.get(data[at + 7] & 0xC0, 0)
    more = data[at + 9 + stamps : at + 9 + told]
    if told >= stamps and (data[at + 7] & 0x3F or not more.strip(bytes([_STUFFING]))):
        return told
    pack.quirks.add("other-head-length")
    return stamps


def nal_units(video: bytes) -> Iterator[bytes]:
    """Yield the units of a byte stream in Annex-B form. Source: ITU-T H.264, annex B."""
    at = video.find(_START)
    while at >= 0:
        following = video.find(_START, at + 3)
        unit = video[at + 3 : len(video) if following < 0 else following].rstrip(b"\0")
        if unit:
            yield unit
        at = following


def kind_of(units: list[bytes]) -> Kind | None:
    """Return the codec by its parameter sets, None where there are none.

    A byte 0x41 is a slice of H.264 and looks like a set of H.265 whose second byte is not 1.
    """
    for unit in units:
        if len(unit) > 2 and unit[0] in (0x40, 0x42, 0x44) and unit[1] == 1:
            return "h265"
        if unit[0] & 0x80 == 0 and unit[0] & 0x1F == 7:
            return "h264"
    return None


def _codecs_of(stream_map: bytes) -> frozenset[int]:
    """Return the types of the video in a map. Raises Unsupported for SVAC."""
    found, at = set(), 12 + int.from_bytes(stream_map[8:10], "big")
    while at + 4 <= len(stream_map) - 4:
        if stream_map[at + 1] in _VIDEO:
            found.add(stream_map[at])
        at += 4 + int.from_bytes(stream_map[at + 2 : at + 4], "big")
    if SVAC in found:
        raise Unsupported("the video is SVAC")
    return frozenset(found)


def _is_bare(payload: bytes) -> bool:
    """Tell whether a stream begins with a unit instead of a mark of a program stream."""
    return len(payload) > 2 and not payload.startswith(b"\0\0") and (payload[0] & 0x1F in (7, 28) or payload[0] == 0x40)


def _has_sets(kind: Kind, frame: Frame) -> bool:
    codec = CODECS[kind]
    found = {codec.kind(unit) for unit in nal_units(frame.data)}
    return set(codec.parameter_sets) <= found and kind_of(list(nal_units(frame.data))) == kind
