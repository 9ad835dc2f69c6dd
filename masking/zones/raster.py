"""Rasterizes a zone: its crop, which pixels are deep inside or well outside, tiles, and pictures at half size.

Shared by the other modules of the picture side. A region is calculated once, in 8-bit planes. Distances are in pixels
of the picture as judged; lengths given for a 640 px wide picture grow with it (`Region.px`). The part that depends on
the zone's polygon and the picture's size alone (`Ground`) is cached, for the same zones are judged again and again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Polygon

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Bgr = npt.NDArray[np.uint8]
Derived = TypeVar("Derived")

JUDGED_WIDTH_PX = 640
"""Pictures are averaged down by a whole factor towards this width: what hides must hide at this size, work is
bounded."""

_LEAST_ZONE_PX = (64, 48)
"""A zone is not averaged down below this size: a small zone in a large picture is judged closer to the original."""

_MARGIN_PX = 24
"""How much of the surroundings is cut out with the zone, at 640 px."""

_LEAST_CORE_PX = 150
"""Pixels that a zone must have inside its inset: about 12 x 12."""

_LEAST_DEEP_PX = 100
_SUBPIXEL_BITS = 6


KEPT_ZONES = 128
KEPT_MOST_PX = 60_000
"""So many zones' grounds are cached, least recently used evicted first; of those with a larger crop the last one alone.

With all that is derived of it a ground takes about 40 bytes per pixel of its crop: 40 MB in all for zones of a usual
size, 300 MB at the most."""

Plane = Literal["core", "ring", "core_half"]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Neighbours along one axis that both lie in a mask: 1 in `where`, and how many each line between pixels has."""

    where: Bytes
    counts: Floats


@dataclass(frozen=True, slots=True)
class Tiling:
    """Square tiles over a mask of `whole` pixels: `enough` marks those with enough of it, `counts` how much in each."""

    mask: Bytes
    side_px: int
    enough: npt.NDArray[np.bool_]
    counts: npt.NDArray[np.int32]
    whole: float


