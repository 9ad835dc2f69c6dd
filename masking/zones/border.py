"""Measures changes along a zone's border: the evidence that something was laid over the zone, and exactly there.

A wall can be flat and a lens can be soft, but neither begins at a configured line. The band along the border is laid
out straight: its rows are depths, its columns follow the border. Each side of the polygon is measured by itself, so
that a strip left bare beside one side shows, however narrow it is beside the whole zone.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from masking.zones import strips
from masking.zones.band import Band, Bools, Layout
from masking.zones.raster import BEND_ACROSS, BEND_DOWN, Bytes, Floats, share_of
from masking.zones.strips import NO_SIDES, Sides

STEP_LUMA = 6.0
STEP_CHROMA = 5.0
"""Colour steps that count; the noise of a cell's mean stays below 1."""

TEXTURE_FLOOR = 0.8
"""Detail along the border, in levels per pixel, from which a cell counts as textured; codec noise stays below it."""

HIDDEN_RATIO = 0.35
"""Inside detail over outside detail up to which a border cell counts as hidden."""


_STRETCH = 0.12
"""Length of the stretches that are judged, as a share of the border: short enough for half a side."""


@dataclass(frozen=True, slots=True)
class Border:
    """Shares (0..1) of the border's cells, and the side that hides least.

    `step_ratio`: colour or detail changes. `textured_ratio`: detail outside, so that its lack inside means something;
    `textured_quarter_ratio`: the same for the quarter of the border that has least of it; `hidden_ratio`: those of the
    textured ones that lose it inside. `bare_stretch`: detail inside over detail outside on the stretch that keeps most
    of it; 1 is a border that does not show at all. `cells` is their number.

    `sides`: the strip just inside the side that hides least. `edge_shift_px`: how far inside the
    step of luma lies, on the side where it lies deepest, at 640 px; `edge_strength`: how plain it is on the side
    where it is least so; `kink_shift_px`, `kink_strength`: the same for the bend of luma. `step_least`,
    `step_middle`: step of luma across the border at the plainest quarter of cells and at the median one.
    """

    cells: int
    step_ratio: float
    textured_ratio: float
    textured_quarter_ratio: float
    hidden_ratio: float
    bare_stretch: float
    sides: Sides
    edge_shift_px: float
    edge_strength: float
    kink_shift_px: float
    kink_strength: float
    step_least: float
    step_middle: float
    chroma_step: float


NO_BORDER = Border(0, 0.0, 0.0, 0.0, 0.0, 0.0, NO_SIDES, *(0.0,) * 7)


