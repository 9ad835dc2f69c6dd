"""Shares what quality measures need: areas the camera does not draw, cells, and smaller copies."""

import math
from functools import cached_property, lru_cache
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Polygon
from masking.view.baseline import Descriptor
from masking.view.picture import Bools, Grey, excluded_area

_NOISE_KERNEL: Final = np.array([1, -2, 1], np.float32)
"""Along both axes, one after the other."""

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

COARSE: Final = 4
HALF_PX: Final = 320
"""Longer side of the copy that is compared with the picture before, and with the approved background."""

CELL: Final = 10
"""Cells are squares of ten pixels on a picture four times smaller: 40 px of 640."""


class Undrawn:
    """Where the camera draws nothing (`mask` 1), at any size, cached: read-only; all counts where nothing is left."""

    def __init__(self, shape: tuple[int, int], excluded: tuple[Polygon, ...]) -> None:
        self.mask: Grey = (~excluded_area(shape, excluded)).astype(np.uint8)
        if not self.mask.any():
            self.mask[:] = 1
        self.pixels = cv2.countNonZero(self.mask)
        self.size = (shape[1], shape[0])
        self._sized: dict[tuple[int, int], Grey] = {}
        self._lines: dict[tuple[int, int], tuple[Counts, Counts]] = {}

    def at(self, size: tuple[int, int]) -> Grey:
        """The mask at another size (width, height), subsampled."""
        if size not in self._sized:
            self._sized[size] = np.asarray(cv2.resize(self.mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)
        return self._sized[size]

    @cached_property
    def quiet(self) -> Bools:
        """Which cells of 16 px are wholly shown."""
        return np.asarray(shrunk(self.mask.astype(np.float32), 16) > 0.95)

    def lines_at(self, size: tuple[int, int]) -> tuple[Counts, Counts]:
        """How many pixels of each column and of each row are shown, at a size (width, height)."""
        if size not in self._lines:
            part = self.at(size)
            self._lines[size] = np.asarray(part.sum(0), np.int64), np.asarray(part.sum(1), np.int64)
        return self._lines[size]

    @cached_property
    def cells(self) -> Bools:
        """Which coarse cells are mostly shown, row by row."""
        part = self.at(coarse_size(self.size))
        return np.asarray(by_cell(part).mean(axis=1) > 0.9)


@lru_cache(maxsize=64)
def undrawn_of(shape: tuple[int, int], excluded: tuple[Polygon, ...]) -> Undrawn:
    """Cached for the next picture of the camera, whose masks and overlays are the same; about 0.4 MB each."""
    return Undrawn(shape, excluded)


def coarse_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size (width, height) of a coarse copy."""
    return max(size[0] // COARSE, 1), max(size[1] // COARSE, 1)


def coarse_of(grey: Grey) -> Floats:
    """A copy that is COARSE times smaller."""
    size = coarse_size((grey.shape[1], grey.shape[0]))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)


def by_cell(coarse: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values of the whole cells, row by row: cells x 100."""
    rows, columns = coarse.shape[0] // CELL, coarse.shape[1] // CELL
    used = coarse[: rows * CELL, : columns * CELL]
    return used.reshape(rows, CELL, columns, CELL).swapaxes(1, 2).reshape(rows * columns, CELL * CELL)


def noise_response(values: npt.NDArray[Any], depth: int) -> npt.NDArray[Any]:
    """What noise leaves of luma and structure does not (Immerkaer 1996), its sign dropped, in OpenCV's depth."""
    response = cv2.sepFilter2D(values, depth, _NOISE_KERNEL, _NOISE_KERNEL)
    return np.asarray(np.abs(response, out=response))


def noise_of(means: Floats, percent: float) -> float:
    """The deviation of noise, from means of that over cells: of the cell that so many per cent are quieter than."""
    return percentile(means, percent) * math.sqrt(math.pi / 2) / 6


def shrunk(values: Floats, side_px: int) -> Floats:
    """Means of square cells; an incomplete last row or column is left out."""
    rows, columns = max(values.shape[0] // side_px, 1), max(values.shape[1] // side_px, 1)
    used = values[: rows * side_px, : columns * side_px]
    return np.asarray(cv2.resize(used, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def shrunk_grey(grey: Grey, side_px: int) -> Grey:
    """Luma with its longer side brought to `side_px`."""
    scale = side_px / max(grey.shape)
    size = (max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def percentile(values: Floats, percent: float) -> float:
    """The value below which so many per cent of some values lie, between its neighbours in proportion."""
    ordered = np.sort(values, axis=None)
    place = percent / 100 * (ordered.size - 1)
    low = int(place)
    high = min(low + 1, ordered.size - 1)
    return float(ordered[low]) + (float(ordered[high]) - float(ordered[low])) * (place - low)


def same_shape(descriptor: Descriptor, grey: Grey) -> bool:
    """Whether both have the same proportions, and enough pixels."""
    width, height = descriptor.width_px, descriptor.height_px
    off = abs(width * grey.shape[0] - height * grey.shape[1])
    return min(width, height) >= 3 * CELL and off <= 8 * max(width, height)


def box(polygon: Polygon, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The box around a polygon in pixels of a picture of that shape: left, top, right, bottom."""
    corners = np.nan_to_num(np.array(polygon, np.float64).reshape(-1, 2)) * (shape[1], shape[0])
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, (shape[1], shape[0])).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)), 0, (shape[1], shape[0])).astype(int)
    return int(left), int(top), int(right), int(bottom)
