"""Measures whether something ends exactly at the zone's border, along every side of it.

A scene has edges everywhere, but hardly ever one that follows all sides of a configured polygon. So luma, colour and
detail are compared just inside and just outside of every depth, averaged along each side: at a mask's border the
difference stands out among those at other depths, and it stands there, not beside it.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from masking.zones.band import Band
from masking.zones.raster import Floats, middle_of

_HALF_PX = 3.0
"""Depth of what is compared, on either side, at 640 px."""

_BESIDE_PX = 6.0
_LEAST_CELLS = 8
_LEAST_SPREAD = 4.0
"""Depth of the strips that are correlated, at 640 px; cells and standard deviation (levels) that it takes."""

_NEAR_PX = 2.0
"""So near to the border, at 640 px, the strongest change must lie."""

_FLOORS = np.array([[1.0], [0.15]], np.float32)
"""Added to the usual change, in levels and as a logarithm, so that small ones do not stand out among none."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How plainly the zone is set off at its border: a side's strongest change over its usual one, 0 if elsewhere.

    `least`, `next_least`, `mean`: on the side that shows least, on the next one, and on average, by the plainer of both
    measures; `level_least`, `detail_least`: on the side that shows least by luma and colour, and by detail, alone.
    `elsewhere`: how plainly a change stands out beside the border, on the side where it is plainest; `elsewhere_px`:
    where, at 640 px, positive inside. `continuity`: correlation, along the border, of luma just inside with luma just
    outside; 1 where the surroundings are too even to tell.
    """

    least: float
    next_least: float
    mean: float
    level_least: float
    detail_least: float
    elsewhere: float
    elsewhere_px: float
    continuity: float


NO_FRAME = Frame(*(0.0,) * 7, 1.0)


def measure(band: Band) -> Frame:
    """Measure every long side of a zone's border."""
    layout = band.layout
    cells = len(layout.side)
    if cells < 3:
        return NO_FRAME
    size = (cells, len(band.luma))
    levels, detail = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
        for plane in (band.pixels, band.along.astype(np.float32))
    )
    half = max(round(_HALF_PX * layout.scale), 2)
    near = max(round(_NEAR_PX * layout.scale), 2)
    if len(band.luma) < 2 * half + 2:
        return NO_FRAME
    by_plane = _changes(_means(levels, half), half)
    level_change = np.maximum(np.maximum(by_plane[..., 0], by_plane[..., 1]), by_plane[..., 2])
    changes = np.stack((level_change, _changes(np.log(_means(detail, half) + 0.4), half)), 1)
    # Depths x measures x sides.
    by_side = (changes @ layout.weights)[..., layout.long]
    at = by_side.argmax(0) + (half - len(band.luma) // 2)
    plain = by_side.max(0) / (middle_of(np.sort(by_side, axis=0)) + _FLOORS)
    is_here = np.abs(at) <= near
    scores, beside = np.where(is_here, plain, 0.0), np.where(is_here, 0.0, plain).ravel()
    place = int(beside.argmax())
    both = np.sort(scores.max(0))
    return Frame(
        least=float(both[0]),
        next_least=float(both[min(1, len(both) - 1)]),
        mean=float(np.add.reduce(both)) / len(both),
        level_least=float(scores[0].min()),
        detail_least=float(scores[1].min()),
        elsewhere=float(beside[place]),
        elsewhere_px=float(at.ravel()[place]) / layout.scale if beside[place] > 0 else 0.0,
        continuity=_continuity(levels[..., 0], layout.scale),
    )


def _continuity(luma: Floats, scale: float) -> float:
    """Correlate strips on either side of the border over its cells: a mosaic or blur keeps the scene's brightness."""
    middle, reach, gap = len(luma) // 2, max(round(_BESIDE_PX * scale), 3), max(round(scale), 1)
    if luma.shape[1] < _LEAST_CELLS:
        return 1.0
    within = np.add.reduce(luma[middle + gap : middle + gap + reach], dtype=np.float64)
    beyond = np.add.reduce(luma[middle - gap - reach + 1 : middle - gap + 1], dtype=np.float64)
    within -= np.add.reduce(within) / len(within)
    beyond -= np.add.reduce(beyond) / len(beyond)
    power, power_beyond = float(within @ within), float(beyond @ beyond)
    if power_beyond < (_LEAST_SPREAD * reach) ** 2 * len(beyond):
        return 1.0
    return float(within @ beyond) / math.sqrt(power * power_beyond) if power > 0 else 0.0


def _means(values: Floats, rows: int) -> Floats:
    """Running means over depths, the first axis."""
    sums = np.zeros((len(values) + 1, *values.shape[1:]), np.float32)
    values.cumsum(0, out=sums[1:])
    return np.asarray((sums[rows:] - sums[:-rows]) / np.float32(rows), np.float32)


def _changes(means: Floats, rows: int) -> Floats:
    """The change from outside to inside of each depth, one row apart."""
    return np.asarray(np.abs(means[rows + 1 :] - means[: -rows - 1]), np.float32)
