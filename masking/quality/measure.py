"""Measures a picture's quality as numbers, on a copy that is 640 px long. `indicators.py` judges them.

Areas that the camera itself draws (masks, overlays) are left out: they stay sharp whatever happens to the lens. No
threshold is here.

Source: Immerkaer 1996 (noise); Pech-Pacheco et al. 2000 (variance of the Laplacian).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Polygon
from masking.quality.cells import (
    CELL,
    Floats,
    Undrawn,
    cells_of,
    coarse_of,
    percentile,
    shrunk,
    shrunk_grey,
    undrawn_of,
)
from masking.quality.drawn import drawn_ratio
from masking.view import baseline
from masking.view.baseline import Descriptor
from masking.view.model import LightMode, QualityJob, QualitySeen
from masking.view.picture import Bgr, Grey, grey_array, grey_of, light_of_thumb, thumb_of

PREVIOUS_SIDE_PX: Final = 320
"""Longer side of the descriptor that shows the next picture what has changed."""

DARK: Final = 20
BRIGHT: Final = 245

_STRUCTURE = 5.0
"""Spread of luma in a coarse cell from which it has a structure that can be lost."""

_FLAT = 1.5
"""Spread of luma below which a coarse cell has no structure."""

_KEPT = 0.25
"""Share of its structure that a cell retains when a person or a shadow passes, and loses when it is covered."""

_ALIKE = 0.3
"""Correlation below which a cell shows something else."""

_NOISE_KERNEL = np.array([1, -2, 1], np.float32)
"""Along both axes, one after the other."""

_STRIPES_FROM = 6
"""Cycles per picture from which a pattern of rows or columns counts as stripes, and not as the scene."""

_CHANGED = 0.7
"""Mean difference of a cell, in levels, that a new encoding of the same picture stays below."""

_SHOWN_LEAST = 0.2
"""Share of the picture in which the camera draws nothing, below which the rest is too little to call it even."""

_OVERLAY_LEAST_PX = 4

_SHIFT_PROOF = 0.06
"""Height of the correlation's peak below which a shift is chance."""

_cached_descriptor: Final = lru_cache(maxsize=128)(baseline.decode_or_none)
"""Approved backgrounds come again with each of the camera's pictures; about 0.1 MB each."""


@dataclass(frozen=True, slots=True)
class _View:
    """A prepared picture: a thumb in BGR, luma 640 px long, `bare` with zeros where the camera draws, and its light."""

    thumb: Bgr
    grey: Grey
    bare: Grey
    shown: Undrawn
    light: LightMode


def measure(picture: Bgr, job: QualityJob) -> QualitySeen:
    """Measure a decoded picture (height x width x 3, BGR; any size).

    Values that need the picture before, or a reference in the same light, are None where it is missing, damaged or of
    another shape. Side effect: areas left out and references are cached for the camera's next picture.
    """
    excluded = (*job.excluded, *job.overlays)
    grey = grey_of(picture)
    shown = undrawn_of((grey.shape[0], grey.shape[1]), tuple(tuple((x, y) for x, y in polygon) for polygon in excluded))
    bare = np.asarray(cv2.multiply(grey, shown.mask), np.uint8)
    thumb = thumb_of(picture)
    view = _View(thumb, grey, bare, shown, light_of_thumb(thumb, excluded))
    mean = cv2.sumElems(bare)[0] / shown.pixels
    spread = math.sqrt(max(cv2.norm(bare, cv2.NORM_L2SQR) / shown.pixels - mean * mean, 0.0))
    # Where the camera draws, `bare` is dark.
    dark = cv2.countNonZero(cv2.inRange(bare, 0, DARK)) - (grey.size - shown.pixels)
    bright = cv2.countNonZero(cv2.inRange(bare, BRIGHT, 255))
    cast_a, cast_b = _cast(view)
    coarse = coarse_of(grey)
    cells, spreads = cells_of(coarse, shown)
    covered, lost = _covered(view, cells, spreads, (coarse.shape[1], coarse.shape[0]), job.references)
    change, changed, shift, overlay_change = _compare_previous(view, job.previous, job.overlays)
    return QualitySeen(
        light=view.light,
        luma=mean,
        contrast=min(spread, 127.5),
        dark_ratio=dark / shown.pixels,
        bright_ratio=bright / shown.pixels,
        sharpness=_sharpness(view, spread),
        noise=_noise(view),
        stripes=_stripes(view),
        cast_a=cast_a,
        cast_b=cast_b,
        flat_ratio=float((spreads < _FLAT).mean()) if spreads.size else 1.0,
        covered_ratio=covered,
        lost_ratio=lost,
        change=change,
        changed_ratio=changed,
        shift_percent=shift,
        ink=tuple(_ink(grey, overlay) for overlay in job.overlays),
        even_ratio=_even(view),
        drawn_ratio=drawn_ratio(grey, shown),
        overlay_change=overlay_change,
    )


