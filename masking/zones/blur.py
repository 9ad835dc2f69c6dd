"""Measures whether the zone is blurred strongly enough.

A picture that was blurred loses little when it is blurred once more; a sharp one loses nearly all of its gradient. For
content like that of scenes (equal contrast at every scale) the ratio of gradient energy after and before tells the
sigma of the first blur. `detail.py` and `border.py` measure how soft the surroundings are: a soft lens is no mask.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from masking.zones.raster import Bytes, Floats, Region

_PRE_PX = 1.0
"""A small blur first, in pixels: it takes out what the codec added."""

_MOST_PX = 30.0
"""Where nothing is left to measure, any sigma fits."""


@dataclass(frozen=True, slots=True)
class Blur:
    """`sigma_px` of a zone and `ring_sigma_px` of its surroundings, at 640 px width; `energy`: mean square gradient."""

    sigma_px: float
    energy: float
    ring_sigma_px: float


def measure(region: Region) -> Blur:
    """Estimate the sigma of the zone's blur, and that of its surroundings."""
    once_more = max(region.px(3.0), 1.5)
    before = np.asarray(cv2.GaussianBlur(region.luma.astype(np.float32), (7, 7), _PRE_PX), np.float32)
    # The second blur is strong enough to be done at half the size, which costs a quarter.
    height, width = before.shape[0] // 2, before.shape[1] // 2
    small = cv2.resize(before[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    after = np.asarray(cv2.GaussianBlur(small, (0, 0), once_more / 2), np.float32)
    deep, deep_half = region.ground.deep_core(round(1.5 * once_more))
    energy, around = _energies(before, (deep, region.ring))
    after_energy, after_around = _energies(after, (deep_half, region.ground.halves[1]))
    sigma = _sigma(energy, after_energy / 4, once_more)
    ring_sigma = _sigma(around, after_around / 4, once_more)
    return Blur(sigma / region.scale, energy, ring_sigma / region.scale)


def _sigma(before: float, after: float, once_more: float) -> float:
    # Gradient energy falls with the inverse square of the total sigma.
    ratio = min(after / max(before, 1e-6), 0.999)
    total = ratio / (1 - ratio) * once_more**2
    return min(math.sqrt(max(total - _PRE_PX**2, 0.0)), _MOST_PX)


def _energies(luma: Floats, masks: tuple[Bytes, Bytes]) -> list[float]:
    """Mean square of the gradient where each mask is set, in levels squared."""
    across = cv2.Sobel(luma, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(luma, cv2.CV_32F, 0, 1, ksize=1)
    return [
        (cv2.norm(across, cv2.NORM_L2SQR, mask) + cv2.norm(down, cv2.NORM_L2SQR, mask))
        / 4
        / max(cv2.countNonZero(mask), 1)
        for mask in masks
    ]
