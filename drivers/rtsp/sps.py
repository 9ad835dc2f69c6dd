"""Parses the picture size from a sequence parameter set of H.264 or H.265. Pure.

Only values up to the size are parsed, each validated against the standard's range: other bytes have no size. No value
allocates anything.

Source: ITU-T H.264 clauses 7.3.1, 7.3.2.1.1, 7.4.2.1.1 and 9.1; ITU-T H.265 clauses 7.3.2.2.1, 7.3.3 and 9.2.
"""

from typing import Literal

from drivers.rtsp.rtp import CODECS

MAX_SET_BYTES = 4096
"""A longer parameter set is not read. Real ones have less than a hundred bytes."""

SIDE_MAX_PX = 16_888
"""The longest side of a picture at level 6.2 of either standard: the square root of eight times its largest area."""

_WITH_CHROMA_FORMAT = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_MACROBLOCK_PX = 16
_PROFILE_BITS, _LEVEL_BITS = 88, 8


def picture_size(kind: Literal["h264", "h265"], nal: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels, as the picture is shown; None where the bytes are no such parameter set.

    Args:
        kind: Which standard the unit belongs to.
        nal: A NAL unit with its header and without a start code.
    """
    if not 2 < len(nal) <= MAX_SET_BYTES or CODECS[kind].kind(nal) != CODECS[kind].sequence_set:
        return None
    # 00 00 03 stands for 00 00: a start code cannot be told inside a unit otherwise.
    bits = _Bits(nal[CODECS[kind].header_bytes :].replace(b"\0\0\3", b"\0\0"))
    try:
        width_px, height_px = _h264(bits) if kind == "h264" else _h265(bits)
    except _NotStandard:
        return None
    return (width_px, height_px) if 0 < width_px <= SIDE_MAX_PX and 0 < height_px <= SIDE_MAX_PX else None


class _NotStandard(Exception):
    """A value lies outside of its range, or the bytes end before it."""


class _Bits:
    """Takes values from the front, most significant bit first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """Return the next `count` bits as a number."""
        if count > self._left:
            raise _NotStandard
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def number(self, most: int) -> int:
        """Return an Exp-Golomb number (ue) of at most `most`."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise _NotStandard
        value = (1 << zeros) - 1 + self.take(zeros)
        if value > most:
            raise _NotStandard
        return value

    def signed(self) -> int:
        """Return a signed Exp-Golomb number (se)."""
        value = self.number(2**32 - 2)
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _h264(bits: _Bits) -> tuple[int, int]:
    profile = bits.take(8)
    bits.take(16)
    bits.number(31)
    chroma, apart = 1, False
    if profile in _WITH_CHROMA_FORMAT:
        chroma = bits.number(3)
        apart = chroma == 3 and bits.take(1) == 1
        bits.number(6)
        bits.number(6)
        bits.take(1)
        if bits.take(1):
            for index in range(8 if chroma != 3 else 12):
                if bits.take(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.number(12)
    _skip_order_count(bits)
    bits.number(16)
    bits.take(1)
    sides = SIDE_MAX_PX // _MACROBLOCK_PX + 1
    columns, rows = bits.number(sides) + 1, bits.number(sides) + 1
    # Where pictures may be fields, rows are counted in pairs.
    rows_each = 1 if bits.take(1) else 2
    if rows_each == 2:
        bits.take(1)
    bits.take(1)
    across, down = _cropped(bits, 0 if apart else chroma)
    return columns * _MACROBLOCK_PX - across, (rows * _MACROBLOCK_PX - down) * rows_each


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last, following = 8, 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order_count(bits: _Bits) -> None:
    kind = bits.number(2)
    if kind == 0:
        bits.number(12)
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.number(255)):
            bits.signed()


def _h265(bits: _Bits) -> tuple[int, int]:
    bits.take(4)
    layers = bits.take(3)
    if layers > 6:
        raise _NotStandard
    bits.take(1)
    bits.take(_PROFILE_BITS + _LEVEL_BITS)
    told = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in told:
        bits.take(_PROFILE_BITS * profile + _LEVEL_BITS * level)
    bits.number(15)
    chroma = bits.number(3)
    apart = chroma == 3 and bits.take(1) == 1
    width_px, height_px = bits.number(SIDE_MAX_PX), bits.number(SIDE_MAX_PX)
    across, down = _cropped(bits, 0 if apart else chroma)
    return width_px - across, height_px - down


def _cropped(bits: _Bits, chroma: int) -> tuple[int, int]:
    """Return how many columns and rows are cut off; the set counts them in samples of colour."""
    if not bits.take(1):
        return 0, 0
    left, right, top, bottom = (bits.number(SIDE_MAX_PX) for _ in range(4))
    return (left + right) * (2 if chroma in (1, 2) else 1), (top + bottom) * (2 if chroma == 1 else 1)
