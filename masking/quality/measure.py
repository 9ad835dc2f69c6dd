"""Measures a picture's quality as numbers, on a copy that is 640 px long. `indicators.py` judges them.

Areas that the camera itself draws (masks, overlays) are left out: they stay sharp whatever happens to the lens. No
threshold is here.

Source: Immerkaer 1996 (noise); Pech-Pacheco et al. 2000 (variance of the Laplacian).
"""

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Polygon
from masking.quality import waves
from masking.quality.approved import Cells, against
from masking.quality.cells import (
    HALF_PX,
    Undrawn,
    box,
    coarse_of,
    noise_of,
    noise_response,
    shrunk,
    shrunk_grey,
    undrawn_of,
)
from masking.quality.colour import cast, tint
from masking.quality.drawn import drawn_ratio
from masking.quality.previous import since
from masking.view.baseline import Descriptor
from masking.view.model import LightMode, QualityJob, QualitySeen
from masking.view.picture import Bgr, Grey, grey_of, light_of_thumb, thumb_of

DARK: Final = 20
BRIGHT: Final = 245

_FLAT = 1.5
"""Spread of luma below which a coarse cell has no structure."""

_FLOOR_RATIO: Final = 0.1
"""Share of the picture that is at most as bright as its floor."""

_SHOWN_LEAST = 0.2
"""Share of the picture in which the camera draws nothing, below which the rest is too little to call it even."""


Counted = npt.NDArray[np.float64]
"""How many pixels have each level of luma."""

_LEVELS: Final = np.arange(256, dtype=np.float64)


def measure(picture: Bgr, job: QualityJob) -> QualitySeen:
    """Measure a decoded picture (height x width x 3, BGR; any size).

    Values that need the picture before, or a reference in the same light, are None where it is missing, damaged or of
    another shape. Side effect: areas left out and references are cached for the camera's next picture.
    """
    excluded = tuple(tuple((x, y) for x, y in polygon) for polygon in (*job.excluded, *job.overlays))
    grey = grey_of(picture)
    shown = undrawn_of((grey.shape[0], grey.shape[1]), excluded)
    thumb = thumb_of(picture)
    light = light_of_thumb(thumb, excluded)
    levels = cv2.calcHist([grey], [0], shown.mask, [256], [0, 256]).ravel().astype(np.float64)
    mean = float(levels @ _LEVELS) / shown.pixels
    spread = math.sqrt(max(float(levels @ _LEVELS**2) / shown.pixels - mean * mean, 0.0))
    drawn = shown.at((thumb.shape[1], thumb.shape[0]))
    cast_a, cast_b = cast(thumb, drawn)
    tinted = tint(thumb, drawn)
    half, cells = shrunk_grey(grey, HALF_PX), Cells(coarse_of(grey), shown)
    approved = against(half, cells, shown, light, job.references)
    before = since(half, shown, light, job.previous, job.overlays)
    return QualitySeen(
        light=light,
        luma=mean,
        contrast=min(spread, 127.5),
        dark_ratio=float(levels[: DARK + 1].sum()) / shown.pixels,
        bright_ratio=float(levels[BRIGHT:].sum()) / shown.pixels,
        sharpness=_sharpness(half, shown, spread),
        noise=_noise(grey, shown),
        stripes=_stripes(grey, shown),
        cast_a=cast_a,
        cast_b=cast_b,
        flat_ratio=float((cells.spread < _FLAT).mean()) if cells.spread.size else 1.0,
        covered_ratio=approved.covered_ratio,
        lost_ratio=approved.lost_ratio,
        change=before.change,
        changed_ratio=before.changed_ratio,
        shift_percent=before.shift_percent,
        ink=tuple(_ink(grey, overlay) for overlay in job.overlays),
        even_ratio=_even(levels, shown, grey.size),
        drawn_ratio=drawn_ratio(grey, shown),
        overlay_change=before.overlay_change,
        floor=float(np.searchsorted(levels.cumsum(), _FLOOR_RATIO * shown.pixels)),
        tint_red_low=tinted.red_low if tinted else None,
        tint_red_high=tinted.red_high if tinted else None,
        tint_blue_low=tinted.blue_low if tinted else None,
        tint_blue_high=tinted.blue_high if tinted else None,
        kept_contrast=approved.kept_contrast,
        stripes_over=approved.stripes_over,
        kept_detail=approved.kept_detail,
        noise_change=before.noise_change,
    )


def _even(levels: Counted, shown: Undrawn, size: int) -> float:
    """Share of one level of luma and its neighbours, between black and burnt out, where the camera draws nothing.

    On a wall, in fog or in snow lenses and sensors spread luma over many levels; what a recorder draws has one.
    """
    if shown.pixels < _SHOWN_LEAST * size:
        return 0.0
    thrice = levels[:-2] + levels[1:-1] + levels[2:]
    return min(float(thrice[DARK : BRIGHT - 1].max()) / shown.pixels, 1.0)


def _sharpness(half: Grey, shown: Undrawn, spread: float) -> float:
    """Log10 of the Laplacian's variance over luma's: a ratio, so that exposure does not count.

    On a picture of half the size: there a codec's losses and a sensor's noise count little, and a soft lens shows.
    """
    edges = cv2.Laplacian(half, cv2.CV_16S)
    mask = shown.at((half.shape[1], half.shape[0]))
    count = max(cv2.countNonZero(mask), 1)
    mean = cv2.mean(edges, mask)[0]
    deviation = math.sqrt(max(cv2.norm(edges, cv2.NORM_L2SQR, mask) / count - mean * mean, 0.0))
    return 2 * math.log10((deviation + 0.05) / (spread + 1.0))


def _noise(grey: Grey, shown: Undrawn) -> float:
    """Standard deviation of noise, from the quietest fifth of the picture's cells: texture is no noise."""
    kept = shrunk(noise_response(grey, cv2.CV_16S).astype(np.float32), 16)[shown.quiet]
    return noise_of(kept, 20) if kept.size else 0.0


def _stripes(grey: Grey, shown: Undrawn) -> float:
    """Amplitude, in levels of luma, by which one frequency of the rows or columns exceeds its neighbours."""
    bare = np.asarray(cv2.multiply(grey, shown.mask), np.uint8)
    lines = shown.lines_at((grey.shape[1], grey.shape[0]))
    return max(waves.strongest(one) for one in waves.spectra(bare, lines, 31))


def _ink(grey: Grey, overlay: Polygon) -> float:
    """Mean strength of strokes, a few pixels wide, in an overlay's box, in levels of luma."""
    left, top, right, bottom = box(overlay, grey.shape)
    inside = grey[top:bottom, left:right]
    if min(inside.shape) < 5:
        return 0.0
    square = np.ones((5, 5), np.uint8)
    bright = cv2.morphologyEx(inside, cv2.MORPH_TOPHAT, square)
    return float(bright.astype(np.float32).mean())


def describe_for_next(picture: Bgr, light: LightMode) -> Descriptor:
    """The small descriptor for comparison with the camera's next picture; stored by the daemon, never reported."""
    grey = shrunk_grey(grey_of(picture), HALF_PX)
    return Descriptor(light, grey.shape[1], grey.shape[0], 1, grey.tobytes())