def measure(band: Band, inset_px: int) -> Border:
    """Measure both sides of every cell of the border, and every side of the polygon."""
    layout, luma = band.layout, band.luma
    cells = len(layout.side)
    if cells < 3:
        return NO_BORDER
    count, cell = len(layout.depths_px), layout.cell_px
    near, far = inset_px - 1, inset_px - 1 + max(round(7 * layout.scale), 4)
    inside = slice(count // 2 + near, min(count // 2 + far + 1, count))
    outside = slice(max(count // 2 - far, 0), count // 2 - near + 1)
    bent = np.asarray(cv2.convertScaleAbs(cv2.filter2D(luma, cv2.CV_16S, BEND_ACROSS), None, 0.5), np.uint8)
    bent[:, cell - 1 :: cell] = 0
    bent[:, ::cell] = 0
    detail_in, detail_out = _usual(np.stack((band.along[inside], band.along[outside])), cell)
    steps = _means(band, inside) - _means(band, outside)
    colour = (np.abs(steps) > (STEP_LUMA, STEP_CHROMA, STEP_CHROMA)).any(1)
    textured = detail_out > TEXTURE_FLOOR
    share = np.asarray(detail_in / np.maximum(detail_out, 1e-3), np.float32)
    hidden = textured & (share < HIDDEN_RATIO)
    luma_steps = np.sort(np.abs(steps[:, 0]))
    edge = _edge(layout, _steps(layout, luma), 0.5)
    kink = _edge(layout, _kinks(layout, luma), 0.0)
    return Border(
        cells=cells,
        step_ratio=float(np.count_nonzero(colour | hidden)) / cells,
        textured_ratio=float(np.count_nonzero(textured)) / cells,
        textured_quarter_ratio=_quarter(textured),
        hidden_ratio=float(np.count_nonzero(hidden)) / max(float(np.count_nonzero(textured)), 1.0),
        bare_stretch=_worst_stretch(share, textured),
        sides=strips.plain(band, bent),
        edge_shift_px=edge[0],
        edge_strength=edge[1],
        kink_shift_px=kink[0],
        kink_strength=kink[1],
        step_least=share_of(luma_steps, 0.25),
        step_middle=share_of(luma_steps, 0.5),
        chroma_step=share_of(np.sort(np.abs(steps[:, 1:]).max(1)), 0.5),
    )


def unlike(band: Band, low: npt.NDArray[Any], high: npt.NDArray[Any]) -> tuple[float, float]:
    """Share of pixels off a range of colours 2 px or more inside (at 640 px), on the worst side and worst stretch."""
    layout = band.layout
    cells = len(layout.side)
    if cells < 3:
        return 0.0, 0.0
    like = cv2.inRange(np.ascontiguousarray(band.pixels[layout.rows(2, 6)]), low, high)
    by_column = 1 - cv2.reduce(like, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel() / 255
    by_cell = by_column.reshape(cells, layout.cell_px).mean(1)
    worst_side = float((np.bincount(layout.side, by_cell) / np.bincount(layout.side)).max())
    size = min(max(3, round(_STRETCH * cells)), cells)
    sums = np.concatenate(([0.0], by_cell, by_cell[: size - 1])).cumsum()
    return worst_side, float((sums[size:] - sums[:-size]).max()) / size


def _usual(along: Bytes, cell_px: int) -> Floats:
    """Each cell's mean of the smallest 70 % of differences (strips x depths x columns): no strong crossing edges."""
    strips_, rows, columns = along.shape
    cells = along.reshape(strips_, rows, -1, cell_px)[..., :-1].swapaxes(1, 2)
    # 16-bit values are sorted twice as fast as 8-bit ones.
    ordered = cells.astype(np.uint16).reshape(strips_ * columns // cell_px, -1)
    ordered.sort(axis=1)
    kept = max(int(0.7 * ordered.shape[1]), 1)
    sums = np.add.reduce(ordered[:, :kept], 1, dtype=np.uint32)
    return np.asarray(sums / np.float32(kept), np.float32).reshape(strips_, -1)


def _means(band: Band, rows: slice) -> Floats:
    """Mean luma, Cr and Cb of each cell over some rows: cells x 3."""
    by_column = cv2.reduce(band.pixels[rows], 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)
    return np.asarray(cv2.resize(by_column, (len(band.layout.side), 1), interpolation=cv2.INTER_AREA)[0], np.float32)


def _quarter(textured: Bools) -> float:
    """The least share among the four quarters of the border."""
    ends = [len(textured) * quarter // 4 for quarter in range(5)]
    parts = [textured[begin:end] for begin, end in pairwise(ends)]
    return min(np.count_nonzero(part) / max(len(part), 1) for part in parts)


def _steps(layout: Layout, luma: Bytes) -> Floats:
    """Steps of luma from depth to depth, by cell, averaged over each side: depths x sides."""
    cells = cv2.resize(luma.astype(np.float32), (len(layout.side), len(luma)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.absdiff(cells[1:], cells[:-1]) @ layout.weights, np.float32)


def _kinks(layout: Layout, luma: Bytes) -> Floats:
    """Bends of luma from depth to depth, by column, averaged over each side: depths x sides."""
    bends = cv2.convertScaleAbs(cv2.filter2D(luma, cv2.CV_16S, BEND_DOWN, borderType=cv2.BORDER_REPLICATE), None, 0.5)
    weights = layout.column_weights * np.float32((layout.cell_px - 1) / layout.cell_px)
    return np.asarray(bends.astype(np.float32) @ weights, np.float32)


def _edge(layout: Layout, profiles: Floats, half_px: float) -> tuple[float, float]:
    """Depth of the strongest value of profiles (depths x sides) on the deepest side; its least excess over usual."""
    strongest = profiles.max(0)
    strength = strongest / (np.sort(profiles, axis=0)[len(profiles) // 2] + 0.3)
    used = (strength > 1.5) & (strongest > 1.0) & layout.long
    if not used.any():
        return 0.0, float(strength.min())
    return float(layout.depths_px[profiles.argmax(0)[used]].max() + half_px) / layout.scale, float(strength.min())


def _worst_stretch(share: Floats, textured: Bools) -> float:
    """The highest mean share of any stretch of mostly textured cells; one cell counts at most one and a half."""
    size = max(4, round(_STRETCH * share.size))
    if share.size < size:
        return 0.0
    values = np.where(textured, np.minimum(share, 1.5), 0.0)
    sums = np.concatenate(([0.0], values, values[: size - 1])).cumsum()
    counts = np.concatenate(([0], textured, textured[: size - 1])).cumsum()
    sums, counts = sums[size:] - sums[:-size], counts[size:] - counts[:-size]
    used = counts >= 0.6 * size
    return float((sums[used] / counts[used]).max(initial=0.0))