class Ground:
    """A zone's crop apart from the picture's content, cached: read-only.

    `box` is in pixels of the picture as judged, whose width and height are `size_px`. What other modules calculate
    of it (`once`) is cached as long as it is itself.
    """

    def __init__(
        self,
        corners: npt.NDArray[np.float64],
        box: tuple[int, int, int, int],
        factor: int,
        scale: float,
        size_px: tuple[int, int],
    ):
        self.box, self.factor, self.scale, self.size_px = box, factor, scale, size_px
        left, top, right, bottom = box
        # A pixel's centre lies half a pixel from its corner: pixel (0, 0) covers 0..1.
        self.corners = corners - (left + 0.5, top + 0.5)
        area = np.zeros((bottom - top, right - left), np.uint8)
        points = np.rint(self.corners * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(area, [points], 1, cv2.LINE_8, _SUBPIXEL_BITS)
        around = np.ones((2 * inset_px(scale) + 1,) * 2, np.uint8)
        self.core = np.asarray(cv2.erode(area, around), np.uint8)
        self.ring = np.asarray(1 - cv2.dilate(area, around), np.uint8)
        self.core_pixels = cv2.countNonZero(self.core)
        self.ring_pixels = cv2.countNonZero(self.ring)
        self._tilings: dict[tuple[Plane, int, float], Tiling] = {}
        self._deep: dict[int, tuple[Bytes, Bytes]] = {}
        self._pairs: dict[tuple[Plane, int], Pairs] = {}
        self._derived: dict[Callable[[Ground], Any], Any] = {}

    @cached_property
    def halves(self) -> tuple[Bytes, Bytes]:
        """Core and ring at half size."""
        return thinned(self.core), thinned(self.ring)

    @cached_property
    def quarters(self) -> tuple[Bytes, Bytes]:
        """Core and ring at a quarter of the size."""
        return thinned(self.halves[0]), thinned(self.halves[1])

    def once(self, make: "Callable[[Ground], Derived]") -> "Derived":
        """Return what a function of this ground alone makes of it, calculated once."""
        if make not in self._derived:
            self._derived[make] = make(self)
        found: Derived = self._derived[make]
        return found

    def deep_core(self, margin_px: int) -> tuple[Bytes, Bytes]:
        """The core, drawn in by so much where enough of it is left, at full and at half size."""
        if margin_px not in self._deep:
            deep = np.asarray(cv2.erode(self.core, np.ones((2 * margin_px + 1,) * 2, np.uint8)), np.uint8)
            deep = deep if cv2.countNonZero(deep) >= _LEAST_DEEP_PX else self.core
            self._deep[margin_px] = (deep, thinned(deep))
        return self._deep[margin_px]

    def tiling(self, plane: Plane, side_px: int, least_ratio: float) -> Tiling:
        """Tiles over one of the masks; see `tiling`."""
        key = (plane, side_px, least_ratio)
        if key not in self._tilings:
            self._tilings[key] = tiling(self._mask(plane), side_px, least_ratio)
        return self._tilings[key]

    def pairs(self, plane: Plane, axis: int) -> Pairs:
        """Neighbours in one of the masks, along rows (axis 0, counted by column) or along columns (axis 1)."""
        if (plane, axis) not in self._pairs:
            mask = self._mask(plane)
            where = mask[:, 1:] & mask[:, :-1] if axis == 0 else mask[1:] & mask[:-1]
            self._pairs[plane, axis] = Pairs(where, sums_along(where, axis))
        return self._pairs[plane, axis]

    def _mask(self, plane: Plane) -> Bytes:
        return self.core if plane == "core" else self.ring if plane == "ring" else self.halves[0]


@dataclass(frozen=True, slots=True)
class Region:
    """A zone with its surroundings, cut out of a picture.

    `ycc` is height x width x 3: luma, Cr and Cb as 0..255; `luma` its first plane. `core` is 1 inside the zone, at
    least `inset_px` from its border, else 0; `ring` the same outside. A border that is the picture's edge does not
    count. `scale` is the picture's width over 640. `corners` are the zone's corners in crop pixels. `ground` does not
    depend on the picture.
    """

    ycc: Bytes
    luma: Bytes
    core: Bytes
    ring: Bytes
    scale: float
    corners: npt.NDArray[np.float64]
    ground: Ground

    def px(self, at_640: float) -> float:
        """A length given for 640 px wide pictures, in pixels of this picture."""
        return at_640 * self.scale

    def to_crop(self, polygon: Polygon) -> Polygon:
        """A polygon in 0..1 of the picture, in pixels of the crop."""
        ground = self.ground
        return tuple((x * ground.size_px[0] - ground.box[0], y * ground.size_px[1] - ground.box[1]) for x, y in polygon)

    @property
    def inset_px(self) -> int:
        """How far inside the border judging begins: codecs smear the step at the border."""
        return inset_px(self.scale)


def inset_px(scale: float) -> int:
    """See `Region.inset_px`."""
    return round(2.0 + 2.0 * scale)


def cut(picture: Bgr, polygon: Polygon) -> Region | None:
    """Cut a zone out of a picture (height x width x 3, BGR); None: too few pixels. Side effect: caches its ground."""
    ground = _ground(tuple(polygon), picture.shape[1], picture.shape[0])
    if ground is None or ground.core_pixels < _LEAST_CORE_PX:
        return None
    (left, top, right, bottom), factor = ground.box, ground.factor
    crop = picture[top * factor : bottom * factor, left * factor : right * factor]
    if factor > 1:
        crop = np.asarray(cv2.resize(crop, (right - left, bottom - top), interpolation=cv2.INTER_AREA), np.uint8)
    ycc = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2YCrCb), np.uint8)
    luma = np.asarray(cv2.extractChannel(ycc, 0), np.uint8)
    return Region(ycc, luma, ground.core, ground.ring, ground.scale, ground.corners, ground)


@lru_cache(maxsize=KEPT_ZONES)
def _box(polygon: Polygon, width_px: int, height_px: int) -> tuple[tuple[int, int, int, int], int, float]:
    """What of a picture is cut out with a zone: left, top, right, bottom; the factor to average by; the scale."""
    corners = np.array(polygon, np.float64)
    factor = _factor(width_px, height_px, corners)
    width, height = width_px // factor, height_px // factor
    scale = width / 640
    margin = max(_MARGIN_PX * scale, 16)
    points = corners * (width, height)
    low, high = points.min(0) - margin, points.max(0) + margin
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]) + 1, width), min(int(high[1]) + 1, height)
    return (left, top, right, bottom), factor, scale


def _ground(polygon: Polygon, width_px: int, height_px: int) -> Ground | None:
    (left, top, right, bottom), _, _ = _box(polygon, width_px, height_px)
    if min(right - left, bottom - top) < 16:
        return None
    is_small = (right - left) * (bottom - top) <= KEPT_MOST_PX
    return (_kept_ground if is_small else _last_ground)(polygon, width_px, height_px)


