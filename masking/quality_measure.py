"""Numbers about a picture's quality, measured on a copy that is 640 px long. What they mean is decided in `quality.py`.

Areas that the camera itself draws (masks, overlays) are left out of all of them: they stay sharp, still and clean
whatever happens to the lens. Nothing here is a threshold of a verdict.

Source: Immerkaer 1996 (noise); Pech-Pacheco et al. 2000 (variance of the Laplacian).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking import baseline
from masking.baseline import BaselineError, Descriptor
from masking.model import Polygon
from masking.view_model import LightMode, QualityJob, QualitySeen
from masking.view_picture import Bgr, Bools, Grey, excluded_area, grey_array, grey_of, light_of_thumb, thumb_of

Floats = npt.NDArray[np.float32]

PREVIOUS_SIDE_PX: Final = 320
"""Longer side of the descriptor that shows the next picture what has changed."""

DARK: Final = 20
BRIGHT: Final = 245

_COARSE = 4
_CELL = 10
"""Cells are squares of ten pixels on a picture four times smaller: 40 px of 640."""

_STRUCTURE = 5.0
"""Spread of luma in a coarse cell from which it has a structure that can be lost."""

_FLAT = 1.5
"""Spread of luma in a coarse cell below which nothing is seen there."""

_KEPT = 0.25
"""Share of its structure that a cell keeps when a person or a shadow passes, and loses when it is covered."""

_ALIKE = 0.3
"""Correlation below which a cell shows something else."""

_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_STRIPES_FROM = 6
"""Cycles per picture from which a pattern of rows or columns counts as stripes, and not as the scene."""

_CHANGED = 0.7
"""Mean difference of a cell, in levels, that a new encoding of the same picture stays below."""

_SHIFT_PROOF = 0.06
"""Height of the correlation's peak below which a shift is chance."""


@dataclass(frozen=True, slots=True)
class _View:
    """A picture made ready: a thumb in BGR, luma 640 px long, where the camera draws nothing, and its light."""

    thumb: Bgr
    grey: Grey
    shown: Grey
    light: LightMode


def measure(picture: Bgr, job: QualityJob) -> QualitySeen:
    """Measure a decoded picture (height x width x 3, BGR; any size).

    What needs the picture before, or a reference in the same light, is None where there is none, where it is damaged,
    or where its shape is another one.
    """
    excluded = (*job.excluded, *job.overlays)
    grey = grey_of(picture)
    shown = (~excluded_area((grey.shape[0], grey.shape[1]), excluded)).astype(np.uint8)
    if not shown.any():
        shown[:] = 1
    thumb = thumb_of(picture)
    view = _View(thumb, grey, shown, light_of_thumb(thumb, excluded))
    mean, spread = (float(one[0][0]) for one in cv2.meanStdDev(grey, mask=shown))
    counts = cv2.calcHist([grey], [0], shown, [256], [0, 256]).ravel()
    total = max(float(counts.sum()), 1.0)
    cast_a, cast_b = _cast(view)
    coarse = _coarse(grey)
    cells, spreads = _cells(coarse, shown)
    covered, lost = _covered(view, cells, spreads, (coarse.shape[1], coarse.shape[0]), job.references)
    change, changed, shift = _against(view, job.previous)
    return QualitySeen(
        light=view.light,
        luma=mean,
        contrast=min(spread, 127.5),
        dark_ratio=float(counts[: DARK + 1].sum()) / total,
        bright_ratio=float(counts[BRIGHT:].sum()) / total,
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
    )