def _even(view: _View) -> float:
    """Share of one level of luma and its neighbours, between black and burnt out, where the camera draws nothing.

    On a wall, in fog or in snow lenses and sensors spread luma over many levels; what a recorder draws has one.
    """
    if view.shown.pixels < _SHOWN_LEAST * view.grey.size:
        return 0.0
    counts = cv2.calcHist([view.grey], [0], view.shown.mask, [256], [0, 256]).ravel()
    thrice = counts[:-2] + counts[1:-1] + counts[2:]
    return min(float(thrice[DARK : BRIGHT - 1].max()) / view.shown.pixels, 1.0)


def _sharpness(view: _View, spread: float) -> float:
    """Log10 of the Laplacian's variance over luma's: a ratio, so that exposure does not count.

    On a picture of half the size: there a codec's losses and a sensor's noise count little, and a soft lens shows.
    """
    size = (max(view.grey.shape[1] // 2, 1), max(view.grey.shape[0] // 2, 1))
    edges = cv2.Laplacian(cv2.resize(view.grey, size, interpolation=cv2.INTER_AREA), cv2.CV_16S)
    mask = view.shown.at(size)
    count = max(cv2.countNonZero(mask), 1)
    mean = cv2.mean(edges, mask)[0]
    deviation = math.sqrt(max(cv2.norm(edges, cv2.NORM_L2SQR, mask) / count - mean * mean, 0.0))
    return 2 * math.log10((deviation + 0.05) / (spread + 1.0))


def _noise(view: _View) -> float:
    """Standard deviation of noise, from the quietest fifth of the picture's cells: texture is no noise."""
    response = cv2.sepFilter2D(view.grey, cv2.CV_16S, _NOISE_KERNEL, _NOISE_KERNEL)
    means = shrunk(np.abs(response, out=response).astype(np.float32), 16)
    kept = means[view.shown.quiet]
    return percentile(kept, 20) * math.sqrt(math.pi / 2) / 6 if kept.size else 0.0


def _stripes(view: _View) -> float:
    """Amplitude, in levels of luma, by which one frequency of the rows or columns exceeds its neighbours."""
    strongest = 0.0
    for axis, count in enumerate(view.shown.lines):
        profile = cv2.reduce(view.bare, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() / np.maximum(count, 1)
        profile = np.where(count > 0, profile, profile.mean())
        if profile.size < 4 * _STRIPES_FROM:
            continue
        window, weight = _hanning(profile.size)
        trend = cv2.blur(profile.astype(np.float32)[None], (31, 1), borderType=cv2.BORDER_REFLECT)[0]
        waves = 2 * np.abs(np.fft.rfft((profile - trend) * window)) / weight
        around = cv2.blur(waves.astype(np.float32)[None], (17, 1), borderType=cv2.BORDER_REFLECT)[0]
        strongest = max(strongest, float((waves - 2 * around)[_STRIPES_FROM:].max()))
    return strongest


@lru_cache(maxsize=16)
def _hanning(size: int) -> tuple[npt.NDArray[np.float64], float]:
    window = np.hanning(size)
    return window, max(float(window.sum()), 1.0)


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


def _cast(view: _View) -> tuple[float, float]:
    """Mean a* and b* of what is neither black nor burnt out.

    Source: IEC 61966-2-1 (sRGB); CIE 15, L*a*b* under D65. By hand, for OpenCV makes tables of 0.1 s for it at its
    first use.
    """
    luma = cv2.cvtColor(view.thumb, cv2.COLOR_BGR2GRAY)
    useful = cv2.bitwise_and(
        cv2.inRange(luma, DARK + 1, BRIGHT - 1), view.shown.at((view.thumb.shape[1], view.thumb.shape[0]))
    )
    if not cv2.countNonZero(useful):
        return 0.0, 0.0
    xyz = cv2.transform(cv2.LUT(view.thumb, _LINEAR), _XYZ_OF_BGR)
    folded = np.where(xyz > _CUBE_FROM, np.cbrt(xyz), xyz * np.float32(841 / 108) + np.float32(4 / 29))
    x, y, z, _ = cv2.mean(folded.astype(np.float32), useful)
    return 500 * (x - y), 200 * (y - z)


def _covered(
    view: _View, now: Floats, spread_now: Floats, size: tuple[int, int], references: Sequence[bytes]
) -> tuple[float | None, float | None]:
    """Shares of the reference's structured cells that have lost their structure, and that show another one."""
    reference = next((one for one in map(_cached_descriptor, references) if one and one.light == view.light), None)
    if reference is None or not _same_shape(reference, view.grey):
        return None, None
    approved = cv2.resize(grey_array(reference), size, interpolation=cv2.INTER_AREA)
    before, spread_before = cells_of(np.asarray(approved, np.float32), view.shown)
    structured = spread_before >= _STRUCTURE
    if int(structured.sum()) < 8:
        return None, None
    before, now = before[structured], now[structured]
    spread_before, spread_now = spread_before[structured], spread_now[structured]
    gain = min(max(percentile(spread_now / spread_before, 90), 0.3), 1.5)
    gone = spread_now < np.maximum(_KEPT * gain * spread_before, _FLAT)
    both = (before - before.mean(axis=1, keepdims=True)) * (now - now.mean(axis=1, keepdims=True))
    alike = both.mean(axis=1) / (spread_before * np.maximum(spread_now, 0.1))
    return float(gone.mean()), float((~gone & (alike < _ALIKE)).mean())


def _compare_previous(
    view: _View, previous: bytes, overlays: Sequence[Polygon]
) -> tuple[float | None, float | None, float | None, float | None]:
    """Change, changed share and shift in per cent of the width since the picture before, and the overlays' change."""
    nothing = None, None, None, None
    before = baseline.decode_or_none(previous) if previous else None
    if before is None:
        return nothing
    size = (before.width_px, before.height_px)
    if not _same_shape(before, view.grey):
        return nothing
    old, new = grey_array(before), shrunk_grey(view.grey, max(size))
    if new.shape != old.shape:
        return nothing
    shown = view.shown.at(size)
    count = cv2.countNonZero(shown)
    if not count:
        return nothing
    mask = shown.astype(np.float32)
    difference = np.asarray(cv2.subtract(new, old, dtype=cv2.CV_32F), np.float32)
    difference -= np.float32(cv2.mean(difference, shown)[0])
    np.abs(difference, out=difference)
    difference *= mask
    cells = shrunk(difference, CELL)[shrunk(mask, CELL) > 0.9]
    changed = float(np.count_nonzero(cells > _CHANGED)) / cells.size if cells.size else None
    in_overlays = _overlay_change(old, new, overlays)
    return cv2.sumElems(difference)[0] / count, changed, _shift(old, new, shown, mask), in_overlays


def _overlay_change(old: Grey, new: Grey, overlays: Sequence[Polygon]) -> float | None:
    """The mean change in the overlay that changed most since the picture before, in levels; None without one."""
    most = None
    for overlay in overlays:
        left, top, right, bottom = _box(overlay, old.shape)
        if min(right - left, bottom - top) >= _OVERLAY_LEAST_PX:
            both = cv2.absdiff(old[top:bottom, left:right], new[top:bottom, left:right])
            most = max(most or 0.0, float(both.mean()))
    return most


def _box(polygon: Polygon, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The box around a polygon in pixels of a picture of that shape: left, top, right, bottom."""
    corners = np.nan_to_num(np.array(polygon, np.float64).reshape(-1, 2)) * (shape[1], shape[0])
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, (shape[1], shape[0])).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)), 0, (shape[1], shape[0])).astype(int)
    return int(left), int(top), int(right), int(bottom)


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


def _same_shape(descriptor: Descriptor, grey: Grey) -> bool:
    """Whether both have the same proportions, and enough pixels."""
    width, height = descriptor.width_px, descriptor.height_px
    off = abs(width * grey.shape[0] - height * grey.shape[1])
    return min(width, height) >= 3 * CELL and off <= 8 * max(width, height)


def _ink(grey: Grey, overlay: Polygon) -> float:
    """Mean strength of strokes, a few pixels wide, in an overlay's box, in levels of luma."""
    left, top, right, bottom = _box(overlay, grey.shape)
    box = grey[top:bottom, left:right]
    if min(box.shape) < 5:
        return 0.0
    square = np.ones((5, 5), np.uint8)
    bright = cv2.morphologyEx(box, cv2.MORPH_TOPHAT, square)
    return float(bright.astype(np.float32).mean())


def small(descriptor: Descriptor) -> Descriptor:
    """A small copy of a background: all that quality needs of it."""
    grey = shrunk_grey(grey_array(descriptor), PREVIOUS_SIDE_PX)
    return Descriptor(descriptor.light, grey.shape[1], grey.shape[0], descriptor.pictures, grey.tobytes())


def describe_for_next(picture: Bgr, light: LightMode) -> Descriptor:
    """The small descriptor for comparison with the camera's next picture; stored by the daemon, never reported."""
    grey = shrunk_grey(grey_of(picture), PREVIOUS_SIDE_PX)
    return Descriptor(light, grey.shape[1], grey.shape[0], 1, grey.tobytes())
