"""Detects the container of a segment's file, and finds the boxes of an MP4. `samples/` extracts its pictures.

Reads few and bounded stretches of the file and never decodes.

Source: ISO/IEC 14496-12, 4.2 and 8.1.1; ISO/IEC 13818-1, 2.4.3.2; RFC 8794, 8.1 and RFC 9559, 5.1.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

Kind = Literal["mp4", "mpegts", "matroska"]

INDEX_MAX_BYTES = 16 * 1024 * 1024
BOXES_MAX = 64
EBML = b"\x1a\x45\xdf\xa3"
PACKET_BYTES = 188
_FIRST_BOXES = (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide")


class UnreadableError(Exception):
    """The file cannot be played from its beginning; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of an MP4 file: where its header starts, how long that is, and where the box ends."""

    name: bytes
    start: int
    header: int
    end: int


def kind_of(file: BinaryIO) -> Kind:
    """Detect the container by the file's first bytes. Raises UnreadableError for any other file."""
    head = read_at(file, 0, 3 * PACKET_BYTES)
    if head[4:8] in _FIRST_BOXES:
        return "mp4"
    if head.startswith(EBML):
        return "matroska"
    if len(head) >= PACKET_BYTES and all(head[at] == 0x47 for at in range(0, len(head), PACKET_BYTES)):
        return "mpegts"
    raise UnreadableError("it begins like no MP4, MPEG-TS or Matroska file")


def check(file: BinaryIO) -> None:
    """Check that a segment can be played: its kind, and the index of an MP4. Raises UnreadableError or OSError."""
    if kind_of(file) == "mp4":
        mp4_parts(file)


def mp4_parts(file: BinaryIO) -> tuple[Box, Box | None]:
    """Find an MP4's `moov` and the `mdat` before or right after it. Raises UnreadableError: cut off or unfinished."""
    index: Box | None = None
    media: Box | None = None
    for number, box in enumerate(boxes(file)):
        if box.name == b"moov":
            index = box
        elif box.name == b"mdat" and media is None:
            media = box
        if index is not None and media is not None:
            break
        if number >= BOXES_MAX:
            break
    if index is None:
        raise UnreadableError("it has no index: it was cut off, or is still being written")
    if index.end - index.start > INDEX_MAX_BYTES or (media and min(media.start, index.start) > INDEX_MAX_BYTES):
        raise UnreadableError("its index is too large to be one")
    return index, media


def boxes(file: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield an MP4's boxes on one level, up to the first that does not fit; a cut-off `mdat` ends with the file."""
    stop = file.seek(0, os.SEEK_END) if end is None else end
    at = start
    while at + 8 <= stop:
        head = read_at(file, at, 16)
        size, name, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1 and len(head) == 16:
            size, header = int.from_bytes(head[8:], "big"), 16
        elif size == 0:
            size = stop - at
        if size < header or (at + size > stop and name != b"mdat"):
            return
        yield Box(name, at, header, min(at + size, stop))
        at += size


def read_at(file: BinaryIO, start: int, count: int) -> bytes:
    """Read a stretch of a file; less at its end."""
    file.seek(start)
    return file.read(count)
