"""Defines the result of parsing foreign bytes: one picture, or why there is none. And the bounds of both."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Span = tuple[int, int]
"""Where a unit begins, without its start code, and where it ends, without the zeros behind it."""

SIDE_MIN_PX = 16
SIDE_MAX_PX = 16_888
"""The longest side of a picture at level 6.2 of H.264 and H.265: the square root of eight times its largest area."""


@dataclass(frozen=True, slots=True)
class CodedSlice:
    """Where a slice lies in a picture's `data`, and the rows of pixels that its blocks lie in, as far as that is known.

    `begin`, `end`: its unit, without start code. `rows_px`: the first of these rows, and the one behind them; (0, 0)
    where they are not known.
    """

    begin: int
    end: int
    rows_px: tuple[int, int]


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """A picture in Annex-B form, parameter sets first, its shown size, and the units up to its end not in `data`.

    `slices`: those in `data`, in order.
    """

    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    dropped_units: int
    slices: tuple[CodedSlice, ...] = field(default=(), repr=False, compare=False)


Refusal = Literal["undecodable", "damaged", "too-large"]
"""Why bytes are no picture: they cannot be one, a part of it is missing or wrong, or it is larger than is decoded."""


class NotAPicture(Exception):
    """No picture that may reach a decoder; `detail`: one ASCII line of our own, at most 200 characters."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.reason: Refusal = reason
        self.detail = detail


def undecodable(detail: str) -> NotAPicture:
    """Return the refusal of bytes that no decoder should see."""
    return NotAPicture("undecodable", detail)


def damaged(detail: str) -> NotAPicture:
    """Return the refusal of a picture of which a part did not arrive, or arrived wrong."""
    return NotAPicture("damaged", detail)


def sliced(spans: Sequence[Span], addresses: Sequence[int], columns: int, block_px: int) -> tuple[CodedSlice, ...]:
    """Return slices with their rows.

    Args:
        spans: Where each lies, in order.
        addresses: Number of the first block of each, counted row by row.
        columns: How many blocks lie side by side; 0 where they are not sent row by row: then each may lie anywhere.
        block_px: Side of a block in pixels.
    """
    if not columns:
        return tuple(CodedSlice(begin, end, (0, 0)) for begin, end in spans)
    tops = [address // columns * block_px for address in addresses]
    ends = [(address - 1) // columns * block_px + block_px for address in addresses[1:]]
    return tuple(
        CodedSlice(begin, end, rows)
        for (begin, end), rows in zip(spans, zip(tops, (*ends, SIDE_MAX_PX), strict=True), strict=True)
    )


def check_size(
    width_px: int, height_px: int, max_pixels: int, side_min_px: int = SIDE_MIN_PX, side_max_px: int = SIDE_MAX_PX
) -> None:
    """Raise NotAPicture for a picture, as stored or as shown, too small to be judged or too large to be decoded."""
    if min(width_px, height_px) < side_min_px:
        raise undecodable(f"the picture has only {width_px}x{height_px} pixels")
    if max(width_px, height_px) > side_max_px or width_px * height_px > max_pixels:
        raise NotAPicture("too-large", f"the picture has {width_px}x{height_px} pixels")
