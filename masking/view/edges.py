"""Draws where edges are in a grey picture, whatever its exposure: what views are compared by. For the child."""

from typing import Final

import cv2
import numpy as np

from masking.view.picture import Bools, Grey
from masking.view.tiles import Floats

_SOFT_PX: Final = 1.5
_GRADIENT_FLOOR: Final = 20.0


def log_gradient(grey: Grey, left_out: Bools) -> Floats:
    """Return the logarithm of each pixel's gradient: its mean is 0, and so is what is left out."""
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _SOFT_PX)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    edges = np.asarray(cv2.log(cv2.magnitude(across, down) + _GRADIENT_FLOOR), np.float32)
    if left_out.all():
        return np.zeros_like(edges)
    edges -= edges[~left_out].mean()
    edges[left_out] = 0
    return edges
