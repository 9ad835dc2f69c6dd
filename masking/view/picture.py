"""Prepares a decoded picture for comparing views: small and grey, its light mode, excluded areas, the median."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Polygon
from masking.view.baseline import Descriptor
from masking.view.model import LightMode

Bgr = npt.NDArray[np.uint8]
Grey = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

LONG_SIDE_PX: Final = 640
"""Every picture is brought to this length of its longer side; smaller ones are enlarged."""

LEAST_SIDE_PX: Final = 96
"""A picture that is flatter than this, once brought to LONG_SIDE_PX, shows too little to compare."""

MEDIAN_LEAST: Final = 5
"""Pictures, minutes apart, whose median is free of people and cars: those in only two of five are gone."""

_COLOUR_SPREAD = 5.0
"""Chroma, in levels, by which the most colourful twentieth of a colour picture differs from its median.

Under infrared light a camera switches its colour off: only the codec's rounding is left. Night pictures in colour stay
above 8 in the examined scenes."""

_NIGHT_LUMA = 60.0
"""Mean luma of a colour picture up to which it is a night picture. Exposure holds a day picture near 100."""

_AROUND_PX = 5
"""How far around an excluded area codecs and antialiasing smear it."""


def light_mode(picture: Bgr, excluded: Sequence[Polygon] = ()) -> LightMode:
    """Classify the light of a picture by its colours and its brightness.

    `infrared` has no colours, whatever its brightness: a camera's black-and-white mode. Of the others, `night` is dark.
    A colour cast does not make colours, so it is removed first. Exclude masks and overlays: they have colours.
    """
    return light_of_thumb(thumb_of(picture), excluded)


def thumb_of(picture: Bgr) -> Bgr:
    """The picture in 80 x 45 pixels, whatever its shape: enough for its colours."""
    return np.asarray(cv2.resize(picture, (80, 45), interpolation=cv2.INTER_AREA), np.uint8)


def light_of_thumb(thumb: Bgr, excluded: Sequence[Polygon] = ()) -> LightMode:
    """The same as `light_mode`, of a picture that is a thumb already."""
    planes = cv2.cvtColor(thumb, cv2.COLOR_BGR2YCrCb)
    inside = ~excluded_area((thumb.shape[0], thumb.shape[1]), excluded, 1)
    shown = planes[inside] if inside.any() else planes.reshape(-1, 3)
    chroma = shown[:, 1:].astype(np.float32)
    middle = np.partition(chroma, len(chroma) // 2, axis=0)[len(chroma) // 2]
    spread = np.sort(np.abs(chroma - middle).sum(axis=1))
    if float(spread[len(spread) * 95 // 100]) < _COLOUR_SPREAD:
        return "infrared"
    return "night" if float(shown[:, 0].mean()) < _NIGHT_LUMA else "day"


def grey_of(picture: Bgr) -> Grey:
    """Luma of a picture whose longer side is brought to LONG_SIDE_PX; the shorter one has one pixel at least."""
    height, width = picture.shape[:2]
    scale = LONG_SIDE_PX / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = picture if size == (width, height) else cv2.resize(picture, size, interpolation=way)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def excluded_area(shape: tuple[int, int], polygons: Sequence[Polygon], around_px: int = _AROUND_PX) -> Bools:
    """Excluded polygons and a rim in `shape` (height, width). Read-only. Side effect: cached for the next picture."""
    return _area(shape, tuple(tuple((x, y) for x, y in polygon) for polygon in polygons), around_px)


@lru_cache(maxsize=64)
def _area(shape: tuple[int, int], polygons: tuple[Polygon, ...], around_px: int) -> Bools:
    height, width = shape
    area = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        corners = np.nan_to_num(np.array(polygon, np.float64).reshape(-1, 2) * (width, height) - 0.5)
        cv2.fillPoly(area, [np.clip(np.round(corners), -4096, 4096).astype(np.int32)], 255)
    if polygons and around_px:
        area = np.asarray(cv2.dilate(area, np.ones((2 * around_px + 1, 2 * around_px + 1), np.uint8)), np.uint8)
    kept = area > 0
    kept.setflags(write=False)
    return kept


def describe(picture: Bgr, excluded: Sequence[Polygon] = ()) -> Descriptor:
    """The descriptor of one picture. Raises BaselineError where it is flatter than a descriptor may be."""
    grey = grey_of(picture)
    return Descriptor(light_mode(picture, excluded), grey.shape[1], grey.shape[0], 1, grey.tobytes())


def median(descriptors: Sequence[Descriptor]) -> Descriptor:
    """The median of one view in one light. Raises ValueError: under MEDIAN_LEAST, or different sizes or lights."""
    if len(descriptors) < MEDIAN_LEAST:
        raise ValueError(f"{len(descriptors)} pictures are too few for a background: it takes {MEDIAN_LEAST}")
    first = descriptors[0]
    kinds = {(one.width_px, one.height_px, one.light) for one in descriptors}
    if len(kinds) != 1:
        raise ValueError("the pictures of a background must have one size and be taken in one light")
    stack = np.stack([grey_array(one) for one in descriptors])
    middle = np.sort(stack, axis=0)[len(descriptors) // 2]
    return Descriptor(first.light, first.width_px, first.height_px, len(descriptors), middle.tobytes())


def grey_array(descriptor: Descriptor) -> Grey:
    """A descriptor's picture as an array (height x width)."""
    return np.frombuffer(descriptor.grey, np.uint8).reshape(descriptor.height_px, descriptor.width_px)
