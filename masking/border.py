"""What changes along a zone's border: the evidence that something was laid over the zone, and exactly there.

A wall can be flat and a lens can be soft, but neither begins at a line that somebody drew into a configuration. So the
border is cut into cells, and each is asked alone whether colour or detail changes from its outside to its inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masking.raster import Bools, Floats, Region, cells, trimmed_means, unroll

STEP_LUMA = 6.0
STEP_CHROMA = 5.0
"""Colour steps that count; the noise of a cell's mean stays below 1."""

TEXTURE_FLOOR = 0.6
"""Detail (see raster.bend) from which a cell counts as textured; codec noise on flat areas stays below it."""

HIDDEN_RATIO = 0.35
"""Inside detail over outside detail up to which a border cell counts as hidden."""

LEAK_FLOOR = 0.8
LEAK_SHARE = 0.35
"""A cell inside leaks when its detail is above the floor and above this share of what is usual around the zone."""

_STRETCH = 0.12
"""Length of the stretches that are judged, as a share of the border: short enough for half a side."""


@dataclass(frozen=True, slots=True)
class Border:
    """Shares (0..1) of the border's cells; cells at the picture's edge are left out.

    `step_ratio`: colour or detail changes. `textured_ratio`: detail outside, so that its lack inside means something;
    `textured_quarter_ratio`: the same for the quarter of the border that has least of it;
    `hidden_ratio`: those of the textured ones that lose it inside. `bare_stretch`: detail inside over detail outside on
    the stretch that keeps most of it; 1 is a border that does not show at all. `cells` is their number.
    """

    cells: int
    step_ratio: float
    textured_ratio: float
    textured_quarter_ratio: float
    hidden_ratio: float
    bare_stretch: float


def measure(region: Region, detail: Floats) -> Border:
    """Look at both sides of every cell of the border.

    Args:
        region: The zone.
        detail: Detail per pixel (see raster.bend), NaN where it does not count, such as on a mosaic's lines.
    """
    near, far = region.inset_px - 1, region.inset_px - 1 + max(region.px(7), 4)
    reach = float(np.ceil(far)) + 1
    length = max(round(region.px(12)), 8)
    bands = [unroll(region, plane, reach) for plane in (detail, region.luma, region.cr, region.cb)]
    depths = np.arange(-reach, reach + 0.5)[: bands[0].shape[0]]
    inside, outside = (depths >= near) & (depths <= far), (depths <= -near) & (depths >= -far)
    detail_in, detail_out = (trimmed_means(_cells(bands[0][rows], length)) for rows in (inside, outside))
    steps = [_means(_cells(b[inside], length)) - _means(_cells(b[outside], length)) for b in bands[1:]]
    known = np.isfinite(detail_in) & np.isfinite(detail_out)
    if not known.any():
        return Border(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    limits = (STEP_LUMA, STEP_CHROMA, STEP_CHROMA)
    colour = np.any([np.abs(step) > limit for step, limit in zip(steps, limits, strict=True)], axis=0)
    textured = known & (detail_out > TEXTURE_FLOOR)
    share = np.asarray(detail_in / np.maximum(detail_out, 1e-3), np.float32)
    hidden = textured & (share < HIDDEN_RATIO)
    return Border(
        cells=int(known.sum()),
        step_ratio=float((colour | hidden)[known].mean()),
        textured_ratio=float(textured[known].mean()),
        textured_quarter_ratio=min(float(part.mean()) for part in np.array_split(textured[known], 4) if part.size),
        hidden_ratio=float(hidden.sum() / max(int(textured.sum()), 1)),
        bare_stretch=_worst_stretch(share, textured),
    )


def leak_ratio(region: Region, detail: Floats) -> float:
    """Share of the cells inside the zone that show detail as the surroundings do; `detail` as for `measure`.

    1 when no cell can be looked at.
    """
    side = max(round(region.px(10)), 6)
    known = np.isfinite(detail)
    inside = trimmed_means(cells(detail, known & (region.depth_px >= region.inset_px), side, 0.15))
    around = trimmed_means(cells(detail, known & (region.depth_px <= -region.inset_px), side, 0.15))
    if not len(inside):
        return 1.0
    usual = float(np.median(around)) if len(around) else 0.0
    return float((inside > max(LEAK_FLOOR, LEAK_SHARE * usual)).mean())


def contrasts(region: Region) -> tuple[float, float]:
    """Contrast of luma inside the zone and around it: the spread of the middle half, as a standard deviation.

    A single bright object around the zone does not count, for it says nothing about what lies under a mask.
    """
    inside = region.luma[region.depth_px >= region.inset_px]
    around = region.luma[region.depth_px <= -region.inset_px]
    return _spread(inside), _spread(around)


def _spread(values: Floats) -> float:
    if not values.size:
        return 0.0
    low, high = np.percentile(values, (25, 75))
    return float(high - low) / 1.35


def _worst_stretch(share: Floats, textured: Bools) -> float:
    """The highest median share over all stretches of neighbouring cells, most of which are textured."""
    size = max(4, round(_STRETCH * share.size))
    if share.size < size:
        return 0.0
    around = np.concatenate([np.where(textured, share, np.nan), np.where(textured, share, np.nan)[: size - 1]])
    stretches = np.lib.stride_tricks.sliding_window_view(around, size)
    stretches = stretches[np.isfinite(stretches).sum(1) >= 0.6 * size]
    return float(np.nanmedian(stretches, axis=1).max()) if len(stretches) else 0.0


def _cells(band: Floats, length: int) -> Floats:
    """One row per cell, `length` columns of the band; NaN throughout where most of the cell is outside the picture."""
    rows, columns = band.shape
    count = max(columns // length, 1)
    used = band[:, : count * length]
    table = used.reshape(rows, count, -1).swapaxes(0, 1).reshape(count, -1).copy()
    table[np.isfinite(table).sum(1) < 0.2 * table.shape[1]] = np.nan
    return table


def _means(table: Floats) -> Floats:
    counts = np.isfinite(table).sum(1)
    return np.asarray(np.where(counts > 0, np.nansum(table, axis=1) / np.maximum(counts, 1), np.nan), np.float32)
