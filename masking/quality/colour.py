"""Measures the colour of a picture's light: mean a* and b*, and the ratios of its channels.

White balance that is gone multiplies whole channels. The logarithm of a ratio of two channels then moves by the same
amount in every pixel, by day as by night, whereas a* and b* shrink with the light.

Source: IEC 61966-2-1 (sRGB); CIE 15, L*a*b* under D65.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from masking.quality.cells import percentile
from masking.view.picture import Bgr, Grey

_FROM: Final = 21
_TO: Final = 244
"""Below and above these levels there is little but noise, and channels are clipped."""

_BLOCK_PX: Final = 5
"""Side of a block of a thumb: 16 x 9 of them."""

_BLOCK_FROM: Final = 12
_BLOCKS_LEAST: Final = 12
"""Levels that the brightest channel of a block must have to show a colour, and how many such blocks it takes."""

_OFFSET: Final = 3.0
"""Added to levels before their logarithm: noise in the dark must not count as colour."""

_LINEAR: Final = np.array(
    [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (n / 255 for n in range(256))], np.float32
)
"""What a level of sRGB is in linear light."""

_XYZ_OF_BGR: Final = np.array(
    [
        [0.180423 / 0.950456, 0.357580 / 0.950456, 0.412453 / 0.950456],
        [0.072169, 0.715160, 0.212671],
        [0.950227 / 1.088754, 0.119193 / 1.088754, 0.019334 / 1.088754],
    ],
    np.float32,
)
"""CIE XYZ of linear blue, green and red, as shares of white under D65."""

_CUBE_FROM: Final = (6 / 29) ** 3
"""Above this share of white L*a*b* takes the cube root, below it a straight line."""


def cast(thumb: Bgr, shown: Grey) -> tuple[float, float]:
    """Mean a* and b* of what is neither black nor burnt out in a thumb; `shown`: 0 where the camera draws.

    By hand, for OpenCV makes tables of 0.1 s for it at its first use.
    """
    luma = cv2.cvtColor(thumb, cv2.COLOR_BGR2GRAY)
    useful = cv2.bitwise_and(cv2.inRange(luma, _FROM, _TO), shown)
    if not cv2.countNonZero(useful):
        return 0.0, 0.0
    xyz = cv2.transform(cv2.LUT(thumb, _LINEAR), _XYZ_OF_BGR)
    folded = np.where(xyz > _CUBE_FROM, np.cbrt(xyz), xyz * np.float32(841 / 108) + np.float32(4 / 29))
    x, y, z, _ = cv2.mean(folded.astype(np.float32), useful)
    return 500 * (x - y), 200 * (y - z)


@dataclass(frozen=True, slots=True)
class Tint:
    """Logarithms of red over green and of blue over green: a third of it lies below `low`, another above `high`.

    What moves through the picture shifts one of them; light of another colour shifts both alike.
    """

    red_low: float
    red_high: float
    blue_low: float
    blue_high: float


def tint(thumb: Bgr, shown: Grey) -> Tint | None:
    """Measure the tint over the blocks of a thumb; None where too few are neither dark nor clipped."""
    rows, columns = thumb.shape[0] // _BLOCK_PX, thumb.shape[1] // _BLOCK_PX
    size = (columns, rows)
    part = thumb[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
    means = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    whole = cv2.resize(shown[: part.shape[0], : part.shape[1]] * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    brightest = means.max(axis=2)
    useful = (brightest >= _BLOCK_FROM) & (brightest <= _TO) & (whole > 200)
    if int(useful.sum()) < _BLOCKS_LEAST:
        return None
    logs = np.log(means[useful].astype(np.float32) + _OFFSET)
    red, blue = logs[:, 2] - logs[:, 1], logs[:, 0] - logs[:, 1]
    return Tint(percentile(red, 33), percentile(red, 67), percentile(blue, 33), percentile(blue, 67))