def _new_ground(polygon: Polygon, width_px: int, height_px: int) -> Ground:
    box, factor, scale = _box(polygon, width_px, height_px)
    size_px = (width_px // factor, height_px // factor)
    return Ground(np.array(polygon, np.float64) * size_px, box, factor, scale, size_px)


_kept_ground = lru_cache(maxsize=KEPT_ZONES)(_new_ground)
_last_ground = lru_cache(maxsize=1)(_new_ground)


def _factor(width: int, height: int, corners: npt.NDArray[np.float64]) -> int:
    span = (corners.max(0) - corners.min(0)) * (width, height)
    least = min(span[0] / _LEAST_ZONE_PX[0], span[1] / _LEAST_ZONE_PX[1])
    return max(min(int(width / JUDGED_WIDTH_PX + 0.35), int(least)), 1)


def half(plane: Bytes) -> Bytes:
    """A plane at half its size, averaged; an odd last row or column is left out."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    return np.asarray(
        cv2.resize(plane[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA), np.uint8
    )


def thinned(mask: Bytes) -> Bytes:
    """A mask of 0 and 1 at half its size: every second pixel."""
    return np.ascontiguousarray(mask[: mask.shape[0] // 2 * 2 : 2, : mask.shape[1] // 2 * 2 : 2])


MOST_STEP = 24.0
"""Steps of luma above this count as no more: one strong edge of the scene must not outweigh many weak steps."""


def weak_steps(luma: Bytes) -> tuple[Bytes, Bytes]:
    """Steps of luma between neighbours, along rows and along columns, up to MOST_STEP."""
    steps = (cv2.absdiff(luma[:, 1:], luma[:, :-1]), cv2.absdiff(luma[1:], luma[:-1]))
    across, down = (np.asarray(cv2.threshold(step, MOST_STEP, 0, cv2.THRESH_TRUNC)[1], np.uint8) for step in steps)
    return across, down


def sums_along(plane: Bytes, axis: int) -> Floats:
    """Sums of a plane's columns (axis 0) or rows (axis 1)."""
    return np.asarray(cv2.reduce(plane, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32F).ravel(), np.float32)


BEND_ACROSS = np.array([[-1, 2, -1]], np.float32)
BEND_DOWN = np.ascontiguousarray(BEND_ACROSS.T)

BEND_UNIT = 0.25
"""What one level of `bend` is worth, in levels of luma: it holds sums of twice the second difference."""


def bend(luma: Bytes) -> Bytes:
    """Detail per pixel, in BEND_UNIT: second differences along x and y. Smooth ramps and flat blocks have none."""
    across = cv2.convertScaleAbs(cv2.filter2D(luma, cv2.CV_16S, BEND_ACROSS, borderType=cv2.BORDER_REPLICATE))
    down = cv2.convertScaleAbs(cv2.filter2D(luma, cv2.CV_16S, BEND_DOWN, borderType=cv2.BORDER_REPLICATE))
    return np.asarray(cv2.add(across, down), np.uint8)


def tile_sums(plane: Bytes, side_px: int) -> npt.NDArray[np.int32]:
    """Sums over square tiles, from the top-left corner; what does not fill a tile is left out."""
    return sums_at(np.asarray(cv2.integral(plane), np.int32), side_px)


def sums_at(integral: npt.NDArray[Any], side_px: int) -> npt.NDArray[Any]:
    """Sums over square tiles from an integral image, which is one row and column larger than its plane."""
    corners = integral[::side_px, ::side_px]
    lower = corners[1:] - corners[:-1]
    return np.asarray(lower[:, 1:] - lower[:, :-1])


def tiling(mask: Bytes, side_px: int, least_ratio: float) -> Tiling:
    """Square tiles, of which at least `least_ratio` lies in a mask (0 and 1)."""
    counts = cv2.integral(mask)
    by_tile = sums_at(counts, side_px)
    enough = by_tile >= least_ratio * side_px * side_px
    return Tiling(mask, side_px, enough, by_tile[enough], max(float(counts[-1, -1]), 1.0))


def tiles(plane: Bytes, over: Tiling) -> tuple[Floats, float]:
    """Means of a plane over square tiles, in rising order, and over all of the mask; only its pixels count."""
    sums = cv2.integral(plane * over.mask)
    means = (sums_at(sums, over.side_px)[over.enough] / over.counts).astype(np.float32)
    means.sort()
    return means, float(sums[-1, -1]) / over.whole


def share_of(ordered: Floats, share: float) -> float:
    """The value below which a share (0..1) of rising values lies; 0 when there are none."""
    return float(ordered[int(share * (len(ordered) - 1) + 0.5)]) if len(ordered) else 0.0


def middle_of(ordered: Floats) -> Floats:
    """The median along the first axis of values that rise along it."""
    count = len(ordered)
    return np.asarray((ordered[(count - 1) // 2] + ordered[count // 2]) / 2, np.float32)


def levels(planes: Bytes, mask: Bytes, plane: int) -> Floats:
    """How many pixels of a plane, where a mask is set, are of each level or below: 256 rising counts."""
    return np.asarray(cv2.calcHist([planes], [plane], mask, [256], [0, 256]).cumsum(), np.float32)


def level_at(counts: Floats, share: float) -> float:
    """The level below which a share of the pixels lies, to a fraction of a level; 0 when there are none."""
    wanted = share * float(counts[-1])
    level = int(counts.searchsorted(wanted))
    if wanted <= 0 or level > 255:
        return 0.0
    below = float(counts[level - 1]) if level else 0.0
    return min(max(level - 0.5 + (wanted - below) / (float(counts[level]) - below), 0.0), 255.0)
