"""Writes a picture's slices with other bytes behind them or at their ends, to test whether a decoder needs those.

An arithmetic decoder reads whatever bits there are: with a part of a slice missing it runs on into what lies behind,
and with wrong bits in it, it is done long before the end. So of a whole slice all bytes count, and none behind it.
`masking/worker/whole.py` compares what a decoder makes of these. Pure.

Source: ITU-T H.264 clauses 7.3.2.8, 7.3.2.10 and 9.3.1.2; ITU-T H.265 clauses 7.3.2.9, 7.3.2.10 and 9.3.2.5.
"""

from collections.abc import Collection
from typing import Final

from masking.bitstream.picture import AccessUnit

BEHIND: Final = bytes((37 * n * n + 11 * n) % 251 + 4 for n in range(192))
"""What is put behind a slice: no zeros, which decoders add themselves, and nothing that could be a start code."""

_WORD = b"\0\0\3"
"""cabac_zero_word and what keeps it from being a start code: filling behind the end of a slice, which nobody reads."""

_FRONT_BYTES = 16
"""More than a slice takes before its data begins, where it is as short as to be hit."""


def with_more_behind(unit: AccessUnit) -> bytes:
    """Return the picture with further bytes behind each slice, which no decoder of a whole one reads."""
    return b"".join(piece for part in _pieces(unit) for piece in (part, BEHIND))


def with_other_ends(unit: AccessUnit, numbers: Collection[int], count: int) -> tuple[bytes, frozenset[int]]:
    """Return the picture with the last bytes of some slices changed, and the numbers of those that were long enough.

    Args:
        unit: The picture.
        numbers: Which slices, from 0.
        count: How many bytes at the end of each.
    """
    parts, changed = [], set()
    for number, part in enumerate(_pieces(unit)):
        here = part
        if number in numbers:
            end = len(part)
            while part.endswith(_WORD, 0, end):
                end -= len(_WORD)
            one = unit.slices[number]
            if end - (len(part) - (one.end - one.begin)) >= _FRONT_BYTES + count:
                here = part[: end - count] + bytes(byte ^ 0x5A | 4 for byte in part[end - count : end]) + part[end:]
                changed.add(number)
        parts.append(here)
    return b"".join(parts), frozenset(changed)


def _pieces(unit: AccessUnit) -> list[bytes]:
    """Return the picture in pieces, each of which ends where a slice does."""
    ends = [one.end for one in unit.slices]
    return [unit.data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
