"""Writes MP4 files box by box, so that tests have each shape that the standard allows, and each that it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

KEY, OTHER = b"\x65\x88\x84key picture", b"\x41\x9aanother one"
SETS = (b"\x67\x42\x00\x0a\xf8", b"\x68\xce\x38\x80")
"""Units that no decoder would take: the reader looks at their types only."""


def box(name: bytes, *parts: bytes, wide: bool = False) -> bytes:
    """Write a box, with a size of 64 bits if asked."""
    body = b"".join(parts)
    if wide:
        return b"\0\0\0\1" + name + (16 + len(body)).to_bytes(8, "big") + body
    return (8 + len(body)).to_bytes(4, "big") + name + body


def numbers(*values: int, width: int = 4) -> bytes:
    """Write numbers."""
    return b"".join(value.to_bytes(width, "big") for value in values)


def prefixed(*units: bytes, width: int = 4) -> bytes:
    """Write units with their length before each."""
    return b"".join(len(unit).to_bytes(width, "big") + unit for unit in units)


def avcc(sets: Sequence[bytes] = SETS, width: int = 4) -> bytes:
    """Write the record of H.264."""
    sps = [unit for unit in sets if unit[0] & 0x1F == 7]
    pps = [unit for unit in sets if unit[0] & 0x1F == 8]
    head = bytes((1, 0x42, 0, 10, 0xFC | width - 1, 0xE0 | len(sps)))
    return head + prefixed(*sps, width=2) + bytes((len(pps),)) + prefixed(*pps, width=2)


def hvcc(sets: Sequence[bytes], width: int = 4) -> bytes:
    """Write the record of H.265, each set in an array of its own."""
    arrays = [bytes((0x80 | unit[0] >> 1 & 0x3F,)) + numbers(1, width=2) + prefixed(unit, width=2) for unit in sets]
    return b"\1" + bytes(20) + bytes((0xFC | width - 1, len(arrays))) + b"".join(arrays)


def entry(name: bytes = b"avc1", *within: bytes) -> bytes:
    """Write the sample entry of a video track."""
    return box(name, bytes(6), numbers(1, width=2), bytes(70), *(within or (box(b"avcC", avcc()),)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the tables of a track are written. `chunks`: how many samples in each. `syncs` None: no such table.

    `sizes`: how sizes are told: `stsz`, or the bits of each in `stz2`.
    """

    handler: bytes = b"vide"
    number: int = 1
    entries: tuple[bytes, ...] = (entry(),)
    chunks: tuple[int, ...] = ()
    descriptions: tuple[int, ...] = ()
    syncs: tuple[int, ...] | None = None
    sizes: str = "stsz"
    wide: bool = False
    index_first: bool = False
    media_to_end: bool = False


def plain(samples: Sequence[bytes], shape: Shape | None = None, before: bytes = b"", after: bytes = b"") -> bytes:
    """Write a plain MP4. `before` and `after`: other tracks of its index, in whose order."""
    shape = shape or Shape()
    shape = shape if shape.chunks else replace(shape, chunks=(len(samples),))
    media = b"".join(samples)
    start = b"\0\0\0\0mdat" + media if shape.media_to_end else box(b"mdat", media, wide=shape.wide)
    kind = box(b"ftyp", b"isom\0\0\2\0isom")

    def index(at: int) -> bytes:
        body = box(b"mvhd", bytes(100)) + before + track(samples, shape, at) + after
        return box(b"moov", body, wide=shape.wide)

    header = len(start) - len(media)
    if shape.index_first:
        return kind + index(len(kind) + len(index(0)) + header) + start
    return kind + start + index(len(kind) + header)


def track(samples: Sequence[bytes], shape: Shape, at: int) -> bytes:
    """Write a track whose media begins at an offset of the file."""
    offsets, rows, number = [], b"", 0
    for chunk, count in enumerate(shape.chunks, 1):
        offsets.append(at)
        at += sum(len(sample) for sample in samples[number : number + count])
        number += count
        rows += numbers(chunk, count, shape.descriptions[chunk - 1] if shape.descriptions else 1)
    tables = [box(b"stsd", bytes(4), numbers(len(shape.entries)), *shape.entries), box(b"stts", bytes(8))]
    if shape.syncs is not None:
        tables.append(box(b"stss", bytes(4), numbers(len(shape.syncs), *shape.syncs)))
    tables.append(box(b"stsc", bytes(4), numbers(len(shape.chunks)), rows))
    tables.append(_sizes([len(sample) for sample in samples], shape.sizes))
    width = 8 if shape.wide else 4
    tables.append(
        box(b"co64" if shape.wide else b"stco", bytes(4), numbers(len(offsets)), numbers(*offsets, width=width))
    )
    media = box(b"minf", box(b"stbl", *tables, wide=shape.wide))
    handler = box(b"hdlr", bytes(8), shape.handler, bytes(13))
    head = box(b"tkhd", bytes(4), numbers(0, 0, shape.number), bytes(68))
    return box(b"trak", head, box(b"mdia", box(b"mdhd", bytes(24)), handler, media), wide=shape.wide)


def _sizes(sizes: list[int], how: str) -> bytes:
    if how == "stsz":
        return box(b"stsz", bytes(8), numbers(len(sizes), *sizes))
    if how == "same":
        assert len(set(sizes)) == 1
        return box(b"stsz", bytes(4), numbers(sizes[0], len(sizes)))
    bits = int(how)
    if bits == 4:
        padded = [*sizes, 0][: (len(sizes) + 1) // 2 * 2]
        rows = bytes(high << 4 | low for high, low in zip(padded[::2], padded[1::2], strict=True))
    else:
        rows = numbers(*sizes, width=bits // 8)
    return box(b"stz2", bytes(7), bytes((bits,)), numbers(len(sizes)), rows)


def initial(shape: Shape | None = None, trex: Sequence[tuple[int, int, int, int]] = ((1, 1, 0, 0),)) -> bytes:
    """Write what stands before fragments. `trex`: track, description, size and flags of each."""
    shape = replace(shape or Shape(), chunks=())
    extends = [
        box(b"trex", bytes(4), numbers(one, description, 0, size, flags)) for one, description, size, flags in trex
    ]
    return box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", bytes(100)), track((), shape, 0), box(b"mvex", *extends))


def traf(number: int, flags: int, head: bytes, *runs: bytes) -> bytes:
    """Write a track's part of a fragment. `head`: the fields that the flags announce."""
    return box(b"traf", box(b"tfhd", numbers(flags, number), head), *runs)


def trun(flags: int, count: int, *fields: int) -> bytes:
    """Write a run of samples: its own fields, then those of each."""
    return box(b"trun", numbers(flags, count, *fields))
