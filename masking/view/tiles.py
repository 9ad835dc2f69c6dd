"""Matches tiles of two pictures of one view, and fits the similarity that most of them obey.

A tile is a square that phase correlation locates in the other picture by itself. One with straight lines only (floor
boards, a kerb, a cable) slides along them and counts across them alone.

Source: Kuglin, Hines 1975 (phase correlation); Fischler, Bolles 1981 (RANSAC); Bigün, Granlund 1987 (structure tensor).
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.view.picture import Bools, Grey

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

AGREEING_MIN: Final = 0.3
QUADRANTS_MIN: Final = 3
"""Share of the tiles with texture that must agree, and quarters of the picture that they must lie in."""

TILES_MIN: Final = 8
"""Fewer tiles with texture prove nothing."""

TILE_PX: Final = 96
TILES_MAX: Final = 66

EXCLUDED_MAX: Final = 0.35
"""Share of a tile that may be left out."""

ZOOM_MAX: Final = 2.0
"""A larger zoom, in or out, is chance or another scene."""

_AGREE_PX = 1.0
_TEXTURE_MIN = 0.30
_STRAIGHT = 0.8
_PEAK_MIN = 0.12
_SURE_MIN = 4
_SPREAD = 0.3
_WINDOW = np.asarray(cv2.createHanningWindow((TILE_PX, TILE_PX), cv2.CV_32F), np.float32)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Squares of TILE_PX: their corners (x, y), which show straight lines only, and the direction across those."""

    corners: npt.NDArray[np.int64]
    straight: Bools
    normals: Matrix


@dataclass(frozen=True, slots=True)
class Fit:
    """A similarity (2x3, reference to picture pixels); shares that agree of tiles with texture, and of those found."""

    matrix: Matrix
    agreeing_ratio: float
    heard_ratio: float
    quadrants: int
    tiles: int

    @property
    def proven(self) -> bool:
        """Whether enough tiles agree, in enough places."""
        return self.agreeing_ratio >= AGREEING_MIN and self.quadrants >= QUADRANTS_MIN and self.tiles >= TILES_MIN


def usable(edges: Floats, shown: Grey) -> Tiles:
    """The tiles that show enough, and enough texture, to be found again."""
    height, width = edges.shape
    step = TILE_PX // 2
    while _count(width, step) * _count(height, step) > TILES_MAX:
        step += 1
    columns = np.linspace(0, width - TILE_PX, _count(width, step)).round().astype(int)
    rows = np.linspace(0, height - TILE_PX, _count(height, step)).round().astype(int)
    corners = np.array([(x, y) for y in rows.tolist() for x in columns.tolist()], np.int64)
    across, down = cv2.Sobel(edges, cv2.CV_32F, 1, 0), cv2.Sobel(edges, cv2.CV_32F, 0, 1)
    planes = (shown.astype(np.float32), edges, edges * edges, across * across, down * down, across * down)
    seen, mean, square, xx, yy, xy = (_tile_means(np.asarray(plane, np.float32), corners) for plane in planes)
    kept = (seen >= 1 - EXCLUDED_MAX) & (square - mean * mean >= _TEXTURE_MIN**2)
    straight = np.hypot(xx - yy, 2 * xy) >= _STRAIGHT * np.maximum(xx + yy, 1e-9)
    angle = np.arctan2(2 * xy, xx - yy) / 2
    normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Tiles(corners[kept], straight[kept], normals[kept])


def _tile_means(plane: Floats, corners: npt.NDArray[np.int64]) -> Matrix:
    sums = cv2.integral(plane, sdepth=cv2.CV_64F)
    x, y = corners[:, 0], corners[:, 1]
    inside = sums[y + TILE_PX, x + TILE_PX] - sums[y, x + TILE_PX] - sums[y + TILE_PX, x] + sums[y, x]
    return np.asarray(inside / TILE_PX**2, np.float64)


def _count(length: int, step: int) -> int:
    return max(round((length - TILE_PX) / step) + 1, 1)


