"""Parses the decoder configuration records of H.264 and H.265 (`avcC`, `hvcC`) to their last byte. Pure.

Source: ISO/IEC 14496-15, 5.3.3.1 (AVC) and 8.3.3.1 (HEVC); RFC 9559, 5.1.4.1.21 takes them over as CodecPrivate.
"""

from __future__ import annotations

from drivers.rtsp.rtp import CODECS
from drivers.stores.container import UnreadableError
from drivers.stores.samples.units import CodecName, Setup

RECORD_MAX_BYTES = 64 * 1024


def read_record(kind: CodecName, data: bytes) -> Setup:
    """Parse a whole record. Raises UnreadableError."""
    if not data or data[0] != 1 or len(data) > RECORD_MAX_BYTES:
        raise UnreadableError("the configuration of its decoder is not one of version 1")
    fields = _Fields(data, 1)
    return _avc(fields) if kind == "h264" else _hevc(fields)


def _avc(fields: _Fields) -> Setup:
    fields.take(3)
    length_bytes = 1 + (fields.number(1) & 3)
    sets = fields.units("h264", 7, fields.number(1) & 0x1F)
    sets += fields.units("h264", 8, fields.number(1))
    if fields.left:
        # Higher profiles tell here what their sequence parameter sets tell too; many writers leave it out.
        fields.take(3)
        fields.units("h264", 13, fields.number(1))
    return _setup("h264", fields, length_bytes, sets)


def _hevc(fields: _Fields) -> Setup:
    fields.take(20)
    length_bytes = 1 + (fields.number(1) & 3)
    sets: tuple[bytes, ...] = ()
    for _ in range(fields.number(1)):
        kind = fields.number(1) & 0x3F
        units = fields.units("h265", kind, fields.number(2))
        if kind in CODECS["h265"].parameter_sets:
            sets += units
    return _setup("h265", fields, length_bytes, sets)


def _setup(kind: CodecName, fields: _Fields, length_bytes: int, sets: tuple[bytes, ...]) -> Setup:
    if fields.left or length_bytes == 3:
        raise UnreadableError("the configuration of its decoder is damaged")
    return Setup(kind, length_bytes, sets)


class _Fields:
    """Takes fields from the front; fails where there is not enough."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if count > self.left:
            raise UnreadableError("the configuration of its decoder is cut off")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, count: int) -> int:
        """Return the next bytes as a number."""
        return int.from_bytes(self.take(count), "big")

    def units(self, codec: CodecName, kind: int, count: int) -> tuple[bytes, ...]:
        """Return so many NAL units of a type, each with its length before it."""
        units = tuple(self.take(self.number(2)) for _ in range(count))
        if any(len(unit) <= CODECS[codec].header_bytes or CODECS[codec].kind(unit) != kind for unit in units):
            raise UnreadableError("the configuration of its decoder holds units of another type")
        return units
