"""Extracts the rows of a picture where a clock may be, and encodes them as bounded bytes for the worker alone.

A clock stands at the upper or the lower edge. What a look contributes to learning are these two bands, laid upon each
other: how far each pixel's luma lies from the mean around it, in steps of two levels. Coordinates are those of the
strip, in px of the averaged-down picture.
"""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

WIDTH_PX: Final = 960
"""Larger pictures are averaged down by a whole factor towards this width."""
BAND_RATIO: Final = 0.2
"""Height of each of the two bands, as a share of the picture's."""
AROUND_PX: Final = 25
LIMIT: Final = 60.0
STEP: Final = 2.0
MAX_STRIP_BYTES: Final = 400_000
_MAX_SIDE: Final = 2048
_HEAD: Final = struct.Struct(">BHHHHHH")
_VERSION: Final = 1


class StripError(ValueError):
    """The bytes are no strip of ours."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Rows `top` .. `top` + height of the strip of a picture of `width_px` x `height_px`, as features -60..60."""

    width_px: int
    height_px: int
    top: int
    rows: Plane = field(repr=False)


def strip_of(luma: npt.NDArray[np.uint8]) -> Strip:
    """Cut the two bands of a picture's luma (height x width, 0..255)."""
    height, width = luma.shape
    factor = max(round(width / WIDTH_PX), 1)
    size = (width // factor, height // factor)
    small = np.asarray(luma if factor == 1 else cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    band = max(int(size[1] * BAND_RATIO), 1)
    return Strip(width, height, 0, np.vstack([feature(small[:band]), feature(small[-band:])]))


def feature(luma: npt.NDArray[np.uint8]) -> Plane:
    """Return how far each pixel lies from the mean of the 25 px around it, -60..60 levels."""
    plane = luma.astype(np.float32)
    return np.asarray(np.clip(plane - cv2.blur(plane, (AROUND_PX, AROUND_PX)), -LIMIT, LIMIT), np.float32)


def cut(strip: Strip, top: int, bottom: int) -> Strip:
    """Return rows `top` .. `bottom` of the whole strip, as far as this one has them."""
    first = max(top - strip.top, 0)
    return Strip(strip.width_px, strip.height_px, strip.top + first, strip.rows[first : max(bottom - strip.top, first)])


def encode(strip: Strip) -> bytes:
    """Return a strip as bytes. Raises StripError where it has no row, or more than a strip may."""
    height, width = strip.rows.shape
    if not height or width > _MAX_SIDE or height > _MAX_SIDE:
        raise StripError("a strip without rows, or too large")
    levels = np.round(strip.rows / STEP).astype(np.int8)
    body = zlib.compress(levels.tobytes(), 1)
    data = _HEAD.pack(_VERSION, strip.width_px, strip.height_px, strip.top, width, height, 0) + body
    if len(data) > MAX_STRIP_BYTES:
        raise StripError("a strip with more bytes than it may have")
    return data


def decode(data: bytes) -> Strip:
    """Return the strip that `encode` made. Raises StripError."""
    if not _HEAD.size < len(data) <= MAX_STRIP_BYTES:
        raise StripError("a strip of no such size")
    version, width_px, height_px, top, width, height, _ = _HEAD.unpack_from(data)
    if version != _VERSION or not 0 < width <= _MAX_SIDE or not 0 < height <= _MAX_SIDE:
        raise StripError("a strip of another kind")
    inflate = zlib.decompressobj()
    try:
        body = inflate.decompress(data[_HEAD.size :], width * height + 1)
    except zlib.error:
        raise StripError("a strip that is damaged") from None
    if len(body) != width * height or not inflate.eof:
        raise StripError("a strip that is cut off")
    levels = np.frombuffer(body, np.int8).reshape(height, width).astype(np.float32)
    return Strip(width_px, height_px, top, np.asarray(np.clip(levels * STEP, -LIMIT, LIMIT), np.float32))
