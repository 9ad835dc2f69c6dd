"""Locates the samples of a track in the fragments of an MP4, and its key pictures as flagged.

Source: ISO/IEC 14496-12, 8.8.3 (trex), 8.8.7 (tfhd), 8.8.8 (trun), 8.8.3.1 (sample flags).
"""

import io
import os
import struct
from collections.abc import Iterator, Mapping
from itertools import chain, islice, repeat
from typing import BinaryIO, NamedTuple

from drivers.stores.container import Box, UnreadableError, boxes, read_at
from drivers.stores.samples.boxed import children, content, inner, need
from drivers.stores.samples.units import CUT_OFF

FRAGMENTS_MAX = 5_000
FRAGMENT_MAX_BYTES = 1024 * 1024
FRAGMENTS_MAX_BYTES = 4 * 1024 * 1024
"""How much of the fragments' own tables is read: one of a second has some hundred bytes."""

_NOT_SYNC = 0x10000


class Place(NamedTuple):
    """Where a sample lies, whether its container calls it a key picture, and which entry describes it."""

    start: int
    size: int
    sync: bool
    description: int


class _Defaults(NamedTuple):
    """The defaults for samples without values of their own in a fragment."""

    description: int
    size: int
    flags: int


class _Run(NamedTuple):
    """A run's own offset, and size and flags of each of its samples."""

    offset: int | None
    samples: Iterator[tuple[int, int]]
    total: int


def fragment_places(file: BinaryIO, index: Box, track: int) -> Iterator[Place]:
    """Yield the samples of a track in all fragments behind the index, in order. Raises UnreadableError."""
    extends = children(file, index).get(b"mvex")
    if extends is None:
        return
    usual = dict(_usual(content(file, box, 24)) for box in inner(file, extends) if box.name == b"trex")
    left, end = FRAGMENTS_MAX_BYTES, index.end
    for box, _ in zip(boxes(file, index.end), range(FRAGMENTS_MAX), strict=False):
        end = box.end
        if box.name != b"moof":
            continue
        left -= box.end - box.start
        if left < 0 or box.end - box.start > FRAGMENT_MAX_BYTES:
            raise UnreadableError("the tables of its fragments are too large to be that")
        yield from _fragment(read_at(file, box.start, box.end - box.start), box, usual, track)
    if end < file.seek(0, os.SEEK_END):
        raise UnreadableError(CUT_OFF)


def _fragment(moof: bytes, box: Box, usual: Mapping[int, _Defaults], wanted: int) -> Iterator[Place]:
    """Go through the samples of a track in one fragment."""
    data = io.BytesIO(moof)
    # Where neither of two flags says otherwise, a track's media begins where that of the track before it ended.
    end = box.start
    for traf in inner(data, Box(b"moof", 0, box.header, len(moof))):
        if traf.name != b"traf":
            continue
        found = children(data, traf)
        head = content(data, need(found, b"tfhd"), 64)
        flags, track = int.from_bytes(head[1:4], "big"), int.from_bytes(head[4:8], "big")
        base, defaults = _head(head, flags, usual.get(track, _Defaults(1, 0, 0)))
        base = base if flags & 0x1 else box.start if flags & 0x20000 else end
        if track == wanted and b"senc" in found:
            raise UnreadableError("its video is encrypted")
        end = base
        for one in inner(data, traf):
            if one.name != b"trun":
                continue
            run = _run(content(data, one, len(moof)), defaults)
            at = end if run.offset is None else base + run.offset
            end = at + run.total
            if track != wanted:
                continue
            for size, its in run.samples:
                yield Place(at, size, not its & _NOT_SYNC, defaults.description)
                at += size


def _usual(trex: bytes) -> tuple[int, _Defaults]:
    """Parse the index's defaults for all fragments of a track."""
    if len(trex) < 24:
        raise UnreadableError("its index is damaged: what holds for fragments is cut off")
    _, track, description, _, size, flags = struct.unpack(">6I", trex)
    return track, _Defaults(description, size, flags)


def _head(head: bytes, flags: int, usual: _Defaults) -> tuple[int, _Defaults]:
    """Parse the head of a track's fragment: where its media begins, and the defaults of its samples."""
    at = 8
    base = 0
    told: dict[int, int] = {}
    for bit, width in ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4)):
        if flags & bit:
            if at + width > len(head):
                raise UnreadableError("a fragment is damaged: its head is cut off")
            told[bit] = int.from_bytes(head[at : at + width], "big")
            at += width
    base = told.get(0x1, 0)
    return base, _Defaults(told.get(0x2, usual.description), told.get(0x10, usual.size), told.get(0x20, usual.flags))


def _run(trun: bytes, defaults: _Defaults) -> _Run:
    """Read a run of samples."""
    flags, count = int.from_bytes(trun[1:4], "big"), int.from_bytes(trun[4:8], "big")
    at = 8
    offset = first = None
    if flags & 0x1:
        offset = int.from_bytes(trun[at : at + 4], "big", signed=True)
        at += 4
    if flags & 0x4:
        first = int.from_bytes(trun[at : at + 4], "big")
        at += 4
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    if at + 4 * len(fields) * count > len(trun):
        raise UnreadableError("a fragment is damaged: it has fewer samples than it tells")
    values = struct.unpack_from(f">{len(fields) * count}I", trun, at)

    def column(bit: int, default: int) -> Iterator[int]:
        return iter(values[fields.index(bit) :: len(fields)]) if bit in fields else repeat(default, count)

    total = sum(column(0x200, 0)) if 0x200 in fields else defaults.size * count
    its_flags = column(0x400, defaults.flags)
    if first is not None and count:
        its_flags = chain((first,), islice(its_flags, 1, None))
    return _Run(offset, zip(column(0x200, defaults.size), its_flags, strict=True), total)
