"""Unrolls the band along a zone's border: rows are depths, columns follow the border, cells cut it up."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from masking.zones.raster import Bytes, Floats, Ground, Region

Bools = npt.NDArray[np.bool_]

REACH = 13.0
"""How far the band reaches to either side, at 640 px."""

_CELL = 12.0
"""Length of a border cell, at 640 px."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """How a zone's border is laid out straight; the part of a band that does not depend on the picture, cached.

    `cell_px` columns make a cell. `depths_px` are the rows' distances to the border, negative outside. `side` is the
    side of the polygon of each cell, numbered without gaps. Cells outside the picture are left out. `scale` as for the
    region. `weights` (cells x sides) and `column_weights` (columns x sides) are the shares in the mean of each side,
    except for the last column of a cell, which has no difference; cells so near to the ends of their side that another
    one shows in them count nothing (where others are left). `long`: sides not much shorter than the longest one.
    `map_x`, `map_y` are where in the crop each depth and column lies; `line_at`, for each of them, which of the columns
    (and, behind those, rows) of the crop a line that crosses its side there would follow. `facing` (columns x 4): the
    shares in the mean of what looks left, up, right and down.
    """

    weights: Floats
    column_weights: Floats
    long: Bools
    map_x: Floats
    map_y: Floats
    line_at: npt.NDArray[np.intp]
    cell_px: int
    depths_px: npt.NDArray[np.float64]
    side: npt.NDArray[np.intp]
    scale: float
    facing: Floats

    def rows(self, low_at_640: float, high_at_640: float) -> slice:
        """Which rows lie in a range of depths; at least one."""
        middle = len(self.depths_px) // 2
        first = min(round(low_at_640 * self.scale), middle)
        return slice(middle + first, middle + min(max(round(high_at_640 * self.scale), first), middle) + 1)


@dataclass(frozen=True, slots=True)
class Band:
    """Depths x columns x 3 (luma, Cr, Cb), luma alone, and differences `along` the border, 0 across cells' ends."""

    layout: Layout
    pixels: Bytes
    luma: Bytes
    along: Bytes


def unroll(region: Region) -> Band:
    """Lay the band along the border out straight. Side effect: caches the layout with the ground."""
    layout = region.ground.once(_layout)
    if not len(layout.side):
        none = np.zeros(layout.map_x.shape, np.uint8)
        return Band(layout, np.zeros((*none.shape, 3), np.uint8), none, none)
    # Four planes are laid out in half the time that three take.
    padded = cv2.cvtColor(region.ycc, cv2.COLOR_BGR2BGRA)
    padded = cv2.remap(padded, layout.map_x, layout.map_y, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
    pixels = np.asarray(cv2.cvtColor(padded, cv2.COLOR_BGRA2BGR), np.uint8)
    luma = np.asarray(cv2.extractChannel(pixels, 0), np.uint8)
    along = np.zeros_like(luma)
    cv2.absdiff(luma[:, 1:], luma[:, :-1], along[:, :-1])
    along[:, layout.cell_px - 1 :: layout.cell_px] = 0
    return Band(layout, pixels, luma, along)


def _layout(ground: Ground) -> Layout:
    reach = int(np.ceil(REACH * ground.scale))
    corners = ground.corners
    vectors = np.roll(corners, -1, axis=0) - corners
    lengths = np.maximum(np.hypot(vectors[:, 0], vectors[:, 1]), 1e-6)
    cell = max(round(_CELL * ground.scale), 8)
    counts = np.maximum(np.rint(lengths / cell).astype(np.intp), 1)
    columns = counts * cell
    # Position of each column along its side, 0..1, at the columns' middles.
    share = (np.arange(columns.sum()) - np.repeat(columns.cumsum() - columns, columns) + 0.5) / np.repeat(
        columns, columns
    )
    # Twice the signed area: positive when the points run clockwise on the screen (y down).
    turn = 1.0 if float(np.sum(corners[:, 0] * vectors[:, 1] - vectors[:, 0] * corners[:, 1])) > 0 else -1.0
    normals = np.stack((-vectors[:, 1], vectors[:, 0]), 1) / lengths[:, None] * turn
    at = np.repeat(corners, columns, axis=0) + share[:, None] * np.repeat(vectors, columns, axis=0)
    normal = np.repeat(normals, columns, axis=0).astype(np.float32)
    depths = np.arange(-reach, reach + 1, dtype=np.float64)
    steps = depths[:, None].astype(np.float32)
    map_x = at[:, 0].astype(np.float32) + steps * normal[:, 0]
    map_y = at[:, 1].astype(np.float32) + steps * normal[:, 1]
    side = np.repeat(np.arange(len(corners)), counts)
    middle = share.reshape(-1, cell).mean(1)
    apart = np.minimum(middle, 1 - middle) * lengths[side] > 0.8 * reach
    height, width = ground.core.shape
    known = (map_x[0] > -0.6) & (map_x[0] < width - 0.4) & (map_y[0] > -0.6) & (map_y[0] < height - 0.4)
    if not known.all():
        cells = known.reshape(-1, cell).all(1)
        kept = np.repeat(cells, cell)
        map_x, map_y = (np.ascontiguousarray(plane[:, kept]) for plane in (map_x, map_y))
        side, apart = np.unique(side[cells], return_inverse=True)[1], apart[cells]
    alone = np.bincount(side, apart) == 0 if len(side) else np.zeros(0, np.bool_)
    apart = apart | alone[side]
    weights = np.zeros((len(side), int(side[-1]) + 1 if len(side) else 1), np.float32)
    weights[np.arange(len(side)), side] = apart
    weights /= np.maximum(weights.sum(0), 1)
    by_column = np.repeat(weights, cell, axis=0) / np.float32(cell - 1)
    lengths = np.bincount(side, minlength=1)
    long = lengths >= 0.3 * lengths.max()
    line_at = _line_at((height, width), map_x, map_y, side, cell)
    facing = _facing(by_column, map_x, map_y)
    return Layout(weights, by_column, long, map_x, map_y, line_at, cell, depths, side, ground.scale, facing)


def _facing(by_column: Floats, map_x: Floats, map_y: Floats) -> Floats:
    """See `Layout.facing`."""
    x, y = map_x[1] - map_x[0], map_y[1] - map_y[0]  # inwards
    number = np.where(np.abs(x) >= np.abs(y), np.where(x > 0, 0, 2), np.where(y > 0, 1, 3))
    weights = by_column.sum(1)[:, None] * (number[:, None] == np.arange(4))
    return np.asarray(weights / np.maximum(weights.sum(0), 1e-9), np.float32)


def _line_at(
    shape: tuple[int, int], map_x: Floats, map_y: Floats, side: npt.NDArray[np.intp], cell_px: int
) -> npt.NDArray[np.intp]:
    """See `Layout.line_at`: columns cross the level sides, rows the upright ones."""
    height, width = shape
    if not len(side):
        return np.zeros(map_x.shape, np.intp)
    numbers = cv2.merge(
        (
            np.broadcast_to(np.arange(width, dtype=np.float32), shape),
            np.broadcast_to(np.arange(width, width + height, dtype=np.float32)[:, None], shape),
        )
    )
    at = cv2.remap(numbers, map_x, map_y, cv2.INTER_NEAREST, None, cv2.BORDER_REPLICATE)
    first = np.flatnonzero(np.diff(side, prepend=-1)) * cell_px
    level = np.abs(map_x[0, first + 1] - map_x[0, first]) >= 0.7
    crossed = np.repeat(level[side], cell_px)
    return np.asarray(np.where(crossed, at[..., 0], at[..., 1]), np.intp)
