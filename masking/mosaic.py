"""Is the zone a mosaic, and are its blocks large enough?

A mosaic has all its gradient on the lines between blocks. The period is searched for along x and y apart, from the
profile of gradients: lines that are `period` apart must hold far more than their share. Periods need not be whole
numbers, for a mosaic drawn into the main stream is scaled in the sub-stream.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masking.raster import Bools, Floats, Region

MIN_PERIOD_PX = 2.0
MAX_PERIOD = 60.0
"""Largest period searched, in pixels of a 640 px wide picture; no camera on the market has coarser blocks."""

STEP_PX = 0.25

_LEAST_LINES = 3
"""Fewer lines across the zone do not show a period."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """What grid a zone has; `block_px` is in pixels of a 640 px wide picture.

    `contrast` is the gradient on the lines over the gradient off them, along the weaker axis; `step` the mean gradient
    on the lines, `filled_ratio` the share of lines that stand out, and `lines` their number, each along the axis that
    has less of it. `block_px` 0: no grid was found. `lines_map` marks the pixels of the crop
    that lie on a line or so near to one that the codec smears it there.
    """

    block_px: float
    contrast: float
    step: float
    filled_ratio: float
    lines: int
    lines_map: Bools


@dataclass(frozen=True, slots=True)
class _Grid:
    """Lines along one axis: `first` and `period` in pixels of the crop."""

    first: float
    period: float
    contrast: float
    step: float
    filled_ratio: float
    lines: int


def measure(region: Region) -> Mosaic:
    """Search the grid along both axes."""
    core = region.depth_px >= region.inset_px
    grids = [_grid(*_profile(region.luma, core, axis), region.px(MAX_PERIOD)) for axis in (0, 1)]
    height, width = core.shape
    lines_map = np.zeros(core.shape, np.bool_)
    if any(grid is None for grid in grids):
        return Mosaic(0.0, 1.0, 0.0, 0.0, 0, lines_map)
    across, down = (grid for grid in grids if grid is not None)
    lines_map |= _near_line(across, width)[None, :] | _near_line(down, height)[:, None]
    return Mosaic(
        block_px=min(across.period, down.period) / region.scale,
        contrast=min(across.contrast, down.contrast),
        step=min(across.step, down.step),
        filled_ratio=min(across.filled_ratio, down.filled_ratio),
        lines=min(across.lines, down.lines),
        lines_map=lines_map,
    )


def _near_line(grid: _Grid, size: int) -> Bools:
    """Which columns (or rows) lie on a line or so near to it that the codec smears it there.

    Fine grids get no such margin, or nothing would be left to look at.
    """
    reach = 2.0 if grid.period >= 16 else 1.0 if grid.period >= 6 else 0.0
    # A gradient at index i stands between the pixels i and i + 1.
    off = (np.arange(size) - 0.5 - grid.first + grid.period / 2) % grid.period - grid.period / 2
    return np.asarray((np.abs(off) <= reach) & (reach > 0), np.bool_)


def _profile(luma: Floats, core: Bools, axis: int) -> tuple[Floats, int]:
    """Mean gradient per column (axis 0) or row (axis 1) where the zone has enough pixels, and the first index."""
    pair = ((slice(None), slice(1, None)), (slice(None), slice(None, -1)))
    if axis == 1:
        pair = ((slice(1, None), slice(None)), (slice(None, -1), slice(None)))
    where = core[pair[0]] & core[pair[1]]
    gradient = np.abs(luma[pair[0]] - luma[pair[1]])
    counts = where.sum(axis)
    enough = np.flatnonzero(counts >= max(8, 0.5 * counts.max(initial=0)))
    if enough.size < 12:
        return np.zeros(0, np.float32), 0
    window = slice(int(enough[0]), int(enough[-1]) + 1)
    sums = np.where(where, gradient, 0).sum(axis)
    return np.asarray(sums[window] / np.maximum(counts[window], 1), np.float32), int(enough[0])


def _grid(profile: Floats, start: int, longest_px: float) -> _Grid | None:
    """The period whose lines hold most gradient beyond their share, and how it stands out."""
    size = profile.size
    total = float(profile.sum())
    if size < 12 or total < 1e-3:
        return None
    best: _Grid | None = None
    best_score = 0.0
    for period in np.arange(MIN_PERIOD_PX, min(size / (_LEAST_LINES - 0.5), longest_px), STEP_PX):
        first = np.arange(0, period, 0.5)
        lines = np.round(first[:, None] + np.arange(int(size / period) + 1) * period).astype(int)
        valid = lines < size
        sums = np.where(valid, profile[np.minimum(lines, size - 1)], 0).sum(1)
        counts = valid.sum(1)
        # Share of the gradient on the lines, less the share that they would hold by chance.
        scores = sums / total - counts / size
        at = int(scores.argmax())
        if scores[at] > best_score + (0.01 if best else 0):
            best_score = float(scores[at])
            on, off = sums[at] / counts[at], (total - sums[at]) / max(size - counts[at], 1)
            found = profile[lines[at][valid[at]]]
            best = _Grid(
                first=start + float(first[at]),
                period=float(period),
                contrast=float(on / max(off, 0.02)),
                step=float(on),
                filled_ratio=float((found > max(2 * off, on / 5)).mean()),
                lines=int(counts[at]),
            )
    return best
