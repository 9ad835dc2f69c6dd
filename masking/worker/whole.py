"""Determines whether a decoder used a picture's slices to their ends, and nothing behind them.

FFmpeg decodes an H.265 slice of which a part is missing without a word, and paints something over the rest. Decoding
once more, with the last bytes of the slices changed, shows it: in a whole picture that changes its last blocks. It
changes nothing where the decoder was done before, and much where it was not done there; then the same with further
bytes behind the slices decides, which must change nothing at all. Runs in the locked-down child only.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from masking.bitstream.ends import with_more_behind, with_other_ends
from masking.bitstream.picture import AccessUnit, CodedSlice

Picture = npt.NDArray[np.uint8]
Again = Callable[[bytes], Picture | None]
"""Decodes another form of the picture; None where the decoder complains, or makes none."""

_CHANGED_BYTES: Final = (4, 16, 64)
"""How many bytes at the end of a slice are changed; more than the first where those change nothing.

A flat block takes a part of a bit, and is flat however it is said to be predicted; and below the last row of fields
there may be blocks that nobody sees."""

_LAST_ROWS_PX: Final = 16
_LAST_PX: Final = 64
_FLAT_LEVELS: Final = 6
"""A slice ends flat where the values in the corner of its rows lie that near to one another; as in a black bar."""

_LITTLE_RATIO: Final = 0.005
"""Share of the picture that the last bytes may decide without a further look, where the decoder says what it lacks."""


def is_whole(unit: AccessUnit, picture: Picture, again: Again, *, is_silent: bool) -> bool:
    """Return whether the decoder used each slice of the picture to its end, and nothing behind it.

    Args:
        unit: The picture as it was decoded, with its slices.
        picture: What came of it, height x width x 3.
        again: The same decoder with the same settings.
        is_silent: Whether it reads on behind a slice without a word.

    A slice of a few bytes cannot be told, and counts as used.
    """
    most = 0.0
    # Every second slice at a time: filters at the borders between slices change their neighbours a little.
    for parity in range(min(len(unit.slices), 2)):
        open_, ratio = _unused(unit, picture, again, frozenset(range(parity, len(unit.slices), 2)))
        if open_:
            return False
        most = max(most, ratio)
    if most <= _LITTLE_RATIO and not is_silent:
        return True
    other = again(with_more_behind(unit))
    return other is not None and bool(np.array_equal(picture, other))


def _unused(unit: AccessUnit, picture: Picture, again: Again, asked: frozenset[int]) -> tuple[frozenset[int], float]:
    """Return which slices have last bytes that change nothing, and what share of the picture the others' change.

    A slice of which even the most bytes change nothing has bytes that nobody read; one that ends flat cannot be told.
    """
    most = 0.0
    for count in _CHANGED_BYTES:
        data, asked = with_other_ends(unit, asked, count)
        if not asked:
            return frozenset(), most
        other = again(data)
        if other is None or other.shape != picture.shape:
            return frozenset(), most
        rows = _changed(picture, other)
        most = max(most, float(rows.sum()) / (picture.shape[0] * picture.shape[1]))
        asked = frozenset(number for number in asked if not _in(unit.slices[number], rows).any())
        if not asked:
            return frozenset(), most
    return frozenset(number for number in asked if not _may_end_unseen(unit.slices[number], picture)), most


def _in(one: CodedSlice, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return those of a picture's rows that a slice lies in; all where that is not known."""
    return rows[slice(*one.rows_px)] if one.rows_px[1] else rows


def _may_end_unseen(one: CodedSlice, picture: Picture) -> bool:
    corner = _in(one, picture)[-_LAST_ROWS_PX:, -_LAST_PX:]
    return not one.rows_px[1] or not corner.size or int(corner.max()) - int(corner.min()) <= _FLAT_LEVELS


def _changed(picture: Picture, other: Picture) -> npt.NDArray[Any]:
    """Return how many pixels of each row differ."""
    return np.asarray(np.count_nonzero((picture != other).any(axis=2), axis=1))
