"""Detects a zone in a bar of the picture: an area of the zone's colour that reaches a whole edge of the picture.

Players and recorders pad pictures with black bars. A bar hides nothing that a camera sees; nor can a solid mask that
fills a whole side of the picture be told from one.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Polygon
from masking.zones.raster import Bgr

LUMA_OFF: Final = 10
CHROMA_OFF: Final = 14
"""How far, in levels, a bar's pixels may lie from the zone's colour."""

EDGE_RATIO: Final = 0.98
"""Share of an edge's pixels that a bar covers."""

_REACH_RATIO = 0.2
"""A zone farther from an edge than this share of the picture is not joined to a bar along it."""


def is_in_bar(picture: Bgr, polygon: Polygon) -> bool:
    """Whether the colour of a zone goes on to an edge of the picture (height x width x 3, BGR), all along that edge."""
    points = np.array(polygon, np.float64)
    for turns in range(4):
        low, high = points.min(0), points.max(0)
        if low[1] <= _REACH_RATIO and _is_bar_on_top(np.asarray(np.rot90(picture, turns), np.uint8), low, high):
            return True
        points = np.stack((points[:, 1], 1 - points[:, 0]), 1)
    return False


def _is_bar_on_top(picture: Bgr, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> bool:
    height, width = picture.shape[:2]
    left, right = int(low[0] * width), max(int(high[0] * width), int(low[0] * width) + 1)
    top, bottom = int(low[1] * height), int(high[1] * height)
    # From the edge to the zone's middle, of every eighth column at most.
    columns = slice(left, right, max((right - left) // 32, 1))
    between = _ycc(picture[: max((top + bottom) // 2, 1), columns])
    color = np.median(between[-max((bottom - top) // 4, 1) :].reshape(-1, 3), axis=0)
    edge = _ycc(picture[min(1, height - 1)][None])
    return _share_like(edge, color) >= EDGE_RATIO and _share_like(between, color) >= EDGE_RATIO


def _ycc(part: Bgr) -> npt.NDArray[np.int16]:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_BGR2YCrCb), np.int16)


def _share_like(part: npt.NDArray[np.int16], color: npt.NDArray[np.float64]) -> float:
    like = (np.abs(part - color) <= (LUMA_OFF, CHROMA_OFF, CHROMA_OFF)).all(2)
    return float(np.count_nonzero(like)) / max(like.size, 1)
