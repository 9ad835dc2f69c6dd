"""Is the zone one solid colour, everywhere, and really opaque?

A camera draws a solid mask after the sensor's noise, so its inside is flatter than any scene: what texture is left
comes from the codec at the border. A translucent mask keeps part of the scene's contrast, a displaced one leaves cells
that are not of the colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from masking.raster import Region, cells

TOLERANCE_LUMA = 8.0
TOLERANCE_CHROMA = 16.0
"""How far a pixel may lie from the zone's own median colour; chroma is subsampled and rings further at the border."""

DECLARED_LUMA = 14.0
DECLARED_CHROMA = 11.0
"""How far the median may lie from the declared colour: video ranges and chroma subsampling move it."""

LEAST_STEP = 30.0
"""The surroundings' luma must lie so far from the declared colour before its exactness says anything."""


@dataclass(frozen=True, slots=True)
class Solid:
    """How solid a zone is.

    `opacity`: at least so much of the scene's brightness is hidden, judged by how near the zone comes to the declared
    colour from that of its surroundings (0 when no colour is declared, or when the surroundings have that colour).
    `color_off`: distance from the declared colour over its tolerance (up to 1 is the colour; 0 when none is declared).
    `covered_ratio`, `worst_cell_ratio`: share of pixels of the median colour, in all and in the worst cell.
    `residue`: contrast (standard deviation of luma) left in all but the 5 % worst cells deep inside; `usual_residue`:
    in the median cell. `drift`: how far the mean of all but the 5 % worst cells lies from the median.
    """

    opacity: float
    color_off: float
    covered_ratio: float
    worst_cell_ratio: float
    residue: float
    usual_residue: float
    drift: float


def measure(region: Region, color: str) -> Solid:
    """Measure a zone against a declared colour (`#rrggbb`, or empty)."""
    core = region.depth_px >= region.inset_px
    middle = [float(np.median(plane[core])) for plane in (region.luma, region.cr, region.cb)]
    off_luma = np.abs(region.luma - middle[0])
    off_chroma = np.maximum(np.abs(region.cr - middle[1]), np.abs(region.cb - middle[2]))
    like = ((off_luma <= TOLERANCE_LUMA) & (off_chroma <= TOLERANCE_CHROMA)).astype(np.float32)
    side = max(round(region.px(16)), 8)
    shares = np.nanmean(cells(like, core, side, 0.3), axis=1)
    deep = region.depth_px >= region.inset_px + 8
    inner = cells(region.luma, deep if deep.sum() > core.sum() / 4 else core, max(round(region.px(8)), 8))
    if not len(inner):
        inner = region.luma[core][None]
    covered = float(like[core].mean())
    residues = np.nanstd(inner, axis=1)
    around = float(np.median(region.luma[~core])) if not core.all() else middle[0]
    return Solid(
        opacity=_opacity(middle, around, color),
        color_off=_color_off(middle, color),
        covered_ratio=covered,
        worst_cell_ratio=float(shares.min()) if len(shares) else covered,
        residue=float(np.percentile(residues, 95)),
        usual_residue=float(np.median(residues)),
        drift=float(np.percentile(np.abs(np.nanmean(inner, axis=1) - middle[0]), 95)),
    )


def _opacity(middle: list[float], around: float, color: str) -> float:
    if not color:
        return 0.0
    luma, cr, cb = _declared(color)
    step = abs(around - luma)
    off = max(abs(middle[0] - luma), abs(middle[1] - cr), abs(middle[2] - cb))
    return 0.0 if step < LEAST_STEP else max(1 - off / step, 0.0)


def _color_off(middle: list[float], color: str) -> float:
    if not color:
        return 0.0
    luma, cr, cb = _declared(color)
    chroma = max(abs(middle[1] - cr), abs(middle[2] - cb))
    return float(max(abs(middle[0] - luma) / DECLARED_LUMA, chroma / DECLARED_CHROMA))


def _declared(color: str) -> tuple[float, float, float]:
    """Luma, Cr and Cb of `#rrggbb`."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    declared = np.full((1, 1, 3), (blue, green, red), np.float32) / 255
    luma, cr, cb = (cv2.cvtColor(declared, cv2.COLOR_BGR2YCrCb)[0, 0] * 255).tolist()
    return float(luma), float(cr), float(cb)
