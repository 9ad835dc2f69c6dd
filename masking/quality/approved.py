"""Compares a picture with the approved background in the same light: covered, pale, striped.

Cell by cell, and by what is finer than a cell: a cloth, a hand and paint may have folds and gradients, but no detail.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.quality import waves
from masking.quality.cells import (
    CELL,
    HALF_PX,
    Floats,
    Undrawn,
    by_cell,
    coarse_size,
    percentile,
    same_shape,
    shrunk,
    shrunk_grey,
)
from masking.quality.learning import LUMA_LEAST
from masking.view import baseline
from masking.view.baseline import Descriptor
from masking.view.model import LightMode
from masking.view.picture import Bools, Grey, grey_array

_STRUCTURE: Final = 5.0
"""Spread of luma in a coarse cell from which it has a structure that can be lost."""

_STRUCTURED_LEAST: Final = 8
"""Fewer cells with a structure show nothing."""

_FLAT: Final = 1.5
"""Detail in a coarse cell, in levels, below which there is none."""

_KEPT: Final = 0.25
"""Share of its structure that a cell retains when a person or a shadow passes, and loses when it is covered."""

_ALIKE: Final = 0.3
"""Correlation below which a cell shows something else."""

_SEEN: Final = 0.5
"""Correlation from which a cell shows what was approved, however pale."""

_PALE: Final = 0.6
"""Correlation of the brightness of cells without detail from which they are pale, and not covered."""

_TRACE: Final = 0.15
"""Mean correlation of their detail from which they are: where something covers them it is none."""

_OFF: Final = 15.0
"""Levels by which a cell without detail differs from its approved brightness where something is before it."""

_GONE_LEAST: Final = 0.1
"""Share of structured cells that must have lost their structure before others count by their brightness: shadows."""

_CLIPPED: Final = 16.0
"""Levels beyond which a pixel's difference says no more of stripes: somebody stands there."""

_SHARPEST: Final = 85
"""Per cent of the cells that have less detail than those by which a soft lens is told."""

_SHARP_LEAST: Final = 4.0
"""Mean of the Laplacian, in levels, below which a cell has no detail that could be lost."""

_TREND_PX: Final = 15
"""What is slower than so many pixels of 320 is the scene's, and its light."""

_OWN: Final = 0.35
"""Share of the background's own waves that another exposure may leave in a difference."""


@lru_cache(maxsize=16)
def reference_of(data: bytes) -> Descriptor | None:
    """Decode an approved background, no larger than what it is compared with; None for a damaged one.

    Cached for further pictures of the camera in one look; about 0.1 MB each.
    """
    found = baseline.decode_or_none(data)
    if found is None or max(found.width_px, found.height_px) <= HALF_PX:
        return found
    grey = shrunk_grey(grey_array(found), HALF_PX)
    return Descriptor(found.light, grey.shape[1], grey.shape[0], found.pictures, grey.tobytes())


@dataclass(frozen=True, slots=True)
class Against:
    """What the comparison gave, as in `QualitySeen`; None: could not be measured."""

    covered_ratio: float | None = None
    lost_ratio: float | None = None
    kept_contrast: float | None = None
    stripes_over: float | None = None
    kept_detail: float | None = None


def against(half: Grey, now: "Cells", shown: Undrawn, light: LightMode, references: Sequence[bytes]) -> Against:
    """Compare luma, HALF_PX long, and its coarse cells with the reference in the same light; nothing without one."""
    reference = _in_light(references, light)
    if reference is None or not same_shape(reference, half):
        return Against()
    before = _before(reference, shown)
    striped = _stripes(reference, half, shown)
    detail = _detail_kept(reference, half, shown)
    structured = before.detail >= _STRUCTURE
    if int(structured.sum()) < _STRUCTURED_LEAST:
        return Against(stripes_over=striped, kept_detail=detail)
    covariance = (before.fine * now.fine).mean(axis=1)
    alike = covariance / (np.maximum(before.detail, 0.1) * np.maximum(now.detail, 0.1))
    gain = min(max(percentile(now.detail[structured] / before.detail[structured], 90), 0.3), 1.5)
    gone = structured & (now.detail < np.maximum(_KEPT * gain * before.detail, _FLAT)) & (alike < _SEEN)
    if _pale(before, now, alike, gone):
        gone[:] = False
    seen = structured & (alike >= _SEEN)
    return Against(
        _covered(before, now, structured, gone, seen),
        float((structured & ~gone & (alike < _ALIKE)).sum() / structured.sum()),
        _kept(before, now, structured),
        striped,
        detail,
    )


def _in_light(references: Sequence[bytes], light: LightMode) -> Descriptor | None:
    """Return the first sound reference in a light; the others are not unpacked."""
    for data in references:
        with suppress(baseline.BaselineError):
            if baseline.light_of(data) == light and (found := reference_of(data)) is not None:
                return found
    return None


class Cells:
    """Mean, detail (values less their mean and slope) and its spread of the coarse cells that are mostly shown."""

    def __init__(self, coarse: Floats, shown: Undrawn) -> None:
        table = np.asarray(by_cell(coarse)[shown.cells], np.float32)
        self.mean = np.asarray(table.mean(axis=1), np.float32)
        fine = table - self.mean[:, None]
        fine -= (fine @ _SLOPES) @ _SLOPES.T
        self.fine = np.asarray(fine, np.float32)
        self.spread = np.asarray(table.std(axis=1), np.float32)
        self.whole_contrast = float(table.std()) / (float(table.mean()) + LUMA_LEAST) if table.size else 0.0
        self.detail = np.sqrt((self.fine * self.fine).mean(axis=1))


