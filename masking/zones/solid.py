"""Measures whether the zone is one solid colour, everywhere, and really opaque.

A camera draws a solid mask after the sensor's noise, so its inside is flatter than any scene: remaining texture comes
from the codec at the border. A translucent mask retains part of the scene's contrast and lies off its declared colour
towards its surroundings; a displaced one leaves pixels that are not of the colour.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from masking.zones.band import Band
from masking.zones.border import unlike
from masking.zones.raster import Floats, Region, level_at, share_of, sums_at, tile_sums

TOLERANCE_LUMA = 8.0
TOLERANCE_CHROMA = 16.0
"""How far a pixel may lie from the zone's own median colour; chroma is subsampled and rings further at the border."""

DECLARED_LUMA = 14.0
DECLARED_CHROMA = 11.0
"""How far the median may lie from the declared colour: video ranges and chroma subsampling move it."""

LEAST_STEP = 30.0
"""The surroundings' luma must lie so far from the declared colour before its exactness counts."""


@dataclass(frozen=True, slots=True)
class Solid:
    """How solid a zone is.

    `opacity`: at least so much of the scene's brightness is hidden, judged by how near the zone comes to the declared
    colour from that of its surroundings (0 when no colour is declared, or when the surroundings have that colour).
    `color_off`: distance from the declared colour over its tolerance (up to 1 is the colour; 0 when none is declared).
    `luma_off`, `chroma_off`: the same in levels. `covered_ratio`, `worst_cell_ratio`: share of pixels of the median
    colour, in all and in the worst cell. `residue`: contrast (standard deviation of luma) left in all but the 5 % worst
    tiles; `usual_residue`: in the median tile; `color_residue`: of the chroma, over all. `drift`: how far the mean of
    all but the 5 % worst tiles lies from the median. `luma_spread`: standard deviation over the whole inside.
    `side_unlike_ratio`, `stretch_unlike_ratio`: share of pixels just inside the border that are of another colour, on
    the worst side and in the worst stretch. `ring_step`: luma around the zone less that inside. `mixture_off`: how far
    (levels) the zone's colour lies from every mixture of the declared one with that of its surroundings, as a
    translucent mask would be; 0 when it is the declared one, or none is declared.
    """

    opacity: float
    color_off: float
    luma_off: float
    chroma_off: float
    covered_ratio: float
    worst_cell_ratio: float
    residue: float
    usual_residue: float
    color_residue: float
    drift: float
    luma_spread: float
    side_unlike_ratio: float
    stretch_unlike_ratio: float
    ring_step: float
    mixture_off: float


def measure(region: Region, band: Band, color: str, middle: tuple[float, float, float], around: Floats) -> Solid:
    """Measure a zone against a colour (`#rrggbb` or ""), by its `middle` luma, Cr, Cb and levels of luma `around`."""
    low = np.array([max(round(m - t), 0) for m, t in zip(middle, _TOLERANCES, strict=True)])
    high = np.array([min(round(m + t), 255) for m, t in zip(middle, _TOLERANCES, strict=True)])
    like = np.asarray(cv2.bitwise_and(cv2.inRange(region.ycc, low, high), region.core), np.uint8)
    covered = cv2.countNonZero(like) / float(region.ground.core_pixels)
    side = max(round(region.px(16)), 8)
    cells = region.ground.tiling("core", side, 0.3)
    shares = tile_sums(like, side)[cells.enough] / cells.counts
    means, deviations = _tiles(region)
    spread = cv2.meanStdDev(region.ycc, mask=region.core)[1].ravel()
    outside = level_at(around, 0.5) if around[-1] else middle[0]
    unlike_side, unlike_stretch = unlike(band, low, high)
    off = _off(middle, color)
    if not len(means):
        means, deviations = np.array([middle[0]], np.float32), np.array([spread[0]], np.float32)
    off_middle = np.abs(means - middle[0])
    off_middle.sort()
    return Solid(
        opacity=_opacity(off, outside, color),
        color_off=max(abs(off[0]) / DECLARED_LUMA, off[1] / DECLARED_CHROMA),
        luma_off=abs(off[0]),
        chroma_off=off[1],
        covered_ratio=covered,
        worst_cell_ratio=float(shares.min()) if len(shares) else covered,
        residue=share_of(deviations, 0.95),
        usual_residue=share_of(deviations, 0.5),
        color_residue=float(max(spread[1], spread[2])),
        drift=share_of(off_middle, 0.95),
        luma_spread=float(spread[0]),
        side_unlike_ratio=unlike_side,
        stretch_unlike_ratio=unlike_stretch,
        ring_step=outside - middle[0],
        mixture_off=_mixture_off(region, middle, color) if max(abs(off[0]), off[1]) > DECLARED_CHROMA else 0.0,
    )


_TOLERANCES = (TOLERANCE_LUMA, TOLERANCE_CHROMA, TOLERANCE_CHROMA)


def _tiles(region: Region) -> tuple[Floats, Floats]:
    """Means, and standard deviations in rising order, of luma in the small tiles that lie wholly inside."""
    side = max(round(region.px(8)), 6)
    area = side * side
    inside = region.ground.tiling("core", side, 1.0).enough
    sums, squares = cv2.integral2(region.luma)
    means = sums_at(sums, side)[inside] / area
    variances = sums_at(squares, side)[inside] / area - means * means
    deviations = np.sqrt(np.maximum(variances, 0)).astype(np.float32)
    deviations.sort()
    return means.astype(np.float32), deviations


def _opacity(off: tuple[float, float, float], around: float, color: str) -> float:
    if not color:
        return 0.0
    step = abs(around - off[2])
    return 0.0 if step < LEAST_STEP else max(1 - max(abs(off[0]), off[1]) / step, 0.0)


def _off(middle: tuple[float, ...], color: str) -> tuple[float, float, float]:
    """Luma off the declared one, the larger of the chromas' distances, and the declared luma."""
    if not color:
        return 0.0, 0.0, 0.0
    luma, cr, cb = declared(color)
    return middle[0] - luma, max(abs(middle[1] - cr), abs(middle[2] - cb)), luma


def _mixture_off(region: Region, middle: tuple[float, float, float], color: str) -> float:
    own = np.array(middle) - declared(color)
    around = np.array(cv2.mean(region.ycc, region.ring)[:3]) - declared(color)
    share = float(own @ around) / max(float(around @ around), 1.0)
    return float(np.linalg.norm(own - min(max(share, 0.0), 1.0) * around))


def declared(color: str) -> tuple[float, float, float]:
    """Luma, Cr and Cb of `#rrggbb`, 0..255 (ITU-T T.871)."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma, 128 + (red - luma) * 0.713, 128 + (blue - luma) * 0.564
