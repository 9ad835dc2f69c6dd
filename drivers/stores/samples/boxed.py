"""Parses the index of an MP4 for its first video track in H.264 or H.265: its tables, by their offsets.

Source: ISO/IEC 14496-12, 8.4, 8.5, 8.6.2, 8.7 and 8.8.3; ISO/IEC 14496-15, 5.3.3 and 8.3.3; the entries of other codecs
are named by the list of registered types, mp4ra.org.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from drivers.stores.container import Box, UnreadableError, boxes, read_at
from drivers.stores.samples.units import RECORD_MAX_BYTES, CodecName, Setup, read_record
from drivers.text import sanitize

BOXES_EACH_MAX = 512
"""The most boxes read within another."""

TRACKS_MAX = 64
ENTRIES_MAX = 16
_ENTRY_BYTES = 86
_SUPPORTED: Mapping[bytes, tuple[CodecName, bytes]] = {
    b"avc1": ("h264", b"avcC"),
    b"avc3": ("h264", b"avcC"),
    b"hvc1": ("h265", b"hvcC"),
    b"hev1": ("h265", b"hvcC"),
}
_NAMES: Mapping[bytes, str] = {
    b"FFV1": "FFV1",
    b"M8RG": "MagicYUV",
    b"M8Y0": "MagicYUV",
    b"MJPG": "Motion JPEG",
    b"ap4h": "ProRes",
    b"apch": "ProRes",
    b"apcn": "ProRes",
    b"apco": "ProRes",
    b"apcs": "ProRes",
    b"av01": "AV1",
    b"avc2": "H.264 with extractors",
    b"avc4": "H.264 with extractors",
    b"dvh1": "Dolby Vision",
    b"dvhe": "Dolby Vision",
    b"gif ": "GIF",
    b"hvc2": "H.265 with extractors",
    b"hev2": "H.265 with extractors",
    b"jpeg": "JPEG",
    b"mjpa": "Motion JPEG",
    b"mjpb": "Motion JPEG",
    b"mp4v": "MPEG-4 Visual, MPEG-2 or JPEG",
    b"png ": "PNG",
    b"tiff": "TIFF",
    b"vp08": "VP8",
    b"vp09": "VP9",
    b"vvc1": "H.266",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A track: number, sample entries (a text names another codec), sample tables by name."""

    number: int
    entries: tuple[Setup | str, ...]
    tables: Mapping[bytes, Box]

    def setup(self, description: int) -> Setup:
        """Return the entry that a sample names, counted from 1."""
        if not 1 <= description <= len(self.entries):
            raise UnreadableError("its index is damaged: a sample has no description")
        entry = self.entries[description - 1]
        if isinstance(entry, str):
            raise UnreadableError(entry)
        return entry


def video_track(file: BinaryIO, index: Box) -> Track:
    """Find the first video track in H.264 or H.265. Raises UnreadableError, whose text names what there is."""
    foreign = "it has no video"
    traks = (box for box in inner(file, index) if box.name == b"trak")
    for trak in islice(traks, TRACKS_MAX):
        media = children(file, only(file, trak, b"mdia"))
        if b"hdlr" not in media or read_at(file, media[b"hdlr"].start + media[b"hdlr"].header + 8, 4) != b"vide":
            continue
        tables = children(file, need(children(file, need(media, b"minf")), b"stbl"))
        entries = tuple(_entry(file, box) for box in _entries(file, need(tables, b"stsd")))
        if not any(isinstance(entry, Setup) for entry in entries):
            foreign = next((entry for entry in entries if isinstance(entry, str)), foreign)
            continue
        head = content(file, only(file, trak, b"tkhd"), 24)
        number = int.from_bytes(head[20:24] if head[:1] == b"\1" else head[12:16], "big")
        return Track(number=number, entries=entries, tables=tables)
    raise UnreadableError(foreign)


def inner(file: BinaryIO, box: Box, skip: int = 0) -> Iterator[Box]:
    """Go through the boxes within a box, so many bytes after its header."""
    return islice(boxes(file, box.start + box.header + skip, box.end), BOXES_EACH_MAX)


def children(file: BinaryIO, box: Box) -> dict[bytes, Box]:
    """Return the boxes within a box by name, the first of each."""
    found: dict[bytes, Box] = {}
    for child in inner(file, box):
        found.setdefault(child.name, child)
    return found


def only(file: BinaryIO, box: Box, name: bytes) -> Box:
    """Return the first box of a name within a box."""
    return need(children(file, box), name)


def need(found: Mapping[bytes, Box], name: bytes) -> Box:
    """Return a box that must be there."""
    if name not in found:
        raise UnreadableError(f"its index is damaged: the box {name.decode('latin-1')} is missing")
    return found[name]


def content(file: BinaryIO, box: Box, most_bytes: int) -> bytes:
    """Return the beginning of a box's content."""
    start = box.start + box.header
    return read_at(file, start, min(most_bytes, box.end - start))


def _entries(file: BinaryIO, stsd: Box) -> list[Box]:
    found = list(islice(inner(file, stsd, 8), ENTRIES_MAX + 1))
    if not 0 < len(found) <= ENTRIES_MAX:
        raise UnreadableError("its index is damaged: it describes no samples, or in too many ways")
    return found


def _entry(file: BinaryIO, box: Box) -> Setup | str:
    """Read a sample entry of a video track."""
    if box.name == b"encv":
        return "its video is encrypted"
    if box.name not in _SUPPORTED:
        fourcc = sanitize(box.name.decode("latin-1"))
        name = _NAMES.get(box.name)
        return f"its video is {f'{name} ({fourcc})' if name else fourcc}, not H.264 or H.265"
    kind, name_of_record = _SUPPORTED[box.name]
    within: dict[bytes, Box] = {}
    for child in inner(file, box, _ENTRY_BYTES - 8):
        within.setdefault(child.name, child)
    if b"sinf" in within:
        return "its video is encrypted"
    return read_record(kind, content(file, need(within, name_of_record), RECORD_MAX_BYTES + 1))
