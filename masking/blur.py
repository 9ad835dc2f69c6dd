"""Is the zone blurred, and strongly enough?

A picture that was blurred loses little when it is blurred once more; a sharp one loses nearly all of its gradient.
For content like that of scenes (equal contrast at every scale) the ratio of gradient energy after and before tells
the sigma of the first blur. How soft the surroundings are is told by `border.py`: a soft lens is no mask.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from masking.raster import Region

_PRE_PX = 1.0
"""A small blur first, in pixels: it takes out what the codec added."""


@dataclass(frozen=True, slots=True)
class Blur:
    """How blurred a zone is: `sigma_px` in pixels of a 640 px wide picture; `energy` the mean square gradient."""

    sigma_px: float
    energy: float


def measure(region: Region) -> Blur:
    """Estimate the sigma of the zone's blur."""
    once_more = max(region.px(3.0), 1.5)
    core = region.depth_px >= region.inset_px + 1.5 * once_more
    if core.sum() < 100:
        core = region.depth_px >= region.inset_px
    before = cv2.GaussianBlur(region.luma, (0, 0), _PRE_PX)
    after = cv2.GaussianBlur(before, (0, 0), once_more)
    energy = _energy(before, core)
    ratio = min(_energy(after, core) / max(energy, 1e-6), 0.999)
    # Gradient energy falls with the inverse square of the total sigma.
    total = ratio / (1 - ratio) * once_more**2
    sigma = float(np.sqrt(max(total - _PRE_PX**2, 0.0)))
    return Blur(sigma / region.scale, energy)


def _energy(luma: np.ndarray, where: np.ndarray) -> float:
    across = cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=1 / 8)
    return float((across**2 + down**2)[where].mean())
