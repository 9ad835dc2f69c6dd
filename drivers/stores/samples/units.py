"""Assembles one key picture in Annex-B form from NAL units of H.264 and H.265. Pure: units in, a picture out.

Selects the key picture by its slices and not by the container's flags, and outputs parameter sets and slices alone. No
unit may hold a possible start code: splitting the result must give the same units again.

Source: ITU-T H.264 clauses 7.3.1, 7.4.1 and annex B; ITU-T H.265 clauses 7.3.1, 7.4.2 and annex B.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from drivers.rtsp.rtp import CODECS
from drivers.stores.container import UnreadableError

CodecName = Literal["h264", "h265"]

SAMPLE_MAX_BYTES = 8 * 1024 * 1024
"""The largest sample that is read: what a key picture from a live stream may have, too (`rtp.MAX_KEYFRAME_BYTES`)."""

SET_MAX_BYTES = 4096
SETS_MAX = 64
"""The most parameter sets, and the longest. Real streams have two or three of a hundred bytes."""

UNITS_MAX = 4096
"""How many NAL units a sample may have: H.265 allows 600 slices to a picture of its highest level."""

SAMPLES_MAX = 4096
SEARCH_MAX_BYTES = 32 * 1024 * 1024
"""How far the first key picture is searched: 16 seconds of the fastest cameras (16 Mbit/s), minutes of others."""

START_CODE = b"\0\0\0\1"
NO_KEY = "no whole key picture is in it, as far as it was read"
CUT_OFF = "its first key picture is cut off"

_LIKE_A_START_CODE = re.compile(rb"\0\0[\0-\2]")
_OPENING = {"h264": frozenset({6, 7, 8, 9, *range(14, 19)}), "h265": frozenset({*range(32, 36), 39, *range(41, 45)})}
"""Units other than slices that begin an access unit (H.264, 7.4.1.2.3; H.265, 7.4.2.4.4)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One whole key picture in Annex-B form, parameter sets first."""

    kind: CodecName
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Setup:
    """A container's setup of a track's samples: codec, parameter sets, bytes of the length before each NAL unit."""

    kind: CodecName
    length_bytes: int
    sets: tuple[bytes, ...] = field(repr=False)


class Pictures:
    """Takes the units of one access unit after the other, and gives the first key picture among them."""

    def __init__(self, kind: CodecName, sets: Iterable[bytes] = ()) -> None:
        self._kind = kind
        self._codec = CODECS[kind]
        self._sets: list[bytes] = []
        for unit in sets:
            self._keep(_clean(unit))

    def take(self, units: Iterable[bytes]) -> Sample | None:
        """Store parameter sets; return an access unit's key picture, if any. Raises UnreadableError for damage."""
        codec = self._codec
        slices: list[bytes] = []
        for number, raw in enumerate(units):
            if number == UNITS_MAX:
                raise UnreadableError("a sample is damaged: it has too many units")
            unit = raw.rstrip(b"\0")
            kind = codec.kind(unit) if unit else -1
            if kind in codec.pictures:
                if not slices and (kind not in codec.keys or not codec.opens_picture(unit)):
                    return None
                slices.append(_clean(unit))
            elif kind in codec.parameter_sets and not slices:
                self._keep(_clean(unit))
            elif kind in codec.parameter_sets:
                slices.append(_clean(unit))
        if not slices:
            return None
        if not {codec.kind(unit) for unit in self._sets}.issuperset(codec.parameter_sets):
            raise UnreadableError("the parameter sets of its first key picture are missing")
        return Sample(self._kind, b"".join(START_CODE + unit for unit in (*self._sets, *slices)))

    def _keep(self, unit: bytes) -> None:
        """Store a parameter set behind all others: the decoder takes the last one of a number."""
        if len(unit) > SET_MAX_BYTES:
            raise UnreadableError("a parameter set is too large to be one")
        if unit in self._sets:
            self._sets.remove(unit)
        elif len(self._sets) == SETS_MAX:
            raise UnreadableError("it has too many parameter sets")
        self._sets.append(unit)


def first_key(samples: Iterable[tuple[Setup, bytes]]) -> Sample:
    """Return the first key picture among length-prefixed samples. Raises UnreadableError: none within bounds."""
    left = SEARCH_MAX_BYTES
    setup, pictures = None, None
    for its_setup, data in islice(samples, SAMPLES_MAX):
        if pictures is None or its_setup is not setup:
            setup, pictures = its_setup, Pictures(its_setup.kind, its_setup.sets)
        found = pictures.take(prefixed(data, its_setup.length_bytes))
        if found is not None:
            return found
        left -= len(data)
        if left <= 0:
            break
    raise UnreadableError(NO_KEY)


def prefixed(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """Split a sample with its length before each NAL unit (ISO/IEC 14496-15, 4.3.3). Raises UnreadableError."""
    at = 0
    while at < len(data):
        start = at + length_bytes
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise UnreadableError("a sample is damaged: the lengths of its units do not add up")
        yield data[start:at]


def delimited(data: bytes) -> Iterator[bytes]:
    """Split a byte stream at its start codes (annex B of both standards); bytes before the first are left out."""
    at = data.find(b"\0\0\1")
    while at >= 0:
        following = data.find(b"\0\0\1", at + 3)
        yield data[at + 3 : following if following >= 0 else len(data)]
        at = following


def begins_access_unit(kind: CodecName, data: bytes) -> bool:
    """Return whether a stretch of a byte stream begins with the first unit of an access unit."""
    at = data.find(b"\0\0\1")
    unit = data[at + 3 : at + 8]
    if at < 0 or data[:at].strip(b"\0") or not unit:
        return False
    number = CODECS[kind].kind(unit)
    return number in _OPENING[kind] or (number in CODECS[kind].pictures and CODECS[kind].opens_picture(unit))


def _clean(unit: bytes) -> bytes:
    """Return a unit without the zeros behind it, which are none of it; refuse one that would be split again."""
    unit = unit.rstrip(b"\0")
    if not unit or unit[0] & 0x80 or _LIKE_A_START_CODE.search(unit):
        raise UnreadableError("a NAL unit is damaged: it holds what no unit may hold")
    return unit


RECORD_MAX_BYTES = 64 * 1024


def read_record(kind: CodecName, data: bytes) -> Setup:
    """Parse a decoder configuration record (`avcC`, `hvcC`) to its last byte. Pure. Raises UnreadableError.

    Source: ISO/IEC 14496-15, 5.3.3.1 (AVC) and 8.3.3.1 (HEVC); RFC 9559, 5.1.4.1.21 takes them over as CodecPrivate.
    """
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


@dataclass(slots=True)
class _Fields:
    """Takes fields from the front; fails where there is not enough."""

    _data: bytes
    _at: int

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
