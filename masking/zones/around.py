"""Measures whether a zone's grid goes on around it, or is the one that the codec itself lays over every picture.

A mosaic ends at its border. Tiles of a wall do not, and neither does the grid of 8 pixels of JPEG, H.264 and H.265,
which shows on every dull surface.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from masking.zones.mosaic import Grid
from masking.zones.raster import Bytes, Pairs, Region, sums_along

CODEC_PX: Final = 8
"""Blocks and transforms of JPEG (ITU-T T.81 A.1), H.264 and H.265 lie on multiples of this, from the corner."""

_NEAR_CODEC_PX = 1.0
_LEAST_PIXELS = 8
_ON_PX, _OFF_PX = 0.75, 1.2
"""How near a gradient stands to a line that counts as on it, and how far as off it."""


@dataclass(frozen=True, slots=True)
class GridAround:
    """What a zone's grid has in common with its surroundings.

    `ratio`: what the grid's lines add to the gradient around the zone over what they add inside, on the axis with less.
    `is_codec`: all lines, along both axes, lie on the codec's own.
    """

    ratio: float
    is_codec: bool


def measure(region: Region, steps: tuple[Bytes, Bytes], grids: tuple[Grid, Grid] | None) -> GridAround:
    """Look for a zone's grid (columns, rows) around the zone and in the codec; `steps`: `raster.weak_steps`."""
    if grids is None:
        return GridAround(0.0, False)
    ratios = [_ratio(steps[axis], region.ground.pairs("ring", axis), grid, axis) for axis, grid in enumerate(grids)]
    on_codec = [_is_codec(grid, region.ground.factor, region.ground.box[axis]) for axis, grid in enumerate(grids)]
    return GridAround(min(ratios), all(on_codec))


def _ratio(steps: Bytes, ring: Pairs, grid: Grid, axis: int) -> float:
    sums, counts = sums_along(steps * ring.where, axis), ring.counts
    used = counts >= _LEAST_PIXELS
    off = np.abs((np.arange(len(sums)) - grid.first + grid.period / 2) % grid.period - grid.period / 2)
    lines = np.stack((used & (off < _ON_PX), used & (off > _OFF_PX)), 1).astype(np.float32)
    seen = np.stack((sums, counts, np.ones_like(sums)))
    (on, beside), (on_pixels, pixels), (on_count, count) = (seen @ lines).tolist()
    if on_count < 2 or count < 3:
        return 0.0
    return float(on / on_pixels - beside / pixels) / max(grid.step - grid.off, 0.05)


def _is_codec(grid: Grid, factor: int, origin_px: int) -> bool:
    """Whether lines of a grid in a crop, averaged down by a factor, lie on the codec's in the picture as decoded."""
    blocks = grid.period * factor / CODEC_PX
    if round(blocks) < 1 or abs(blocks - round(blocks)) * CODEC_PX * max(grid.lines - 1, 1) > 2 * factor + 1:
        return False
    # A gradient at index i stands between the pixels i and i + 1.
    at = (grid.first + 1 + origin_px) * factor
    return abs((at + CODEC_PX / 2) % CODEC_PX - CODEC_PX / 2) <= max(_NEAR_CODEC_PX, 0.75 * factor)
