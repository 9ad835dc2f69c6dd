"""Extracts the first key picture from a Matroska or WebM file, finished or live.

Elements of EBML (id, size, content) are parsed flat and bounded. Segment, clusters and groups are entered, everything
else is skipped: so sizes unknown at writing need no second way, and nothing is nested however the file is.

Source: RFC 9559, 5.1 (elements), 10 (blocks), 5.1.4.1.31 (encodings); RFC 8794, 4 (VINT), 5 (ID), 6 (size, unknown
sizes), 7 (types) and 11.2 (header).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from drivers.stores.container import UnreadableError, read_at
from drivers.stores.samples.units import CUT_OFF, SAMPLE_MAX_BYTES, CodecName, Sample, Setup, first_key, read_record
from drivers.text import sanitize

ELEMENTS_MAX = 200_000
"""The most elements read: an hour of video and sound."""

TRACKS_MAX_BYTES = 1024 * 1024
_HEADER_MAX_BYTES = 4096
_BLOCK_HEAD_BYTES = 12

_HEADER, _SEGMENT, _TRACKS, _CLUSTER, _GROUP = 0x1A45DFA3, 0x18538067, 0x1654AE6B, 0x1F43B675, 0xA0
_SIMPLE, _BLOCK = 0xA3, 0xA1
_TRACK, _NUMBER, _TYPE, _CODEC, _PRIVATE, _ENCODINGS = 0xAE, 0xD7, 0x83, 0x86, 0x63A2, 0x6D80
_ENCODING, _ENCODING_TYPE, _SCOPE, _COMPRESSION, _ALGORITHM, _SETTINGS = 0x6240, 0x5033, 0x5032, 0x5034, 0x4254, 0x4255
_DOC_TYPE, _NAME_MAX, _SIZE_MAX = 0x4282, 0x42F2, 0x42F3
_VIDEO = 1
_HEADER_STRIPPING = 3
_CODECS: Mapping[bytes, CodecName] = {b"V_MPEG4/ISO/AVC": "h264", b"V_MPEGH/ISO/HEVC": "h265"}


@dataclass(frozen=True, slots=True)
class _Track:
    """The video track: its number, its setup, and the bytes before each frame that are stored only once."""

    number: int
    setup: Setup
    stripped: bytes


def first_picture(file: BinaryIO) -> Sample:
    """Extract the first whole key picture. Raises UnreadableError or OSError."""
    return first_key(_samples(file, _segment(file)))


def _segment(file: BinaryIO) -> int:
    """Return where the content of the segment begins."""
    header = element_at(file, 0)
    if header is None or header.name != _HEADER or header.end is None or header.end - header.start > _HEADER_MAX_BYTES:
        raise UnreadableError("it has no EBML header")
    said = dict(children(read_at(file, header.start, header.end - header.start)))
    if said.get(_DOC_TYPE, b"").rstrip(b"\0") not in (b"matroska", b"webm"):
        raise UnreadableError("it is EBML, but neither Matroska nor WebM")
    if int.from_bytes(said.get(_NAME_MAX, b"\4"), "big") > 4 or int.from_bytes(said.get(_SIZE_MAX, b"\x08"), "big") > 8:
        raise UnreadableError("its elements have longer names or sizes than Matroska's")
    return header.end


def _samples(file: BinaryIO, at: int) -> Iterator[tuple[Setup, bytes]]:
    """Read the frames of the video track that may be key pictures, in order."""
    size = file.seek(0, os.SEEK_END)
    track: _Track | None = None
    for _ in range(ELEMENTS_MAX):
        if at == size:
            return
        element = element_at(file, at) if at < size else None
        if element is None:
            raise UnreadableError(CUT_OFF)
        if element.name in (_SEGMENT, _CLUSTER, _GROUP):
            at = element.start
            continue
        if element.end is None:
            raise UnreadableError("it is damaged: an element has no size")
        if element.name == _TRACKS and track is None:
            track = _video_track(_content(file, element, size, TRACKS_MAX_BYTES))
        elif element.name in (_SIMPLE, _BLOCK):
            if track is None:
                raise UnreadableError("its media comes before its tracks")
            frame = _frame(file, element, size, track)
            if frame is not None:
                yield track.setup, frame
        at = element.end


def _content(file: BinaryIO, element: Element, size: int, most_bytes: int) -> bytes:
    end = element.end
    if end is None or end - element.start > most_bytes:
        raise UnreadableError("it is damaged: an element is too large")
    if end > size:
        raise UnreadableError(CUT_OFF)
    return read_at(file, element.start, end - element.start)


def _frame(file: BinaryIO, block: Element, size: int, track: _Track) -> bytes | None:
    """Read the frame of a block; None where it is another track's, or no key picture."""
    head = read_at(file, block.start, _BLOCK_HEAD_BYTES)
    number, width = vint(head)
    if number != track.number or width + 3 > len(head):
        return None
    flags = head[width + 2]
    if block.name == _SIMPLE and not flags & 0x80:
        return None
    if flags & 0x06:
        raise UnreadableError("several pictures are laced into one block")
    return track.stripped + _content(file, block, size, SAMPLE_MAX_BYTES)[width + 3 :]