@lru_cache(maxsize=16)
def _before(reference: Descriptor, shown: Undrawn) -> Cells:
    """Return the coarse cells of an approved background; about 0.1 MB each."""
    size = coarse_size(shown.size)
    return Cells(np.asarray(cv2.resize(grey_array(reference), size, interpolation=cv2.INTER_AREA), np.float32), shown)


def _slopes() -> Floats:
    """Unit vectors of a cell's slopes to the right and down."""
    ramp = np.arange(CELL) - (CELL - 1) / 2
    right, down = np.tile(ramp, CELL), np.repeat(ramp, CELL)
    return np.asarray(np.stack([right, down], axis=1) / np.linalg.norm(right), np.float32)


_SLOPES: Final = _slopes()


def _pale(before: Cells, now: Cells, alike: Floats, gone: npt.NDArray[np.bool_]) -> bool:
    """Return whether the cells without detail show what was approved still, as in fog; a cloth has its own."""
    if int(gone.sum()) < _STRUCTURED_LEAST or float(alike[gone].mean()) < _TRACE:
        return False
    one, other = before.mean[gone], now.mean[gone]
    spread = float(one.std()) * float(other.std())
    return spread > 0 and float(((one - one.mean()) * (other - other.mean())).mean()) / spread >= _PALE


def _kept(before: Cells, now: Cells, structured: npt.NDArray[np.bool_]) -> float:
    """Return how much of the contrast is left, each in proportion to its brightness.

    That of the middle one of the cells, or that of all as a whole, where it is more: a soft lens takes from the first.
    """
    then = before.spread[structured] / (before.mean[structured] + LUMA_LEAST)
    cells = now.spread[structured] / (now.mean[structured] + LUMA_LEAST) / then
    whole = now.whole_contrast / max(before.whole_contrast, 1e-3)
    return min(max(float(np.median(cells)), whole), 10.0)


def _covered(
    before: Cells,
    now: Cells,
    structured: npt.NDArray[np.bool_],
    gone: npt.NDArray[np.bool_],
    seen: npt.NDArray[np.bool_],
) -> float:
    """Return the share of cells that are covered.

    Cells that never had detail count by their brightness, where enough of the others have lost theirs, and enough are
    left to tell the exposure by.
    """
    lost = float(gone.sum() / structured.sum())
    if lost < _GONE_LEAST or int(seen.sum()) < _STRUCTURED_LEAST:
        return lost
    exposure = float(np.median((now.mean[seen] + 1) / (before.mean[seen] + 1)))
    smooth = ~structured & (now.detail < _FLAT)
    off = smooth & (np.abs(now.mean - exposure * before.mean) > _OFF * max(exposure, 1.0))
    return max(lost, float((gone.sum() + off.sum()) / gone.size))


def _detail_kept(reference: Descriptor, now: Grey, shown: Undrawn) -> float | None:
    """Return how much finest detail is left where the approved background has most, as a power of ten of its variance.

    What passes through the picture brings and takes detail, but seldom in most of these cells.
    """
    sharp, approved = _sharp(reference, shown)
    if not approved.size or now.shape != (reference.height_px, reference.width_px):
        return None
    left = float(np.median(_detail(now)[sharp] / approved))
    return 2 * math.log10(min(max(left, 0.01), 100.0))


def _detail(grey: Grey) -> Floats:
    return shrunk(np.abs(cv2.Laplacian(grey, cv2.CV_16S)).astype(np.float32), CELL)


@lru_cache(maxsize=16)
def _sharp(reference: Descriptor, shown: Undrawn) -> tuple[Bools, Floats]:
    """Return which cells of an approved background have most detail, and how much; none where even that is little."""
    detail = _detail(grey_array(reference))
    whole = shrunk(shown.at((reference.width_px, reference.height_px)).astype(np.float32), CELL) > 0.9
    if not whole.any():
        return whole, detail[whole]
    sharp = np.asarray(whole & (detail >= max(percentile(detail[whole], _SHARPEST), _SHARP_LEAST)))
    return sharp, detail[sharp]


def _stripes(reference: Descriptor, now: Grey, shown: Undrawn) -> float | None:
    """Return the amplitude, in levels, of the strongest pattern that the approved background does not have."""
    approved = grey_array(reference)
    if now.shape != approved.shape:
        return None
    size = now.shape[1], now.shape[0]
    mask = shown.at(size)
    mean_before, power, own = _own(reference, shown)
    mean_now = cv2.mean(now, mask)[0]
    both = cv2.mean(cv2.multiply(now, approved, dtype=cv2.CV_32F), mask)[0]
    slope = (both - mean_before * mean_now) / power if power else 0.0
    moved = slope * mean_before - mean_now
    difference = np.asarray(cv2.addWeighted(now, 1.0, approved, -slope, moved, dtype=cv2.CV_32F), np.float32)
    np.clip(difference, -_CLIPPED, _CLIPPED, out=difference)
    difference *= mask
    new = waves.spectra(difference, shown.lines_at(size), _TREND_PX)
    return max(
        waves.strongest(np.maximum(one - np.float32(_OWN * abs(slope)) * other, 0))
        for one, other in zip(new, own, strict=True)
    )


@lru_cache(maxsize=16)
def _own(reference: Descriptor, shown: Undrawn) -> tuple[float, float, list[Floats]]:
    """Return mean and variance of an approved background, and the amplitudes of its own waves."""
    size = reference.width_px, reference.height_px
    mask = shown.at(size)
    mean, deviation = (float(one[0, 0]) for one in cv2.meanStdDev(grey_array(reference), mask=mask))
    bare = (grey_array(reference).astype(np.float32) - np.float32(mean)) * mask
    return mean, deviation**2, waves.spectra(np.asarray(bare, np.float32), shown.lines_at(size), _TREND_PX)