def _sharpness(view: _View, spread: float) -> float:
    """Log10 of the Laplacian's variance over luma's: a ratio, so that exposure does not count.

    On a picture of half the size: there a codec's losses and a sensor's noise count little, and a soft lens shows.
    """
    size = (max(view.grey.shape[1] // 2, 1), max(view.grey.shape[0] // 2, 1))
    half = cv2.resize(view.grey, size, interpolation=cv2.INTER_AREA)
    shown = cv2.resize(view.shown, size, interpolation=cv2.INTER_NEAREST)
    _, edges = cv2.meanStdDev(cv2.Laplacian(half, cv2.CV_16S), mask=shown)
    return 2 * math.log10((float(edges[0][0]) + 0.05) / (spread + 1.0))


def _noise(view: _View) -> float:
    """Standard deviation of noise, from the quietest fifth of the picture's cells: texture is no noise."""
    response = np.abs(cv2.filter2D(view.grey, cv2.CV_16S, _NOISE_KERNEL))
    means = _shrunk(response.astype(np.float32), 16)
    kept = means[_shrunk(view.shown.astype(np.float32), 16) > 0.95]
    return float(np.percentile(kept, 20)) * math.sqrt(math.pi / 2) / 6 if kept.size else 0.0


def _stripes(view: _View) -> float:
    """Amplitude, in levels of luma, by which one frequency of the rows or columns stands above its neighbours."""
    strongest = 0.0
    values = view.grey * view.shown
    for axis in (0, 1):
        count = cv2.reduce(view.shown, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        profile = cv2.reduce(values, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() / np.maximum(count, 1)
        profile = np.where(count > 0, profile, profile.mean())
        if profile.size < 4 * _STRIPES_FROM:
            continue
        window = np.hanning(profile.size)
        trend = cv2.blur(profile.astype(np.float32)[None], (31, 1), borderType=cv2.BORDER_REFLECT)[0]
        waves = 2 * np.abs(np.fft.rfft((profile - trend) * window)) / max(float(window.sum()), 1.0)
        around = cv2.blur(waves.astype(np.float32)[None], (17, 1), borderType=cv2.BORDER_REFLECT)[0]
        strongest = max(strongest, float((waves - 2 * around)[_STRIPES_FROM:].max()))
    return strongest


def _cast(view: _View) -> tuple[float, float]:
    """Mean a* and b* of what is neither black nor burnt out."""
    luma = cv2.cvtColor(view.thumb, cv2.COLOR_BGR2GRAY)
    counts = cv2.resize(view.shown, (view.thumb.shape[1], view.thumb.shape[0]), interpolation=cv2.INTER_NEAREST) > 0
    useful = counts & (luma > DARK) & (luma < BRIGHT)
    if not useful.any():
        return 0.0, 0.0
    lab = cv2.cvtColor(view.thumb.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    return float(lab[..., 1][useful].mean()), float(lab[..., 2][useful].mean())


def _coarse(grey: Grey) -> Floats:
    size = (max(grey.shape[1] // _COARSE, 1), max(grey.shape[0] // _COARSE, 1))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)


def _cells(coarse: Floats, shown: Grey) -> tuple[Floats, Floats]:
    """Values (cells x 100) and spread of the cells that are mostly shown."""
    rows, columns = coarse.shape[0] // _CELL, coarse.shape[1] // _CELL
    used = coarse[: rows * _CELL, : columns * _CELL]
    table = used.reshape(rows, _CELL, columns, _CELL).swapaxes(1, 2).reshape(rows * columns, _CELL * _CELL)
    part = cv2.resize(shown, (coarse.shape[1], coarse.shape[0]), interpolation=cv2.INTER_NEAREST)
    part = part[: rows * _CELL, : columns * _CELL]
    share = part.reshape(rows, _CELL, columns, _CELL).swapaxes(1, 2).reshape(rows * columns, _CELL * _CELL).mean(axis=1)
    kept = share > 0.9
    table = np.asarray(table[kept], np.float32)
    return table, np.asarray(table.std(axis=1), np.float32)


def _covered(
    view: _View, now: Floats, spread_now: Floats, size: tuple[int, int], references: Sequence[bytes]
) -> tuple[float | None, float | None]:
    """Shares of the reference's structured cells that have lost their structure, and that show another one."""
    reference = next((one for one in map(_descriptor, references) if one and one.light == view.light), None)
    if reference is None or not _same_shape(reference, view.grey):
        return None, None
    approved = cv2.resize(grey_array(reference), size, interpolation=cv2.INTER_AREA)
    before, spread_before = _cells(np.asarray(approved, np.float32), view.shown)
    structured = spread_before >= _STRUCTURE
    if int(structured.sum()) < 8:
        return None, None
    before, now = before[structured], now[structured]
    spread_before, spread_now = spread_before[structured], spread_now[structured]
    gain = float(np.clip(np.percentile(spread_now / spread_before, 90), 0.3, 1.5))
    gone = spread_now < np.maximum(_KEPT * gain * spread_before, _FLAT)
    both = (before - before.mean(axis=1, keepdims=True)) * (now - now.mean(axis=1, keepdims=True))
    alike = both.mean(axis=1) / (spread_before * np.maximum(spread_now, 0.1))
    return float(gone.mean()), float((~gone & (alike < _ALIKE)).mean())


def _against(view: _View, previous: bytes) -> tuple[float | None, float | None, float | None]:
    """Change, changed share and shift in per cent of the width since the picture before."""
    before = _descriptor(previous) if previous else None
    if before is None:
        return None, None, None
    size = (before.width_px, before.height_px)
    if not _same_shape(before, view.grey):
        return None, None, None
    old = grey_array(before).astype(np.float32)
    new = shrunk_grey(view.grey, max(size)).astype(np.float32)
    if new.shape != old.shape:
        return None, None, None
    shown = cv2.resize(view.shown, size, interpolation=cv2.INTER_NEAREST) > 0
    difference = np.where(shown, new - old, 0)
    difference = np.abs(difference - difference[shown].mean()) if shown.any() else difference
    difference[~shown] = 0
    share = float(shown.mean())
    if share <= 0:
        return None, None, None
    cells = _shrunk(difference, _CELL)[_shrunk(shown.astype(np.float32), _CELL) > 0.9]
    changed = float((cells > _CHANGED).mean()) if cells.size else None
    return float(difference.mean()) / share, changed, _shift(old, new, shown)


def _shift(old: Floats, new: Floats, shown: Bools) -> float | None:
    """How far the whole picture went, in per cent of its width; None where the pictures do not match."""
    edges = []
    for one in (old, new):
        across, down = cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)
        edge = np.asarray(cv2.log(cv2.magnitude(across, down) + 20.0), np.float32)
        edge -= edge[shown].mean()
        edge[~shown] = 0
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
    return min(width, height) >= 3 * _CELL and off <= 8 * max(width, height)


def _ink(grey: Grey, overlay: Polygon) -> float:
    """Mean strength of strokes, a few pixels wide, in an overlay's box, in levels of luma."""
    height, width = grey.shape
    corners = np.nan_to_num(np.array(overlay, np.float64).reshape(-1, 2)) * (width, height)
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)), 0, (width, height)).astype(int)
    box = grey[top:bottom, left:right]
    if min(box.shape) < 5:
        return 0.0
    square = np.ones((5, 5), np.uint8)
    bright = cv2.morphologyEx(box, cv2.MORPH_TOPHAT, square)
    return float(bright.astype(np.float32).mean())


def shrunk_grey(grey: Grey, side_px: int) -> Grey:
    """Luma with its longer side brought to `side_px`."""
    scale = side_px / max(grey.shape)
    size = (max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def small(descriptor: Descriptor) -> Descriptor:
    """A small copy of a background: all that quality needs of it."""
    grey = shrunk_grey(grey_array(descriptor), PREVIOUS_SIDE_PX)
    return Descriptor(descriptor.light, grey.shape[1], grey.shape[0], descriptor.pictures, grey.tobytes())


def describe_for_next(picture: Bgr, light: LightMode) -> Descriptor:
    """The small descriptor that the next picture of the camera is compared with; kept by the daemon, never reported."""
    grey = shrunk_grey(grey_of(picture), PREVIOUS_SIDE_PX)
    return Descriptor(light, grey.shape[1], grey.shape[0], 1, grey.tobytes())


def _shrunk(values: Floats, side_px: int) -> Floats:
    """Means of square cells; an incomplete last row or column is left out."""
    rows, columns = max(values.shape[0] // side_px, 1), max(values.shape[1] // side_px, 1)
    used = values[: rows * side_px, : columns * side_px]
    return np.asarray(cv2.resize(used, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _descriptor(data: bytes) -> Descriptor | None:
    try:
        return baseline.decode(data)
    except BaselineError:
        return None