def shifts(before: Floats, after: Floats, tiles: Tiles) -> tuple[Matrix, Matrix, Bools]:
    """Find each tile of `before` again in `after`: its middle in both (x, y), and whether it was found at all."""
    found = []
    for x, y in tiles.corners.tolist():
        part = (slice(y, y + TILE_PX), slice(x, x + TILE_PX))
        # OpenCV 5.0.0 multiplies the window into the arrays that it is given, and tiles overlap: hand over copies.
        (right, down), peak = cv2.phaseCorrelate(before[part].copy(), after[part].copy(), _WINDOW)
        found.append((right, down, peak))
    measured = np.array(found, np.float64).reshape(-1, 3)
    start = np.asarray(tiles.corners + (TILE_PX - 1) / 2, np.float64)
    end = start + measured[:, :2]
    heard = (measured[:, 2] >= _PEAK_MIN) & np.isfinite(measured).all(axis=1)
    return start, end, heard


def fit(before: Floats, after: Floats, tiles: Tiles, centre: tuple[float, float]) -> Fit | None:
    """The similarity that most tiles obey, or None.

    Args:
        before: Edges of the reference.
        after: Edges of the picture, of the same size. Both are 0 where nothing is compared.
        tiles: Those of `before` that are usable.
        centre: The middle of what both show (x, y). Four quarters meet there, or in the middle of the tiles where
            those spread widely enough: a sky takes no quarter away.
    """
    start, end, heard = shifts(before, after, tiles)
    sure = heard & ~tiles.straight
    if int(sure.sum()) < _SURE_MIN:
        return None
    matrix, _ = cv2.estimateAffinePartial2D(
        start[sure], end[sure], method=cv2.RANSAC, ransacReprojThreshold=_AGREE_PX, maxIters=500, confidence=0.999
    )
    fitted = np.asarray(matrix, np.float64)  # NaN where OpenCV gives none
    if fitted.shape != (2, 3):
        return None
    agreeing = sure
    for _ in range(2):
        off = end - (start @ fitted[:, :2].T + fitted[:, 2])
        far = np.where(tiles.straight, np.abs((off * tiles.normals).sum(axis=1)), np.hypot(off[:, 0], off[:, 1]))
        agreeing = heard & (far <= _AGREE_PX)
        if int((agreeing & sure).sum()) < _SURE_MIN:
            return None
        fitted = _least_squares(start, end, tiles, agreeing)
    if not plausible(fitted):
        return None
    low, high = start.min(axis=0), start.max(axis=0)
    wide = (high - low >= _SPREAD * np.array((before.shape[1], before.shape[0]))).all()
    middle = (low + high) / 2 if wide else np.array(centre)
    quarters = set(((start[agreeing] > middle) @ np.array((1, 2))).tolist())
    count = int(agreeing.sum())
    return Fit(fitted, count / len(start), count / int(heard.sum()), len(quarters), len(start))


def _least_squares(start: Matrix, end: Matrix, tiles: Tiles, agreeing: Bools) -> Matrix:
    """The similarity that fits best; of a straight tile only the part across its lines is used."""
    start, end, straight, normals = start[agreeing], end[agreeing], tiles.straight[agreeing], tiles.normals[agreeing]
    x, y, one, none = start[:, 0], start[:, 1], np.ones(len(start)), np.zeros(len(start))
    right, down = np.stack([x, -y, one, none], axis=1), np.stack([y, x, none, one], axis=1)
    across = right * normals[:, :1] + down * normals[:, 1:]
    wanted = (end * normals).sum(axis=1)
    rows = np.concatenate([right[~straight], down[~straight], across[straight]])
    values = np.concatenate([end[~straight, 0], end[~straight, 1], wanted[straight]])
    (a, b, c, d), *_ = np.linalg.lstsq(rows, values, rcond=None)
    return np.array(((a, -b, c), (b, a, d)), np.float64)


def plausible(matrix: Matrix) -> bool:
    """Whether a similarity is one that a camera can do."""
    zoom = math.hypot(float(matrix[0, 0]), float(matrix[1, 0]))
    return bool(np.isfinite(matrix).all()) and 1 / ZOOM_MAX <= zoom <= ZOOM_MAX
