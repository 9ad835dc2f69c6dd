"""Finds the NAL units of a byte stream. Pure, and linear in its length.

Source: ITU-T H.264 Annex B and ITU-T H.265 Annex B, which are the same.
"""

from collections.abc import Iterable, Iterator, Sequence

from masking.bitstream.picture import Span, undecodable

MAX_UNITS = 4096
"""The most units of a stream. A picture of 64 million pixels in slices of one row of blocks each has some 500."""

_START = b"\0\0\1"
_START_WRITTEN = b"\0\0\0\1"
_ZEROS_AT_ONCE = 4096


def units(data: bytes) -> Iterator[Span]:
    """Yield the units in order, without empty ones. Raises NotAPicture: no start code first, or more than MAX_UNITS."""
    start = data.find(_START)
    if start < 0 or _without_zeros(data, 0, start):
        raise undecodable("the data does not begin with a start code")
    for _ in range(MAX_UNITS):
        begin = start + len(_START)
        start = data.find(_START, begin)
        end = _without_zeros(data, begin, len(data) if start < 0 else start)
        if end > begin:
            yield begin, end
        if start < 0:
            return
    raise undecodable(f"no picture ends within {MAX_UNITS} units")


def join_units(parts: Iterable[bytes | memoryview]) -> bytes:
    """Return a new byte stream of those units, each with a start code of four bytes."""
    return b"".join(piece for part in parts for piece in (_START_WRITTEN, part))


def places(parts: Sequence[bytes | memoryview]) -> list[Span]:
    """Return where each unit lies in what `join_units` makes of them."""
    found, at = list[Span](), 0
    for part in parts:
        at += len(_START_WRITTEN)
        found.append((at, at + len(part)))
        at += len(part)
    return found


def _without_zeros(data: bytes, begin: int, end: int) -> int:
    """Return where the bytes end without the zeros at their end (trailing_zero_8bits), copying little of them."""
    while end > begin:
        tail = data[max(begin, end - _ZEROS_AT_ONCE) : end]
        kept = len(tail.rstrip(b"\0"))
        end -= len(tail) - kept
        if kept:
            break
    return end
