"""A zone as pixels: the crop around it, its depth map, its cells, and the band along its border laid out straight.

What the other modules of the picture side share. Distances are in pixels of the picture as judged, which is at most
MAX_WIDTH_PX wide; lengths given for a 640 px wide picture grow with it (`Region.px`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Polygon

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Bgr = npt.NDArray[np.uint8]

MAX_WIDTH_PX = 1280
"""Wider pictures are averaged down by a whole factor first: enough detail to judge, and bounded work."""

_MARGIN_PX = 28
"""How much of the surroundings is cut out with the zone, at 640 px."""

_LEAST_CORE_PX = 150
"""Pixels that a zone must have inside its inset: about 12 x 12."""

_SUBPIXEL_BITS = 6
TRIM = 0.7
"""Detail is the mean of the smallest 70 % of a cell: a few strong edges, such as mosaic lines, do not count."""


@dataclass(frozen=True, slots=True)
class Region:
    """A zone with its surroundings, cut out of a picture.

    `luma`, `cr`, `cb` are 0..255. `depth_px` is the distance to the zone's border: positive inside, negative outside; a
    border that is the picture's edge does not count. `scale` is the picture's width over 640. `corners` are the zone's
    corners in crop pixels.
    """

    luma: Floats
    cr: Floats
    cb: Floats
    depth_px: Floats
    scale: float
    corners: Floats

    def px(self, at_640: float) -> float:
        """A length given for 640 px wide pictures, in pixels of this picture."""
        return at_640 * self.scale

    @property
    def inset_px(self) -> float:
        """How far inside the border judging begins: codecs smear the step at the border."""
        return 2.0 + 2.0 * self.scale


def cut(picture: Bgr, polygon: Polygon) -> Region | None:
    """Cut a zone out of a picture, or None when it has too few pixels to say anything."""
    factor = -(-picture.shape[1] // MAX_WIDTH_PX)
    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    scale = width / 640
    margin = max(_MARGIN_PX * scale, 16)
    points = np.array(polygon, np.float64) * (width, height)
    left, top = np.maximum(np.floor(points.min(0) - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(points.max(0) + margin), (width, height)).astype(int)
    crop = picture[top * factor : bottom * factor, left * factor : right * factor]
    if min(crop.shape[:2]) < 16:
        return None
    if factor > 1:
        crop = np.asarray(cv2.resize(crop, (right - left, bottom - top), interpolation=cv2.INTER_AREA), np.uint8)
    planes = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_BGR2YCrCb) * 255
    # A pixel's centre lies half a pixel from its corner: pixel (0, 0) covers 0..1.
    corners = (points - (left, top) - 0.5).astype(np.float32)
    area = np.zeros(crop.shape[:2], np.uint8)
    fixed = np.round(corners * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(area, [fixed[:, None, :]], 255, cv2.LINE_8, _SUBPIXEL_BITS)
    depth = np.asarray(_distance(area) - _distance(255 - area), np.float32)
    luma, cr, cb = (np.array(planes[..., index], np.float32) for index in range(3))
    region = Region(luma, cr, cb, depth, scale, corners)
    return region if np.count_nonzero(depth >= region.inset_px) >= _LEAST_CORE_PX else None


def _distance(area: npt.NDArray[np.uint8]) -> Floats:
    """Distance of each set pixel to the nearest unset one; a large number when there is none."""
    if cv2.countNonZero(area) == area.size:
        return np.full(area.shape, 1e4, np.float32)
    return np.asarray(cv2.distanceTransform(area, cv2.DIST_L2, 5), np.float32)


def bend(luma: Floats) -> Floats:
    """Detail per pixel: the second differences along x and y, averaged. Smooth ramps and flat blocks have none."""
    kernel = np.array([[-1, 2, -1]], np.float32) / 2
    across = cv2.filter2D(luma, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(luma, cv2.CV_32F, kernel.T.copy(), borderType=cv2.BORDER_REPLICATE)
    return np.asarray((np.abs(across) + np.abs(down)) / 2, np.float32)


def cells(values: Floats, where: Bools, side_px: int, least_ratio: float = 0.4) -> Floats:
    """Square cells as rows of a table, NaN where a pixel is not in `where`.

    Cells with less than `least_ratio` of their pixels in `where` are left out.
    """
    height, width = values.shape
    rows, columns = -(-height // side_px), -(-width // side_px)
    padded = np.full((rows * side_px, columns * side_px), np.nan, np.float32)
    padded[:height, :width] = np.where(where, values, np.nan)
    table = padded.reshape(rows, side_px, columns, side_px).swapaxes(1, 2).reshape(rows * columns, -1)
    enough = np.isfinite(table).sum(1) >= max(least_ratio * side_px * side_px, 1)
    return np.asarray(table[enough], np.float32)


def trimmed_means(table: Floats) -> Floats:
    """Of each row, the mean of the smallest TRIM share of its values; NaN for a row without values."""
    ordered = np.sort(table, axis=1)  # NaN goes to the end
    keep = np.ceil(np.isfinite(table).sum(1) * TRIM).astype(int)
    sums = np.cumsum(np.nan_to_num(ordered), axis=1)[np.arange(len(table)), np.maximum(keep - 1, 0)]
    return np.asarray(np.where(keep > 0, sums / np.maximum(keep, 1), np.nan), np.float32)


def unroll(region: Region, values: Floats, reach_px: float, step_px: float = 1.0) -> Floats:
    """The band along the border laid out straight: rows go from `reach_px` outside to `reach_px` inside.

    Columns follow the border. Places outside the picture, and sides that lie on the picture's edge, are NaN.
    """
    columns_x, columns_y, normal_x, normal_y = _border_points(region, step_px)
    depths = np.arange(-reach_px, reach_px + 0.5, dtype=np.float32)[:, None]
    map_x = (columns_x + depths * normal_x).astype(np.float32)
    map_y = (columns_y + depths * normal_y).astype(np.float32)
    band = cv2.remap(values, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=np.nan)
    return np.asarray(band, np.float32)


def _border_points(region: Region, step_px: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Points along the border, `step_px` apart, with the direction that leads inside."""
    corners = region.corners.astype(np.float64)
    following = np.roll(corners, -1, axis=0)
    # Twice the signed area: positive when the points run clockwise on the screen (y down).
    turn = float(np.sum(corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1]))
    xs, ys, nxs, nys = [], [], [], []
    for start, end in zip(corners, following, strict=True):
        length = float(np.hypot(*(end - start)))
        if length < 1e-6:
            continue
        count = max(int(length / step_px), 1)
        along = (np.arange(count) + 0.5) / count
        direction = (end - start) / length
        inward = np.array((-direction[1], direction[0])) * (1 if turn > 0 else -1)
        xs.append(start[0] + along * (end[0] - start[0]))
        ys.append(start[1] + along * (end[1] - start[1]))
        nxs.append(np.full(count, inward[0]))
        nys.append(np.full(count, inward[1]))
    joined = [np.concatenate(part).astype(np.float32) for part in (xs, ys, nxs, nys)]
    return joined[0], joined[1], joined[2], joined[3]
