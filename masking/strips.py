"""What lies just inside a zone's border, side by side: hidden like the rest of the zone, or bare like its surroundings?

A mask that lies a little beside its zone leaves a strip bare along one side. However narrow it is beside the whole
zone, its detail is that of the outside, all along that side. So every side is judged alone, by profiles over the
depth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from masking.band import REACH, Band, differences
from masking.raster import Bytes, Floats


@dataclass(frozen=True, slots=True)
class Strip:
    """What lies just inside the border, on the worst side.

    `ratio`: how far its detail is that of the outside (1) and not that of the inside (0). `contrast`: how plainly that
    side tells the two apart, as the logarithm of their ratio. `excess`: its detail beyond that of the inside, in
    levels, on the side that has most. `shift_px`: how far inside the change of detail lies, on the side where it lies
    deepest, at 640 px. `hides`, `hides_next`: the logarithm of the detail outside over that of the strip, on the side
    that hides least and on the next one; `outside`: the detail outside on the side that has least; `most`: the detail
    of the strip on the side that has most.
    """

    ratio: float
    contrast: float
    excess: float
    shift_px: float
    hides: float
    hides_next: float
    outside: float
    most: float


_NO_SHIFT = -99.0
_HIDES_ALL = 9.0

NO_STRIP = Strip(*(0.0,) * 8)


@dataclass(frozen=True, slots=True)
class Sides:
    """The strip inside the side that hides least: by differences along the border, and by their bends.

    `soft`, `soft_mean`: logarithm of the gradient just inside over its bend, which a blur makes large; on the side
    where it is least, and on average.
    """

    strip: Strip
    bend_strip: Strip
    soft: float
    soft_mean: float


NO_SIDES = Sides(NO_STRIP, NO_STRIP, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Lines:
    """The strip inside the side that hides least, by differences off the lines of a mosaic, and what is seen of those.

    `proof`, `proof_mean`: logarithm of the gradient on the lines over that off them, just inside the border; on the
    side where it is least, and on average.
    """

    strip: Strip
    proof: float
    proof_mean: float


NO_LINES = Lines(NO_STRIP, 0.0, 0.0)


def plain(band: Band, along: Bytes, bent: Bytes) -> Sides:
    """Judge the strips by differences along the border and by their bends: depths x columns."""
    along_by, bent_by = np.split(np.concatenate((along, bent)).astype(np.float32) @ band.column_weights, 2)
    strip, bend_strip = _strips(band, np.concatenate((along_by, bent_by), axis=1))
    rows = band.rows(2, 7)
    soft = np.log((along_by[rows].mean(0) + 0.2) / (bent_by[rows].mean(0) + 0.2))[band.long]
    return Sides(strip, bend_strip, float(soft.min()), float(soft.mean()))


def beside_lines(band: Band, off_lines: tuple[Bytes, Bytes]) -> Lines:
    """Judge the strips beside the lines of a mosaic.

    `off_lines` marks which columns and rows of the crop lie off them.
    """
    if len(band.side) < 3:
        return NO_LINES
    along, off = differences(band), _off(band, off_lines)
    stack = np.concatenate((along, along * off, off)).astype(np.float32) @ band.column_weights
    along_by, off_sums, off_counts = np.split(stack, 3)
    (strip,) = _strips(band, off_sums / np.maximum(off_counts, 0.02))
    rows = band.rows(2, 7)
    on_counts = np.maximum(1 - off_counts, 0.0)[rows].sum(0)
    on = (along_by - off_sums)[rows].sum(0) / np.maximum(on_counts, 0.1)
    beside = off_sums[rows].sum(0) / np.maximum(off_counts[rows].sum(0), 0.1)
    proof = np.where(on_counts > 0.1, np.log((on + 0.3) / (beside + 0.3)), 0.0)[band.long]
    return Lines(strip, float(proof.min()), float(proof.mean()))


def _strips(band: Band, profiles: Floats) -> list[Strip]:
    """Judge profiles of detail: depths x (measures x sides)."""
    outside = profiles[band.rows(-9, -3)].mean(0).tolist()
    deep = profiles[band.rows(9, REACH)].mean(0).tolist()
    just_inside = profiles[band.rows(2, 4.5)].mean(0).tolist()
    shifts = _change(np.log(profiles + 0.4), band).tolist()
    sides = len(band.long)
    long = [side for side, is_long in enumerate(band.long.tolist()) if is_long]
    # A handful of sides: plain numbers are quicker here than arrays.
    found = []
    for first in range(0, profiles.shape[1], sides):
        judged = [
            _side(outside[first + side], deep[first + side], just_inside[first + side], shifts[first + side])
            for side in long
        ]
        worst = max(judged, key=lambda one: one.ratio)
        hides = sorted(one.hides for one in judged)
        deepest = max(one.shift_px for one in judged)
        found.append(
            Strip(
                ratio=worst.ratio,
                contrast=worst.contrast,
                excess=max(one.excess for one in judged),
                shift_px=deepest / band.scale if deepest > _NO_SHIFT else 0.0,
                hides=hides[0],
                hides_next=(*hides, _HIDES_ALL)[1] if sides > 1 else hides[0],
                outside=min(one.outside for one in judged),
                most=max(one.most for one in judged),
            )
        )
    return found


def _side(outside: float, deep: float, just_inside: float, shift_px: float) -> Strip:
    """Judge the strip inside one side by the mean detail outside, deep inside and just inside."""
    span = outside - deep
    excess = just_inside - deep
    hides = math.log((outside + 0.4) / (just_inside + 0.4))
    return Strip(
        ratio=min(max(excess / span, 0.0), 1.5) if span > 0.3 else 0.0,
        contrast=math.log((outside + 0.4) / (deep + 0.4)),
        excess=excess,
        shift_px=shift_px if span > 0.5 and outside > 1.6 * deep else _NO_SHIFT,
        hides=hides,
        hides_next=hides,
        outside=outside,
        most=just_inside,
    )


def _off(band: Band, off_lines: tuple[Bytes, Bytes]) -> Bytes:
    """Which depths and columns of the band lie off those lines of a mosaic that cross their side, 1 or 0."""
    shape = (len(off_lines[1]), len(off_lines[0]))
    lines = cv2.merge((np.broadcast_to(off_lines[0], shape), np.broadcast_to(off_lines[1][:, None], shape)))
    off = cv2.remap(lines, band.map_x, band.map_y, cv2.INTER_NEAREST, None, cv2.BORDER_REPLICATE)
    first = np.flatnonzero(np.diff(band.side, prepend=-1)) * band.cell_px
    level = np.abs(band.map_x[0, first + 1] - band.map_x[0, first]) >= 0.7
    crossed = np.repeat(level[band.side], band.cell_px)
    out = np.where(crossed, off[..., 0], off[..., 1])
    out[:, :-1] &= out[:, 1:]
    out[:, band.cell_px - 1 :: band.cell_px] = 0
    return out


def _change(profiles: Floats, band: Band) -> Floats:
    """The depth at which each side's profile (depths x sides) falls most: where two means fit it best."""
    count = len(profiles)
    sums = profiles.cumsum(0)
    first = np.arange(1, count, dtype=np.float32)[:, None]
    fall = sums[:-1] / first - (sums[-1:] - sums[:-1]) / (count - first)
    gain = np.maximum(fall, 0) ** 2 * first * (count - first)
    return np.asarray(band.depths_px[gain.argmax(0)] + 0.5, np.float32)
