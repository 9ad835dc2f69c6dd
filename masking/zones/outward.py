"""Searches the border of a mask that is larger than its zone, and moves the zone's polygon out to it.

Careful installers draw masks larger than what they must hide. Then nothing ends at the zone's border, and nothing
proves the mask; but it ends somewhere beyond, on every side about as far. What is found is judged like any zone.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.geometry import GeometryError, validate
from masking.model import Polygon
from masking.zones.raster import Bgr, Floats, Region, cut

REACH_PX: Final = 44.0
LEAST_PX: Final = 3.0
"""How far outwards the border is searched, and from where it counts as beyond the zone's own, at 640 px."""

SPREAD_PX: Final = 8.0
"""So far the sides may differ, at 640 px: a mask is drawn around its zone, an object of the scene lies anywhere."""

_SAMPLES = 48
_LIKE_LUMA, _LIKE_CHROMA = 8, 16
_LIKE_RATIO = 0.94
_DETAIL_GAIN = 0.5
"""Logarithm of the detail beyond a side's border over that within it, at least."""


def find(picture: Bgr, polygon: Polygon, is_flat: bool) -> tuple[Polygon, float] | None:
    """Find the border of a larger mask.

    Args:
        picture: Height x width x 3, BGR.
        polygon: The zone, in 0..1, with corners in either order.
        is_flat: The zone is of one colour: then the mask ends where that colour does, else where detail begins.

    Returns:
        The larger polygon, and by how much (at 640 px) it goes beyond the zone on the side with least; None: no such
        border.
    """
    height, width = picture.shape[:2]
    corners = np.array(polygon, np.float64) * (width, height)
    reach = REACH_PX * width / 640
    outer = _moved(corners, np.full(len(corners), reach))
    clipped = np.clip(outer / (width, height), 0, 1)
    region = cut(picture, tuple((float(x), float(y)) for x, y in clipped))
    if region is None:
        return None
    own = corners / region.ground.factor - region.ground.box[:2]
    offsets = _offsets(region, own, is_flat)
    if offsets is None:
        return None
    least = float(offsets.min()) / region.scale
    if least < LEAST_PX:
        return None
    larger = _moved(corners, offsets * region.ground.factor) / (width, height)
    moved = tuple((float(x), float(y)) for x, y in np.clip(larger, 0, 1))
    try:
        validate(moved)
    except GeometryError:
        return None
    return moved, least


def _moved(corners: npt.NDArray[np.float64], by_px: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Corners of a polygon whose sides were moved outwards."""
    normals = _sides(corners)[1]
    out = np.empty_like(corners)
    for at in range(len(corners)):
        # The corner lies on this side and on the one before.
        before = at - 1
        lines = np.array((normals[before], normals[at]))
        where = np.array((corners[at] @ normals[before] + by_px[before], corners[at] @ normals[at] + by_px[at]))
        straight = abs(float(np.linalg.det(lines))) < 0.1
        out[at] = corners[at] + normals[at] * by_px[at] if straight else np.linalg.solve(lines, where)
    return out


def _sides(corners: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Each side's direction and outward normal, of length 1."""
    vectors = np.roll(corners, -1, axis=0) - corners
    vectors = vectors / np.maximum(np.hypot(vectors[:, 0], vectors[:, 1]), 1e-6)[:, None]
    following = np.roll(corners, -1, axis=0)
    turn = float(np.sum(corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1]))
    normals = np.stack((vectors[:, 1], -vectors[:, 0]), 1) * (1.0 if turn > 0 else -1.0)
    return vectors, normals


def _offsets(region: Region, corners: npt.NDArray[np.float64], is_flat: bool) -> npt.NDArray[np.float64] | None:
    """By how many pixels the mask goes beyond each side; None where a side has none, or sides differ."""
    vectors, normals = _sides(corners)
    share = (0.05 + 0.9 * (np.arange(_SAMPLES) + 0.5) / _SAMPLES)[:, None, None]
    depths = np.arange(-round(6 * region.scale), round(REACH_PX * region.scale) + 1)
    begin, end = corners[:, None, :], np.roll(corners, -1, axis=0)[:, None, :]
    at = begin[:, None] * (1 - share) + end[:, None] * share + normals[:, None, None] * depths[:, None]
    height, width = region.luma.shape
    inside = (at[..., 0] > -0.5) & (at[..., 0] < width - 0.5) & (at[..., 1] > -0.5) & (at[..., 1] < height - 0.5)
    # The crop ends where the picture does: up to there a side is searched.
    reached = inside.all(1).sum(1)
    columns = at.reshape(len(corners) * _SAMPLES, len(depths), 2).astype(np.float32)
    pixels = _taken(region, columns)
    if is_flat:
        color = np.median(pixels[:, : round(6 * region.scale)].reshape(-1, 3), axis=0)
        like = (np.abs(pixels - color) <= (_LIKE_LUMA, _LIKE_CHROMA, _LIKE_CHROMA)).all(2)
        by_side = like.reshape(len(corners), _SAMPLES, -1).mean(1)
        ends = [_end(side[:count] >= _LIKE_RATIO) for side, count in zip(by_side, reached, strict=True)]
    else:
        beside = columns + np.repeat(vectors, _SAMPLES, axis=0)[:, None].astype(np.float32)
        detail = np.abs(pixels - _taken(region, beside))[..., 0].reshape(len(corners), _SAMPLES, -1)
        profiles = np.log(np.sort(detail, axis=1)[:, : int(0.8 * _SAMPLES)].mean(1) + 0.4)
        ends = [_rise(side[:count]) for side, count in zip(profiles, reached, strict=True)]
    is_cut = reached < len(depths)
    if any(end is None and not cut_off for end, cut_off in zip(ends, is_cut, strict=True)):
        return None
    known = np.array([float(depths[end]) for end in ends if end is not None])
    if 2 * len(known) < len(corners) or float(np.ptp(known)) / region.scale > SPREAD_PX:
        return None
    edges = depths[reached - 1]
    return np.array([edge if end is None else float(depths[end]) for end, edge in zip(ends, edges, strict=True)])


def _taken(region: Region, at: Floats) -> Floats:
    return np.asarray(cv2.remap(region.ycc, at[..., 0], at[..., 1], cv2.INTER_LINEAR), np.float32)


def _end(is_like: npt.NDArray[np.bool_]) -> int | None:
    """The last place of a side up to which it is of the fill's colour; None where it is to the end."""
    return None if is_like.all() else max(int((~is_like).argmax()) - 1, 0)


def _rise(profile: Floats) -> int | None:
    """The place at which a side's detail rises most: where two means fit it best; None where it does not."""
    count = len(profile)
    if count < 3:
        return None
    first = np.arange(1, count, dtype=np.float32)
    sums = profile.cumsum()
    rise = (sums[-1] - sums[:-1]) / (count - first) - sums[:-1] / first
    best = int((np.maximum(rise, 0) ** 2 * first * (count - first)).argmax())
    return best if rise[best] >= _DETAIL_GAIN else None
