"""Compares strips just inside a zone's border with the rest: hidden like the zone, or bare like its surroundings.

A mask that lies a little beside its zone leaves a strip bare along one side, with the detail of the outside all along
that side, however narrow. So every side is judged by itself, by profiles over the depth.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from masking.zones.band import REACH, Band, Layout
from masking.zones.raster import Bytes, Floats


@dataclass(frozen=True, slots=True)
class Strip:
    """The strip just inside the border, on the worst side.

    `ratio`: how far its detail is that of the outside (1) and not that of the inside (0). `contrast`: how plainly that
    side separates the two, as the logarithm of their ratio. `excess`: its detail beyond that of the inside, in levels,
    on the side that has most. `shift_px`: how far inside the change of detail lies, on the side where it lies deepest,
    at 640 px. `hides`, `hides_next`: the logarithm of the detail outside over that of the strip, on the side that hides
    least and on the next one; `outside`: the detail outside on the side that has least; `most`: that of the strip on
    the side with most.
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

    `soft`, `soft_mean`: logarithm of the gradient just inside over its bend, which a blur makes large; least of all
    sides, and average.
    """

    strip: Strip
    bend_strip: Strip
    soft: float
    soft_mean: float


NO_SIDES = Sides(NO_STRIP, NO_STRIP, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Lines:
    """The strip inside the side that hides least, by differences off the lines of a mosaic, and those lines themselves.

    `proof`, `proof_mean`: logarithm of the gradient on the lines over that off them, just inside the border; least of
    all sides, and average.
    """

    strip: Strip
    proof: float
    proof_mean: float


NO_LINES = Lines(NO_STRIP, 0.0, 0.0)


def plain(band: Band, bent: Bytes) -> Sides:
    """Judge the strips by differences along the border and by their bends: depths x columns."""
    layout, count = band.layout, len(bent)
    by_side = np.concatenate((band.along, bent)).astype(np.float32) @ layout.column_weights
    strip, bend_strip = _strips(layout, np.concatenate((by_side[:count], by_side[count:]), axis=1))
    rows = layout.rows(2, 7)
    sums = np.add.reduce(by_side.reshape(2, count, -1)[:, rows], 1) / np.float32(rows.stop - rows.start) + 0.2
    soft = np.log(sums[0] / sums[1])[layout.long]
    return Sides(strip, bend_strip, float(soft.min()), float(np.add.reduce(soft)) / len(soft))


def beside_lines(band: Band, off_lines: tuple[Bytes, Bytes]) -> Lines:
    """Judge the strips beside a mosaic's lines; `off_lines` marks columns and rows of the crop off them."""
    layout, count = band.layout, len(band.along)
    if len(layout.side) < 3:
        return NO_LINES
    off = _off(layout, off_lines)
    stack = np.concatenate((band.along, cv2.multiply(band.along, off), off)).astype(np.float32)
    along_by, off_sums, off_counts = (stack @ layout.column_weights).reshape(3, count, -1)
    (strip,) = _strips(layout, off_sums / np.maximum(off_counts, 0.02))
    rows = layout.rows(2, 7)
    on_counts = np.add.reduce(np.maximum(1 - off_counts[rows], 0.0))
    on = np.add.reduce(along_by[rows] - off_sums[rows]) / np.maximum(on_counts, 0.1)
    beside = np.add.reduce(off_sums[rows]) / np.maximum(np.add.reduce(off_counts[rows]), 0.1)
    proof = np.where(on_counts > 0.1, np.log((on + 0.3) / (beside + 0.3)), 0.0)[layout.long]
    return Lines(strip, float(proof.min()), float(np.add.reduce(proof)) / len(proof))


def _strips(layout: Layout, profiles: Floats) -> list[Strip]:
    """Judge profiles of detail: depths x (measures x sides)."""
    outside, deep, just_inside = (
        (np.add.reduce(profiles[rows]) / np.float32(rows.stop - rows.start)).tolist()
        for rows in (layout.rows(-9, -3), layout.rows(9, REACH), layout.rows(2, 4.5))
    )
    shifts = _change(np.log(profiles + 0.4), layout).tolist()
    sides = len(layout.long)
    long = layout.long.nonzero()[0].tolist()
    return [
        _worst(
            [(outside[at], deep[at], just_inside[at], shifts[at]) for at in (first + side for side in long)],
            layout.scale,
            sides > 1,
        )
        for first in range(0, profiles.shape[1], sides)
    ]


def _worst(sides: list[tuple[float, float, float, float]], scale: float, is_of_many: bool) -> Strip:
    """Judge strips by mean detail outside, deep inside, just inside, and shift; `is_of_many`: more than one side."""
    # A handful of sides: plain numbers are quicker here than arrays.
    ratio, contrast, deepest = -1.0, 0.0, _NO_SHIFT
    for outside, deep, just_inside, shift_px in sides:
        span = outside - deep
        own = min(max((just_inside - deep) / span, 0.0), 1.5) if span > 0.3 else 0.0
        if own > ratio:
            ratio, contrast = own, math.log((outside + 0.4) / (deep + 0.4))
        if span > 0.5 and outside > 1.6 * deep and shift_px > deepest:
            deepest = shift_px
    hides = sorted(math.log((outside + 0.4) / (inside + 0.4)) for outside, _, inside, _ in sides)
    return Strip(
        ratio=ratio,
        contrast=contrast,
        excess=max(inside - deep for _, deep, inside, _ in sides),
        shift_px=deepest / scale if deepest > _NO_SHIFT else 0.0,
        hides=hides[0],
        hides_next=(*hides, _HIDES_ALL)[1] if is_of_many else hides[0],
        outside=min(outside for outside, _, _, _ in sides),
        most=max(inside for _, _, inside, _ in sides),
    )


def _off(layout: Layout, off_lines: tuple[Bytes, Bytes]) -> Bytes:
    """Which depths and columns of the band lie off those lines of a mosaic that cross their side, 1 or 0."""
    out = np.concatenate(off_lines).take(layout.line_at)
    out[:, :-1] &= out[:, 1:]
    out[:, layout.cell_px - 1 :: layout.cell_px] = 0
    return out


def _change(profiles: Floats, layout: Layout) -> Floats:
    """The depth at which each side's profile (depths x sides) falls most: where two means fit it best."""
    first, rest = _counts(len(profiles))
    sums = profiles.cumsum(0)
    fall = sums[:-1] / first - (sums[-1:] - sums[:-1]) / rest
    gain = np.maximum(fall, 0) ** 2 * (first * rest)
    return np.asarray(layout.depths_px[gain.argmax(0)] + 0.5, np.float32)


@lru_cache(maxsize=16)
def _counts(depths: int) -> tuple[Floats, Floats]:
    """For each place to cut a profile in two: how many depths lie in either part."""
    first = np.arange(1, depths, dtype=np.float32)[:, None]
    return first, depths - first
