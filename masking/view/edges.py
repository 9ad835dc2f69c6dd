"""Draws where edges are in a grey picture, whatever its exposure: what views are compared by. For the child."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from masking.view.picture import Bools, Grey
from masking.view.tiles import Floats


@dataclass(frozen=True, slots=True)
class Sight:
    """How finely a picture is looked at: made soft by so many pixels first, gradients below the floor are noise."""

    soft_px: float
    floor: float


PLAIN: Final = Sight(1.5, 20.0)
DARK: Final = Sight(2.5, 6.0)
"""For what is too dark or pale to show texture otherwise: weaker edges count, and more is made soft against noise."""


def log_gradient(grey: Grey, left_out: Bools, sight: Sight = PLAIN) -> Floats:
    """Return the logarithm of each pixel's gradient: its mean is 0, and so is what is left out."""
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), sight.soft_px)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    edges = np.asarray(cv2.log(cv2.magnitude(across, down) + sight.floor), np.float32)
    if left_out.all():
        return np.zeros_like(edges)
    edges -= edges[~left_out].mean()
    edges[left_out] = 0
    return edges
