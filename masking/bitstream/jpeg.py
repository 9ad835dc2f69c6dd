"""Parses a JPEG from its first marker to its last, and writes anew only the segments that its picture needs.

Decides whether the bytes are one JPEG of a process that cameras use, whole by its markers. The markers for the coding
of colours (JFIF, Adobe) are written anew; comments, EXIF, thumbnails and bytes behind the end are dropped. No library
of pictures is loaded: the daemon uses this for thumbnails.

Source: ITU-T T.81 Annex B; ITU-T T.871 (JFIF); ITU-T T.872 clause 6.5.3 (Adobe's marker).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from masking.bitstream.jpeg_segments import PROCESSES, ZEROS_BYTES, Scans, unit_px
from masking.bitstream.picture import SIDE_MIN_PX, NotAPicture, damaged, undecodable

MAX_SEGMENTS = 4096
MAX_RESTARTS = 1024 * 1024
"""A picture of 64 million pixels has a million blocks, and no more restarts than blocks."""

_SOI, _EOI, _SOS, _DQT, _DHT, _DRI, _COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_APP0, _APP14 = 0xE0, 0xEE
_RESTARTS = range(0xD0, 0xD8)
_WITH_BODY: Final = frozenset((*PROCESSES, _SOS, _DQT, _DHT, _DRI, _COM, *_APPLICATION))

_JFIF: Final = b"JFIF\0"
_JFIF_LEAST_BYTES = 14
_JFIF_WRITTEN: Final = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
_ADOBE: Final = b"Adobe"
_ADOBE_LEAST_BYTES = 12
_ADOBE_WRITTEN: Final = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"
"""What a decoder takes for such a marker, with nothing of what came but Adobe's last byte: how colours are coded."""

_PLAIN: Final = frozenset((0xC0, _DQT, _DHT, _SOS))
_PLAIN_START: Final = b"\xff\xd8" + _JFIF_WRITTEN + b"\xff\xdb"

_ZEROS: Final = bytes(ZEROS_BYTES)

FILLING_BYTES: Final = 32
"""So many equal bytes behind coded data fill it up, as some encoders do, and are no damage."""