def _video_track(tracks: bytes) -> _Track:
    """Find the first video track in H.264 or H.265."""
    foreign = "it has no video"
    for name, entry in children(tracks):
        if name != _TRACK:
            continue
        said = dict(children(entry))
        if int.from_bytes(said.get(_TYPE, b""), "big") != _VIDEO:
            continue
        codec = said.get(_CODEC, b"").rstrip(b"\0")
        if codec not in _CODECS:
            foreign = f"its video is {_name(codec, said.get(_PRIVATE, b''))}, not H.264 or H.265"
            continue
        of_frames, of_private = _stripped(said.get(_ENCODINGS, b""))
        setup = read_record(_CODECS[codec], of_private + said.get(_PRIVATE, b""))
        return _Track(int.from_bytes(said.get(_NUMBER, b""), "big"), setup, of_frames)
    raise UnreadableError(foreign)


def _name(codec: bytes, private: bytes) -> str:
    """Return a codec's name; for the two ids that only name another list, with its name there."""
    at = {b"V_MS/VFW/FOURCC": 16, b"V_QUICKTIME": 4}.get(codec)
    within = f" {private[at : at + 4].decode('latin-1')}" if at else ""
    return sanitize(codec.decode("latin-1") + within, 40)


def _stripped(encodings: bytes) -> tuple[bytes, bytes]:
    """Return the bytes stripped off each frame and private data. Raises UnreadableError for any other packing."""
    found = [held for name, held in children(encodings) if name == _ENCODING]
    if not found:
        return b"", b""
    encoding = dict(children(found[0]))
    if len(found) > 1 or int.from_bytes(encoding.get(_ENCODING_TYPE, b""), "big"):
        raise UnreadableError("its video is encrypted, or encoded in several ways")
    compression = dict(children(encoding.get(_COMPRESSION, b"")))
    if int.from_bytes(compression.get(_ALGORITHM, b""), "big") != _HEADER_STRIPPING:
        raise UnreadableError("its video is compressed a second time")
    scope, settings = int.from_bytes(encoding.get(_SCOPE, b"\1"), "big"), compression.get(_SETTINGS, b"")
    return (settings if scope & 1 else b""), (settings if scope & 2 else b"")


CHILDREN_MAX = 1024
"""The most elements read within another."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its name, where its content begins and ends; the end is None where its size is not known."""

    name: int
    start: int
    end: int | None


def element_at(file: BinaryIO, at: int) -> Element | None:
    """Parse the head of an element; None where the file ends within it. Raises UnreadableError."""
    head = read_at(file, at, 12)
    name_bytes = _width(head[:1])
    if name_bytes > 4:
        raise UnreadableError("it is damaged: an element has no name")
    size_bytes = _width(head[name_bytes : name_bytes + 1])
    start = name_bytes + size_bytes
    if not head or start > len(head):
        return None
    size = _number(head[name_bytes:start])
    unknown = size == (1 << 7 * size_bytes) - 1
    return Element(int.from_bytes(head[:name_bytes], "big"), at + start, None if unknown else at + start + size)


def children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield an element's elements: names and contents. Raises UnreadableError unless they fill it."""
    at = 0
    for _ in range(CHILDREN_MAX):
        if at == len(data):
            return
        name_bytes = _width(data[at : at + 1])
        size_bytes = _width(data[at + name_bytes : at + name_bytes + 1])
        start = at + name_bytes + size_bytes
        end = start + _number(data[at + name_bytes : start])
        if name_bytes > 4 or end > len(data):
            break
        yield int.from_bytes(data[at : at + name_bytes], "big"), data[start:end]
        at = end
    raise UnreadableError("it is damaged: an element does not hold what it tells")


def vint(data: bytes) -> tuple[int, int]:
    """Return the number at the beginning, and how many bytes it takes."""
    width = _width(data[:1])
    return _number(data[:width]), width


def _width(first: bytes) -> int:
    """Return how many bytes a number has that begins so; more than can be read where there is none."""
    return 9 - first[0].bit_length() if first and first[0] else 9


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big") & (1 << 7 * len(data)) - 1
