"""Measures what a mask that hides looks like: its colour, grid or blur, and where its edges lie.

A verdict says that a zone is hidden; a signature says by what. The one measured at approval stays with it, and
`same_mask.py` tells whether a later one is of the same mask: another colour, other blocks, a grid or an edge elsewhere.
Only what passed has one. All lengths are in pixels of a 640 px wide picture, in the frame of the whole picture.
"""

import math
from statistics import fmean, median
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Effect
from masking.zones.features import ZoneMeasures
from masking.zones.raster import Floats
from masking.zones.solid import TOLERANCE_CHROMA, TOLERANCE_LUMA

Signature = tuple[tuple[str, float], ...]

SIDES: Final = ("left", "top", "right", "bottom")

_FAR: Final = 6.0
"""So deep inside and so far outside, what lies beside the border is the mask's and the scene's own."""

_LEAST_CONTRAST: Final = 2.0
"""Detail outside over detail inside from which the place where it ends is an edge."""

_LEAST_UNLIKE: Final = 0.3
"""Share of pixels outside that must be of another colour before the place where the mask's colour begins is an edge."""

EFFECT_OF: Final[dict[str, Effect]] = {"solid": "color", "mosaic": "pixelated", "blur": "blurred"}
"""The judge behind each reason of a PASS (`opinions.py`)."""


def signature(seen: ZoneMeasures, effect: Effect) -> Signature:
    """Measure the signature of a zone that passed as this effect; names as in `same_mask.RANGES`.

    What cannot be measured here is left out: an edge along which scene and mask look alike, a side off the picture.
    """
    numbers: dict[str, float] = {"width_px": float(seen.region.ground.factor * 640 * seen.scale)}
    if effect == "color":
        numbers |= dict(zip(("luma", "cr", "cb"), seen.middle, strict=True))
        numbers |= _edges(seen, _unlike(seen, seen.middle), _LEAST_UNLIKE)
    else:
        if effect == "pixelated":
            numbers |= _grid(seen)
        else:
            numbers["sigma_px"] = seen.blur.sigma_px
        numbers |= _edges(seen, seen.band.along.astype(np.float32), None)
    return tuple((name, round(value, 3)) for name, value in numbers.items())


def _grid(seen: ZoneMeasures) -> dict[str, float]:
    """Block along x and y, and the grid's line nearest to the zone's middle: there its place is least in doubt."""
    region = seen.region
    numbers: dict[str, float] = {}
    for axis, (name, grid) in enumerate(zip(("across", "down"), seen.mosaic.grids or (), strict=False)):
        first, period = grid.first, grid.period
        low, high = region.corners[:, axis].min() + 0.5, region.corners[:, axis].max() + 0.5
        line = first + 1.0 + round(((low + high) / 2 - first - 1.0) / period) * period
        numbers[f"block_{name}_px"] = period / seen.scale
        numbers[f"line_{name}_px"] = (region.ground.box[axis] + line) / seen.scale
    return numbers


def _unlike(seen: ZoneMeasures, middle: tuple[float, float, float]) -> Floats:
    """Mark the pixels of the band that are not of the mask's colour: depths x columns, 1 or 0."""
    tolerances = (TOLERANCE_LUMA, TOLERANCE_CHROMA, TOLERANCE_CHROMA)
    low = np.array([math.ceil(m - t) for m, t in zip(middle, tolerances, strict=True)])
    high = np.array([math.floor(m + t) for m, t in zip(middle, tolerances, strict=True)])
    return np.asarray(cv2.inRange(seen.band.pixels, low, high) == 0, np.float32)


def _edges(seen: ZoneMeasures, scene: Floats, least_outside: float | None) -> dict[str, float]:
    """Find for each side the depth (px, positive inside) at which a profile of the scene falls to the mask's own.

    `scene` is depths x columns of the band. `least_outside`: how much of it there must be outside; None: more than
    `_LEAST_CONTRAST` times what is inside. `soft_px` is how gradually it falls: from three quarters to one, on average.
    """
    layout = seen.band.layout
    if not len(layout.side):
        return {}
    numbers: dict[str, float] = {}
    depths = layout.depths_px / layout.scale
    before, after = int(depths.searchsorted(-_FAR, "right")), int(depths.searchsorted(_FAR))
    facing = layout.facing
    profiles = (scene @ facing).T
    softness: list[float] = []
    for number, side in enumerate(SIDES):
        if not facing[:, number].any():
            continue
        profile = profiles[number]
        outside, inside = median(profile[:before].tolist()), median(profile[after:].tolist())
        least = least_outside if least_outside is not None else _LEAST_CONTRAST * (inside + 0.1)
        if outside - inside < least:
            continue
        fall = ((profile - inside) / (outside - inside)).tolist()
        fallen = [_crossing(depths, fall, share) for share in (0.75, 0.5, 0.25)]
        numbers[f"{side}_px"] = fallen[1]
        softness.append(fallen[2] - fallen[0])
    if softness:
        numbers["soft_px"] = fmean(softness)
    return numbers


def _crossing(depths: npt.NDArray[np.float64], profile: list[float], share: float) -> float:
    """Return the innermost depth at which a falling profile crosses a share of its height."""
    at = next((at for at in range(len(profile) - 1, -1, -1) if profile[at] >= share), 0)
    if at + 1 >= len(profile):
        return float(depths[-1])
    fall = profile[at] - profile[at + 1]
    return float(depths[at] + (depths[at + 1] - depths[at]) * (profile[at] - share) / max(fall, 1e-6))
