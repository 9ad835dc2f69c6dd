"""Compares a picture with the camera's picture before: frozen, shaking, noisy, and whether the clock goes on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from masking.model import Polygon
from masking.quality.cells import CELL, Floats, Undrawn, box, noise_of, noise_response, same_shape, shrunk
from masking.view import baseline
from masking.view.model import LightMode
from masking.view.picture import Bools, Grey, grey_array

_CHANGED: Final = 0.7
"""Mean difference of a cell, in levels, that a new encoding of the same picture stays below."""

_OVERLAY_LEAST_PX: Final = 4

_SHIFT_PROOF: Final = 0.06
"""Height of the correlation's peak below which a shift is chance."""

_STOOD_PERCENT: Final = 0.2
"""A camera that went farther shows its scene elsewhere: the difference is no noise."""

_QUIETER: Final = 35
"""Per cent of the cells that are quieter than the one whose noise counts: codecs smooth the quietest of all."""


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the picture before, as in `QualitySeen`; None: could not be measured."""

    change: float | None = None
    changed_ratio: float | None = None
    shift_percent: float | None = None
    overlay_change: float | None = None
    noise_change: float | None = None


def since(half: Grey, shown: Undrawn, light: LightMode, previous: bytes, overlays: Sequence[Polygon]) -> Since:
    """Compare luma, HALF_PX long, with the picture before; nothing where that is missing or of another shape."""
    before = baseline.decode_or_none(previous) if previous else None
    if before is None or not same_shape(before, half):
        return Since()
    size = (before.width_px, before.height_px)
    old, new = grey_array(before), half
    mask = shown.at(size)
    count = cv2.countNonZero(mask)
    if new.shape != old.shape or not count:
        return Since()
    drawn = mask.astype(np.float32)
    difference = np.asarray(cv2.subtract(new, old, dtype=cv2.CV_32F), np.float32)
    whole = shrunk(drawn, CELL) > 0.9
    shift = _shift(old, new, mask, drawn)
    noise = None
    if before.light == light and shift is not None and shift <= _STOOD_PERCENT and whole.any():
        noise = _noise(old, new, mask, whole)
    difference -= np.float32(cv2.mean(difference, mask)[0])
    np.abs(difference, out=difference)
    difference *= drawn
    cells = shrunk(difference, CELL)[whole]
    changed = float(np.count_nonzero(cells > _CHANGED)) / cells.size if cells.size else None
    return Since(cv2.sumElems(difference)[0] / count, changed, shift, _overlay_change(old, new, overlays), noise)


def _noise(old: Grey, new: Grey, mask: Grey, whole: Bools) -> float:
    """Return the deviation of noise in what differs, exposure taken out, in the quieter cells: what moves is none."""
    mean_old, spread_old = (float(one[0, 0]) for one in cv2.meanStdDev(old, mask=mask))
    mean_new, spread_new = (float(one[0, 0]) for one in cv2.meanStdDev(new, mask=mask))
    gain = min(max(spread_new / max(spread_old, 1.0), 0.3), 3.0)
    difference = cv2.addWeighted(new, 1.0, old, -gain, gain * mean_old - mean_new, dtype=cv2.CV_32F)
    means = shrunk(noise_response(difference, cv2.CV_32F), CELL)[whole]
    return noise_of(means, _QUIETER) / math.hypot(1, gain)


def _overlay_change(old: Grey, new: Grey, overlays: Sequence[Polygon]) -> float | None:
    """The mean change in the overlay that changed most since the picture before, in levels; None without one."""
    most = None
    for overlay in overlays:
        left, top, right, bottom = box(overlay, old.shape)
        if min(right - left, bottom - top) >= _OVERLAY_LEAST_PX:
            both = cv2.absdiff(old[top:bottom, left:right], new[top:bottom, left:right])
            most = max(most or 0.0, float(both.mean()))
    return most


def _shift(old: Grey, new: Grey, shown: Grey, mask: Floats) -> float | None:
    """How far the picture went, in per cent of its width, or None; `mask`, `shown`: 0 where the camera draws."""
    edges = []
    for one in (old, new):
        across, down = cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)
        edge = np.asarray(cv2.magnitude(across, down), np.float32)
        edge += np.float32(20)
        cv2.log(edge, edge)
        edge -= np.float32(cv2.mean(edge, shown)[0])
        edge *= mask
        edges.append(edge)
    (right, down_px), proof = cv2.phaseCorrelate(edges[0], edges[1], _window(old.shape[1], old.shape[0]))
    far = math.hypot(right, down_px)
    return 100 * far / old.shape[1] if proof >= _SHIFT_PROOF and math.isfinite(far) else None


@lru_cache(maxsize=4)
def _window(width: int, height: int) -> Floats:
    return np.asarray(cv2.createHanningWindow((width, height), cv2.CV_32F), np.float32)