_MARKER: Final = re.compile(rb"\xff++[^\0]")
_DIVIDER: Final = re.compile(rb"\xff(?:[^\0\xff]|\xff++[^\0]?)")
"""A marker, before which FF may be repeated; and what may be one in coded data, where FF 00 is a byte of it.

The second takes a whole run of FF at once, also where no marker follows: starting anew at each would take long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """A parsed JPEG: `data` is it written anew, `end` its end in the given bytes.

    `unit_px`: width and height of the blocks that are sent together; `restart_units`: after so many of them each begins
    anew, independent of those before it, or 0.
    """

    width_px: int
    height_px: int
    components: int
    end: int
    data: bytes = field(repr=False)
    unit_px: tuple[int, int]
    restart_units: int


@dataclass(frozen=True, slots=True)
class _Segment:
    """A marker, its body, and where all of it ends; behind SOS also where coded data begins, and its restarts."""

    marker: int
    body: bytes = field(repr=False)
    end: int
    coded_at: int
    restarts: int = 0


def rewrite(data: bytes, max_pixels: int) -> Jpeg:
    """Return the JPEG at the beginning of the bytes, written anew.

    Comments, application data and thumbnails are dropped; the markers for the coding of colours (JFIF's, Adobe's) are
    written by us.

    Args:
        data: A JPEG, and perhaps other bytes behind it.
        max_pixels: The largest picture that may be decoded.

    Raises:
        NotAPicture: The bytes are no JPEG of a process that is decoded, not whole, too small or too large.
    """
    scans = Scans(max_pixels, SIDE_MIN_PX)
    parts: list[bytes | memoryview] = []
    view = memoryview(data)
    jfif = adobe = b""
    end = 0
    for segment in _segments(data):
        marker, body, end = segment.marker, segment.body, segment.end
        if marker in _APPLICATION:
            if marker == _APP0 and _has_mark(body, _JFIF, _JFIF_LEAST_BYTES) and not scans.count:
                jfif = _JFIF_WRITTEN
            elif marker == _APP14 and _has_mark(body, _ADOBE, _ADOBE_LEAST_BYTES) and not scans.count:
                adobe = _ADOBE_WRITTEN + body[11:12]
        elif marker not in (_COM, _EOI):
            scans.take(marker, body, segment.restarts)
            if marker == _SOS and not scans.may_be_zeros and _has_zeros(data, segment.coded_at, end):
                raise damaged("a scan of the JPEG holds zeros in the place of coded data")
            parts += (bytes((0xFF, marker)), (len(body) + 2).to_bytes(2, "big"), body, view[segment.coded_at : end])
    frame = scans.whole()
    written = b"".join((b"\xff\xd8", jfif, adobe, *parts, b"\xff\xd9"))
    return Jpeg(
        width_px=frame.width_px, height_px=frame.height_px, components=len(frame.components), end=end, data=written,
        unit_px=unit_px(frame), restart_units=scans.interval,
    )  # fmt: skip


def plain_size(data: bytes, max_width_px: int, max_height_px: int) -> tuple[int, int]:
    """Return the size of a JPEG exactly as our own encoder writes it. Raises NotAPicture for any other or larger."""
    if not data.startswith(_PLAIN_START):
        raise undecodable("the JPEG does not begin as our own do")
    scans = Scans(max_width_px * max_height_px, 1)
    at = len(_PLAIN_START) - 2
    for segment in _segments(data):
        if segment.end <= at:
            continue
        if segment.marker == _EOI:
            at += 2
        elif segment.marker not in _PLAIN:
            raise undecodable("the JPEG holds more than a picture")
        else:
            scans.take(segment.marker, segment.body, segment.restarts)
            at += 4 + len(segment.body) + segment.end - segment.coded_at
        if at != segment.end:
            raise undecodable("the JPEG is filled up between its segments")
    frame = scans.whole()
    if at != len(data):
        raise undecodable(f"the JPEG is followed by {len(data) - at} bytes")
    if frame.width_px > max_width_px or frame.height_px > max_height_px:
        raise NotAPicture("too-large", f"the picture has {frame.width_px}x{frame.height_px} pixels")
    return frame.width_px, frame.height_px


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield every segment behind SOI, up to EOI."""
    if not data.startswith(b"\xff\xd8\xff"):
        raise undecodable("the data does not begin as a JPEG does")
    at, restarts_left, scanned = 2, MAX_RESTARTS, False
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.match(data, at)
        if found is None:
            refused = damaged if scanned else undecodable
            raise refused("the JPEG has no end: it was cut off, or something else stands between its segments")
        marker, begin = data[found.end() - 1], found.end()
        if marker == _EOI:
            yield _Segment(marker, b"", begin, begin)
            return
        if marker not in _WITH_BODY:
            refused = damaged if scanned else undecodable  # a flipped bit makes markers of coded data
            raise refused(f"the JPEG holds the marker {marker:02X}, which is not decoded")
        coded_at = at = begin + int.from_bytes(data[begin : begin + 2], "big")
        if at < begin + 2 or at > len(data):
            refused = damaged if scanned else undecodable
            raise refused("the JPEG has no end: it was cut off within a segment")
        restarts = 0
        if marker == _SOS:
            scanned = True
            at, restarts = _coded(data, at, restarts_left)
            restarts_left -= restarts
        yield _Segment(marker, data[begin + 2 : coded_at], at, coded_at, restarts)
    raise undecodable(f"the JPEG does not end within {MAX_SEGMENTS} segments")


def _coded(data: bytes, begin: int, restarts_left: int) -> tuple[int, int]:
    """Return where coded data ends, and how many restart markers are in it, one after the other in their order."""
    restarts = 0
    for found in _DIVIDER.finditer(data, begin):
        marker = data[found.end() - 1]
        if marker == 0xFF:
            continue
        if marker not in _RESTARTS:
            return found.start(), restarts
        if marker & 7 != restarts & 7:
            raise damaged("the JPEG's restart markers are not in their order")
        restarts += 1
        if restarts > restarts_left:
            raise undecodable("the JPEG has more restart markers than any picture has")
    raise damaged("the JPEG has no end: it was cut off")


def _has_zeros(data: bytes, begin: int, end: int) -> bool:
    """Return whether coded data holds zeros in its middle; a few at its end may fill it up."""
    filled = len(data[max(begin, end - FILLING_BYTES) : end].rstrip(b"\0"))
    return data.find(_ZEROS, begin, max(begin, end - FILLING_BYTES) + filled) >= 0


def _has_mark(body: bytes, mark: bytes, least_bytes: int) -> bool:
    return len(body) >= least_bytes and body.startswith(mark)
