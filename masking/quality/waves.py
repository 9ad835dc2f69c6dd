"""Finds stripes: one frequency of a picture's rows or columns that is stronger than its neighbours."""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.quality.cells import Counts, Floats
from masking.view.picture import Grey

_FROM: Final = 6
"""Cycles per picture from which a pattern of rows or columns counts as stripes, and not as the scene."""


def spectra(values: Grey | Floats, counts: tuple[Counts, Counts], trend_px: int) -> list[Floats]:
    """Return the amplitudes, in levels, of the mean row's and the mean column's frequencies.

    Args:
        values: Zero where the camera draws.
        counts: How many pixels of each column and of each row are shown.
        trend_px: What is slower than so many pixels is the scene's.
    """
    found = []
    for axis, count in enumerate(counts):
        kind = cv2.CV_32F if values.dtype == np.float32 else cv2.CV_32S
        profile = cv2.reduce(values, axis, cv2.REDUCE_SUM, dtype=kind).ravel() / np.maximum(count, 1)
        profile = np.where(count > 0, profile, profile.mean())
        if profile.size < 4 * _FROM:
            found.append(np.zeros(1, np.float32))
            continue
        window, weight = _hanning(profile.size)
        trend = cv2.blur(profile.astype(np.float32)[None], (trend_px, 1), borderType=cv2.BORDER_REFLECT)[0]
        found.append(np.asarray(2 * np.abs(np.fft.rfft((profile - trend) * window)) / weight, np.float32))
    return found


def strongest(waves: Floats, around_px: int = 17) -> float:
    """Return by how much, in levels, the strongest frequency exceeds twice its neighbours."""
    if waves.size <= _FROM:
        return 0.0
    around = cv2.blur(waves[None], (around_px, 1), borderType=cv2.BORDER_REFLECT)[0]
    return max(float((waves - 2 * around)[_FROM:].max()), 0.0)


@lru_cache(maxsize=16)
def _hanning(size: int) -> tuple[npt.NDArray[np.float64], float]:
    window = np.hanning(size)
    return window, max(float(window.sum()), 1.0)
