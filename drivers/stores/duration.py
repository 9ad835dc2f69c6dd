"""Reads the duration of a segment from its header: few and bounded stretches of the file, nothing is decoded.

Source: ISO/IEC 14496-12, 8.2.2, 8.4.2, 8.8; ISO/IEC 13818-1, 2.4.3.4; RFC 9559, 5.1.2 and 5.1.3.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from drivers.stores.container import PACKET_BYTES, Box, UnreadableError, boxes, kind_of, mp4_parts, read_at

_ENDS_BYTES = 1024 * 1024
_FRAGMENTS_MAX = 20_000
_FRAGMENT_MAX_BYTES = 1024 * 1024
_LONGEST_S = 7 * 86_400.0
_PCR_TURN = 1 << 33
_PCR_HZ = 90_000


def duration_s(file: BinaryIO) -> float | None:
    """Return how long a segment lasts, in seconds; None without a possible duration in its header. Raises OSError."""
    try:
        kind = kind_of(file)
        found = {"mp4": _mp4_s, "mpegts": _mpegts_s, "matroska": _matroska_s}[kind](file)
    except (UnreadableError, struct.error, IndexError):
        return None
    return found if found is not None and 0 < found <= _LONGEST_S else None


def _mp4_s(file: BinaryIO) -> float | None:
    index, _ = mp4_parts(file)
    moov = read_at(file, index.start + index.header, index.end - index.start - index.header)
    header = next(_inner(moov, b"mvhd"))
    scale, length = struct.unpack_from(">IQ", header, 20) if header[0] == 1 else struct.unpack_from(">II", header, 12)
    if scale and length and length not in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF):
        return float(length / scale)
    return _fragments_s(file, index, moov)


def _fragments_s(file: BinaryIO, index: Box, moov: bytes) -> float | None:
    """Add what lies between the first and the last fragment of one track to the length of the last."""
    fragments = [
        box
        for box, _ in zip(boxes(file, index.end), range(_FRAGMENTS_MAX), strict=False)
        if box.name == b"moof" and box.end - box.start <= _FRAGMENT_MAX_BYTES
    ]
    if not fragments:
        return None
    track, first, _, _ = _fragment(file, fragments[0], None)
    _, last, length, samples = _fragment(file, fragments[-1], track)
    scale, usual = _track(moov, track)
    if not scale:
        return None
    return (last - first + length + samples * usual) / scale


def _fragment(file: BinaryIO, box: Box, wanted: int | None) -> tuple[int, int, int, int]:
    """Return track, time of the first sample, summed length of the samples that have one, and how many have none."""
    moof = read_at(file, box.start + box.header, box.end - box.start - box.header)
    for traf in _inner(moof, b"traf"):
        head = next(_inner(traf, b"tfhd"))
        flags, track = int.from_bytes(head[1:4], "big"), int.from_bytes(head[4:8], "big")
        if wanted not in (None, track):
            continue
        at = 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
        default = int.from_bytes(head[at : at + 4], "big") if flags & 0x8 else None
        time = next(_inner(traf, b"tfdt"))
        (base,) = struct.unpack_from(">Q" if time[0] == 1 else ">I", time, 4)
        length = without = 0
        for run in _inner(traf, b"trun"):
            flags, count = int.from_bytes(run[1:4], "big"), int.from_bytes(run[4:8], "big")
            row = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
            start = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
            count = min(count, (len(run) - start) // row if row else count)
            if flags & 0x100:
                length += sum(struct.unpack_from(">I", run, start + row * number)[0] for number in range(count))
            elif default is not None:
                length += default * count
            else:
                without += count
        return track, base, length, without
    raise UnreadableError("a fragment has no track of that number")


def _track(moov: bytes, wanted: int) -> tuple[int, int]:
    """Return the time scale of a track, and the default length of a sample."""
    scale = usual = 0
    for trak in _inner(moov, b"trak"):
        head = next(_inner(trak, b"tkhd"))
        if int.from_bytes(head[20:24] if head[0] == 1 else head[12:16], "big") == wanted:
            media = next(_inner(next(_inner(trak, b"mdia")), b"mdhd"))
            scale = int.from_bytes(media[20:24] if media[0] == 1 else media[12:16], "big")
    for extends in _inner(moov, b"mvex"):
        for row in _inner(extends, b"trex"):
            if int.from_bytes(row[4:8], "big") == wanted:
                usual = int.from_bytes(row[12:16], "big")
    return scale, usual


def _inner(data: bytes, name: bytes) -> Iterator[bytes]:
    """Yield the contents of the boxes of a name within another box; then fail, so that a missing one is noticed."""
    at = 0
    found = False
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8:
            break
        if data[at + 4 : at + 8] == name:
            found = True
            yield data[at + 8 : at + size]
        at += size
    if not found and name not in (b"traf", b"trun", b"mvex", b"trex"):
        raise UnreadableError(f"a box {name!r} is missing")


def _mpegts_s(file: BinaryIO) -> float | None:
    """Subtract the first clock reference of a program from its last, which may have turned over once."""
    size = file.seek(0, 2)
    first = next(_clock_references(read_at(file, 0, _ENDS_BYTES)), None)
    if first is None:
        return None
    start = max(0, size - _ENDS_BYTES) // PACKET_BYTES * PACKET_BYTES
    last = [ticks for pid, ticks in _clock_references(read_at(file, start, _ENDS_BYTES)) if pid == first[0]]
    return ((last[-1] - first[1]) % _PCR_TURN) / _PCR_HZ if last else None


def _clock_references(data: bytes) -> Iterator[tuple[int, int]]:
    for at in range(0, len(data) - PACKET_BYTES + 1, PACKET_BYTES):
        # Only packets with an adaptation field that holds a clock reference.
        if data[at] == 0x47 and data[at + 3] & 0x20 and data[at + 4] >= 7 and data[at + 5] & 0x10:
            pid = int.from_bytes(data[at + 1 : at + 3], "big") & 0x1FFF
            yield pid, int.from_bytes(data[at + 6 : at + 11], "big") >> 7


def _matroska_s(file: BinaryIO) -> float | None:
    """Return the file's stated length; where it was never finished, the time of its last cluster."""
    head = read_at(file, 0, _ENDS_BYTES)
    scale = _element(head, b"\x2a\xd7\xb1")
    ns = int.from_bytes(scale, "big") if scale else 1_000_000
    length = _element(head[: head.find(b"\x1f\x43\xb6\x75")] if b"\x1f\x43\xb6\x75" in head else head, b"\x44\x89")
    if length and len(length) in (4, 8):
        ticks: float = struct.unpack(">f" if len(length) == 4 else ">d", length)[0]
        if ticks > 0:
            return ticks * ns / 1e9
    tail = read_at(file, max(0, file.seek(0, 2) - _ENDS_BYTES), _ENDS_BYTES)
    at = tail.rfind(b"\x1f\x43\xb6\x75")
    time = _element(tail[at : at + 64], b"\xe7") if at >= 0 else None
    return int.from_bytes(time, "big") * ns / 1e9 if time else None


def _element(data: bytes, name: bytes) -> bytes | None:
    """Return the content of a small element: its name, a length of one byte, its content."""
    at = data.find(name)
    if at < 0 or at + len(name) >= len(data):
        return None
    count = data[at + len(name)] & 0x7F
    start = at + len(name) + 1
    return data[start : start + count] if 1 <= count <= 8 else None
