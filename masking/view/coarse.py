"""Searches where a picture lies in the approved view, or that in it, by small pictures laid over one another.

Every size and shape of a pixel in which streams come is tried; what comes of it are proposals. For the child.

Source: Lewis 1995 (normalized cross-correlation).
"""

import math
from collections.abc import Iterator
from itertools import product
from typing import Final, TypeVar

import cv2
import numpy as np

from masking.view.edges import log_gradient
from masking.view.framing import Box
from masking.view.picture import Grey
from masking.view.tiles import Floats

_Plane = TypeVar("_Plane", Grey, Floats)

_COARSE_PX: Final = 112
_SCALES: Final = tuple(float(one) for one in np.geomspace(1.0, 2.6, 15))
_RUNG: Final = 1.5
"""Edges are drawn in sizes so far apart, and stretched for the sizes between."""

_PIXELS: Final = (1.0, 12 / 11, 10 / 11, 4 / 3, 3 / 4)
"""Shapes of a pixel that streams have: square ones, those of PAL and NTSC, those of anamorphic recorders."""


def turned_back(picture: _Plane, turn: int, mirrored: bool) -> _Plane:
    """Return a picture, or its edges, turned back and mirrored back to how the approved view lies."""
    turned = np.rot90(picture, turn // 90)  # against the clock
    return np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)


def small_edges(grey: Grey) -> Floats:
    """Return the edges of the approved view, _COARSE_PX long."""
    height, width = grey.shape
    scale = _COARSE_PX / max(height, width)
    return _edges(grey, (max(round(width * scale), 8), max(round(height * scale), 8)))


def _edges(grey: Grey, size: tuple[int, int]) -> Floats:
    """The edges of a picture, made small: soft enough for a few per cent of scale."""
    double = np.asarray(cv2.resize(grey, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_AREA), np.uint8)
    edges = log_gradient(double, np.zeros(double.shape, np.bool_))
    small = cv2.resize(edges, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)


def _near_edges(grey: Grey, size: tuple[int, int], rungs: dict[int, Floats]) -> Floats:
    """The edges of a picture of a size, made of those of the nearest rung of a ladder of sizes: this saves half."""
    rung = round(math.log(size[0]) / math.log(_RUNG))
    scale = _RUNG**rung / size[0]
    if rung not in rungs:
        rungs[rung] = _edges(grey, (round(size[0] * scale), round(size[1] * scale)))
    return np.asarray(cv2.resize(rungs[rung], size, interpolation=cv2.INTER_LINEAR), np.float32)


def laid_over(small: Floats, grey: Grey, shape: tuple[int, ...]) -> Iterator[tuple[float, Box, int, bool]]:
    """Lay a picture over the small approved view, turned by quarters and mirrored, in each size.

    Its edges are drawn once for all ways that have the same size, which takes most of the time.

    Yields:
        How alike they are, what box of the view the picture shows, by how much it is turned, and whether mirrored.
    """
    rows, columns = small.shape
    for upright, turns in ((grey, (0, 180)), (turned_back(grey, 90, mirrored=False), (90, 270))):
        for edges in _in_each_size(upright, (columns, rows), shape):
            high, wide = edges.shape
            fits = wide <= columns and high <= rows
            for turn, mirrored in product(turns, (False, True)):
                over = turned_back(edges, turn - turns[0], mirrored)
                score, x, y = _best_place(small, over) if fits else _best_place(over, small)
                x, y = (x, y) if fits else (-x, -y)
                yield score, (x / columns, y / rows, (x + wide) / columns, (y + high) / rows), turn, mirrored


def _in_each_size(upright: Grey, view: tuple[int, int], shape: tuple[int, ...]) -> Iterator[Floats]:
    """Yield the edges of a picture in each size in which it fits into the small view (width, height), or that into it.

    `shape`: rows and columns of the approved view itself.
    """
    columns, rows = view
    aspect = upright.shape[1] / upright.shape[0]
    for pixel in {round(one, 3): one for one in (*_PIXELS, (shape[1] / shape[0]) / aspect)}.values():
        rungs: dict[int, Floats] = {}
        for scale in (*_SCALES, *(1 / one for one in _SCALES[1:])):
            # `scale` is by how much the picture as a whole is larger than the whole approved view, or smaller.
            wide = columns / scale
            high = wide / (aspect * pixel / (shape[1] / shape[0])) * rows / columns
            size = (round(wide), round(high))
            fits, holds = size[0] <= columns and size[1] <= rows, size[0] >= columns and size[1] >= rows
            if (fits or holds) and min(size) >= 16 and max(size) <= 3 * _COARSE_PX:
                yield _near_edges(upright, size, rungs)


def _best_place(wide: Floats, part: Floats) -> tuple[float, int, int]:
    """Return how alike a part is to what is under it where that is most, and its corner (x, y) there."""
    _, score, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(wide, part, cv2.TM_CCOEFF_NORMED))
    return score, x, y
