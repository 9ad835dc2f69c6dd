"""Extracts the first key picture from an MP4, plain or fragmented: reads its tables only as far as that needs.

Edit lists and rotation are left out: zones lie in the frame as the camera stores it.

Source: ISO/IEC 14496-12, 8.6.2 (sync samples), 8.7.3 to 8.7.5 (sizes, chunks, offsets) and 8.8 (fragments).
"""

import os
from collections.abc import Iterator, Mapping
from itertools import chain, islice, repeat
from typing import BinaryIO

from drivers.stores.container import Box, UnreadableError, mp4_parts, read_at
from drivers.stores.samples.boxed import Track, content, need, video_track
from drivers.stores.samples.fragments import Place, fragment_places
from drivers.stores.samples.units import CUT_OFF, SAMPLE_MAX_BYTES, Sample, Setup, first_key

PLACES_MAX = 100_000
"""How many samples are passed over: more than an hour of 25 in a second."""

_BLOCK_BYTES = 64 * 1024


def first_picture(file: BinaryIO) -> Sample:
    """Extract the first whole key picture. Raises UnreadableError or OSError."""
    index, _ = mp4_parts(file)
    track = video_track(file, index)
    return first_key(_samples(file, track, chain(_places(file, track), fragment_places(file, index, track.number))))


def _samples(file: BinaryIO, track: Track, places: Iterator[Place]) -> Iterator[tuple[Setup, bytes]]:
    """Read the samples that their container calls key pictures, in order."""
    size = file.seek(0, os.SEEK_END)
    for number, place in enumerate(places):
        if number == PLACES_MAX:
            return
        if not place.sync:
            continue
        setup = track.setup(place.description)
        if place.size > SAMPLE_MAX_BYTES:
            raise UnreadableError("a sample is too large to be a picture")
        if place.start < 0 or place.start + place.size > size:
            raise UnreadableError(CUT_OFF)
        yield setup, read_at(file, place.start, place.size)


def _places(file: BinaryIO, track: Track) -> Iterator[Place]:
    """Go through the samples that the index itself names, in order."""
    tables = track.tables
    sizes = _sizes(file, tables)
    syncs = _rows(file, tables[b"stss"], 4) if b"stss" in tables else None
    sync = _next(syncs) if syncs is not None else None
    row_bytes = 8 if b"co64" in tables else 4
    runs = _rows(file, need(tables, b"stsc"), 12)
    run, following = b"", next(runs, b"")
    number = 0
    for chunk, row in enumerate(_rows(file, need(tables, b"co64" if row_bytes == 8 else b"stco"), row_bytes), 1):
        if following and int.from_bytes(following[:4], "big") <= chunk:
            run, following = following, next(runs, b"")
            if following and int.from_bytes(following[:4], "big") <= chunk:
                raise UnreadableError("its index is damaged: its chunks are not in order")
        if not run:
            raise UnreadableError("its index is damaged: its first chunk is not described")
        at = int.from_bytes(row, "big")
        for size in islice(sizes, int.from_bytes(run[4:8], "big")):
            number += 1
            yield Place(at, size, sync in (None, number), int.from_bytes(run[8:], "big"))
            at += size
            if syncs is not None and sync == number:
                sync = _next(syncs)
                if not sync:
                    return


def _sizes(file: BinaryIO, tables: Mapping[bytes, Box]) -> Iterator[int]:
    """Go through the sizes of all samples."""
    if b"stsz" in tables:
        head = content(file, tables[b"stsz"], 12)
        same, count = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:], "big")
        if same:
            return repeat(same, count)
        return (int.from_bytes(row, "big") for row in _rows(file, tables[b"stsz"], 4, 8))
    box = need(tables, b"stz2")
    bits = content(file, box, 8)[-1:]
    if bits in (b"\x08", b"\x10"):
        return (int.from_bytes(row, "big") for row in _rows(file, box, bits[0] // 8, 8))
    if bits != b"\x04":
        raise UnreadableError("its index is damaged: its sizes have no width")
    head = content(file, box, 12)
    count = int.from_bytes(head[8:], "big")
    pairs = _rows(file, box, 1, 8, (count + 1) // 2)
    return islice((size for pair in pairs for size in (pair[0] >> 4, pair[0] & 0xF)), count)


def _rows(file: BinaryIO, box: Box, row_bytes: int, count_at: int = 4, count: int | None = None) -> Iterator[bytes]:
    """Yield the rows of a table whose number is before them. Raises UnreadableError where some are missing."""
    head = content(file, box, count_at + 4)
    count = int.from_bytes(head[count_at:], "big") if count is None else count
    start = box.start + box.header + count_at + 4
    if start + count * row_bytes > box.end:
        raise UnreadableError("its index is damaged: a table has fewer rows than it tells")
    return _read_rows(file, start, start + count * row_bytes, row_bytes)


def _read_rows(file: BinaryIO, start: int, end: int, row_bytes: int) -> Iterator[bytes]:
    while start < end:
        block = read_at(file, start, min(_BLOCK_BYTES // row_bytes * row_bytes, end - start))
        if len(block) < row_bytes:
            raise UnreadableError(CUT_OFF)
        for at in range(0, len(block) - row_bytes + 1, row_bytes):
            yield block[at : at + row_bytes]
        start += len(block)


def _next(rows: Iterator[bytes]) -> int:
    return int.from_bytes(next(rows, b""), "big")
