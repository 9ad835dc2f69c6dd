"""Classifies fills that hide without being one colour: a gradient, two colours side by side, a pattern.

None of them can be told from a surface of the scene for certain. Where one ends exactly at the zone's border, on every
side (`frame.py`), a zone that is not of one colour is left open instead of failing.
"""

from typing import Final

import cv2
import numpy as np

from masking.zones.raster import BEND_UNIT, Bytes, Region, share_of, sums_at, tiles

FRAME_MIN: Final = 1.7
"""So plainly something must end at the side of the border that shows least; beside displaced masks it does not."""

_FIT_STEP_PX = 3
_FIT_OFF = 5.0
_FIT_SHARE = 0.97
_FIT_RANGE = 8.0
"""A gradient: a surface of second degree that runs over so many levels, with nearly all pixels so near to it."""

_NEAR_COLOR = 6
_TWO_SHARE = 0.95
_LEAST_SHARE = 0.08
_COLORS_APART = 14
_FLAT_RESIDUE = 0.8
"""Two colours: so many pixels within so many levels of one or the other, both with a share, and flat."""

_EVEN_RATIO = 0.7
_EVEN_LEVELS = 5.0
_PATTERN_DETAIL = 2.0
_TILE_PX = 16.0
"""A pattern: detail that is the same in all tiles, and so is their mean."""

_PLAIN_FRAME = 4.0
_PLAIN_EVEN_RATIO = 0.3
_PLAIN_DETAIL = 0.7
"""Where something ends so plainly at the border, less will do: a coarse or a faint pattern. Of 79 places that the
forests learned on, this opens 42 of 95 patterns that would fail, and none of 471 bare or translucent zones."""


def is_other_fill(region: Region, bends: Bytes, usual_residue: float, around_detail: float, frame_least: float) -> bool:
    """Whether a zone looks filled by a gradient, two colours or a pattern.

    Args:
        region: The zone as cut out.
        bends: `raster.bend` of its luma.
        usual_residue: Contrast in the median tile inside, in levels.
        around_detail: Mean detail around, in levels: a pattern has at least as much, a translucent mask less.
        frame_least: How plainly something ends at the border (`frame.Frame.least`).
    """
    is_flat = usual_residue <= _FLAT_RESIDUE
    return (
        (is_flat and _is_of_two_colors(region))
        or _is_gradient(region)
        or _is_pattern(region, bends, around_detail, frame_least)
    )


def _is_gradient(region: Region) -> bool:
    inside = region.core[::_FIT_STEP_PX, ::_FIT_STEP_PX] > 0
    rows, columns = np.nonzero(inside)
    values = region.luma[::_FIT_STEP_PX, ::_FIT_STEP_PX][inside].astype(np.float64)
    if len(values) < 30:
        return False
    y, x = rows / inside.shape[0], columns / inside.shape[1]
    terms = np.stack((np.ones_like(x), x, y, x * x, y * y, x * y), 1)
    fitted = terms @ np.linalg.lstsq(terms, values, rcond=None)[0]
    near = np.count_nonzero(np.abs(values - fitted) < _FIT_OFF) / len(values)
    return bool(near >= _FIT_SHARE and np.ptp(fitted) >= _FIT_RANGE)


def _is_of_two_colors(region: Region) -> bool:
    counts = cv2.calcHist([region.luma], [0], region.core, [256], [0, 256]).ravel()
    total = max(float(counts.sum()), 1.0)
    window = np.ones(2 * _NEAR_COLOR + 1)
    shares, places = [], []
    for _ in range(2):
        at = int(np.convolve(counts, window, "same").argmax())
        near = slice(max(at - _NEAR_COLOR, 0), at + _NEAR_COLOR + 1)
        shares.append(float(counts[near].sum()) / total)
        places.append(at)
        counts[near] = 0
    is_two = sum(shares) >= _TWO_SHARE and min(shares) >= _LEAST_SHARE
    return is_two and abs(places[0] - places[1]) >= _COLORS_APART


def _is_pattern(region: Region, bends: Bytes, around_detail: float, frame_least: float) -> bool:
    is_plain = frame_least >= _PLAIN_FRAME
    least_detail, even_ratio = (_PLAIN_DETAIL, _PLAIN_EVEN_RATIO) if is_plain else (_PATTERN_DETAIL, _EVEN_RATIO)
    side = max(round(region.px(_TILE_PX)), 12)
    details, mean = tiles(bends, region.ground.tiling("core", side, 0.8))
    if len(details) < 6 or mean * BEND_UNIT < max(least_detail, around_detail):
        return False
    whole = region.ground.tiling("core", side, 1.0).enough
    means = sums_at(cv2.integral(region.luma), side)[whole] / (side * side)
    is_even = (share_of(details, 0.1) + 0.1) / (share_of(details, 0.9) + 0.1) >= even_ratio
    return is_even and len(means) > 0 and float(means.std()) <= _EVEN_LEVELS
