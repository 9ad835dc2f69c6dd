"""Measures how much of a scene's detail is left inside a zone, beside that of its surroundings, at three scales.

Detail is second differences: smooth ramps (a blur) and flat blocks have none. Low bitrates remove the finest scale,
masks all.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from masking.zones.raster import BEND_UNIT, Bytes, Floats, Region, Tiling, bend, half, level_at, share_of, tiles, tiling

LEAK_FLOOR = 0.8
LEAK_SHARE = 0.35
"""A tile inside leaks when its detail is above the floor and above this share of what is usual around the zone."""


@dataclass(frozen=True, slots=True)
class Detail:
    """The detail of a zone and its surroundings.

    `inside`, `around`: mean detail at full, half and quarter size, in levels. `leak_ratio`: share of the tiles inside
    with detail as in the surroundings. `worst`, `usual`: the detail of the 95th percentile and of the median of the
    tiles inside. `around_usual`, `around_least`, `around_floor`: median, lower quartile and 5th percentile of the tiles
    around. `half_worst`: 95th
    percentile inside at half size. `contrast_inside`, `contrast_around`: spread of the middle half of luma, as a
    standard deviation. `flat_around_ratio`: share of pixels around without detail, as at low bitrates.
    """

    inside: tuple[float, float, float]
    around: tuple[float, float, float]
    leak_ratio: float
    worst: float
    usual: float
    around_usual: float
    around_least: float
    around_floor: float
    half_worst: float
    contrast_inside: float
    contrast_around: float
    flat_around_ratio: float


@dataclass(frozen=True, slots=True)
class Rest:
    """What detail lies inside off the lines of a mosaic: share of leaking tiles, 95th percentile and median tile."""

    leak_ratio: float
    worst: float
    usual: float


def measure(region: Region, bends: Bytes, inside: Floats, around: Floats) -> Detail:
    """Measure a zone by `raster.bend` of its luma, and counts of luma levels (`raster.levels`) in core and ring."""
    ground = region.ground
    halved = half(region.luma)
    bends_half, bends_quarter = bend(halved), bend(half(halved))
    side = _side(region)
    plain, within = _tiles(bends, ground.tiling("core", side, 0.6))
    rim, beyond = _tiles(bends, ground.tiling("ring", side, 0.5))
    coarse, within_half = _tiles(bends_half, ground.tiling("core_half", max(side // 2, 3), 0.6))
    usual = share_of(rim, 0.5)
    flat = cv2.countNonZero(cv2.bitwise_and((bends < 2).view(np.uint8), region.ring))
    return Detail(
        inside=(within, within_half, _mean(bends_quarter, ground.quarters[0])),
        around=(beyond, _mean(bends_half, ground.halves[1]), _mean(bends_quarter, ground.quarters[1])),
        leak_ratio=_above(plain, _limit(usual)),
        worst=share_of(plain, 0.95),
        usual=share_of(plain, 0.5),
        around_usual=usual,
        around_least=share_of(rim, 0.25),
        around_floor=share_of(rim, 0.05),
        half_worst=share_of(coarse, 0.95),
        contrast_inside=_spread(inside),
        contrast_around=_spread(around),
        flat_around_ratio=flat / max(float(around[-1]), 1.0),
    )


def beside_lines(region: Region, bends: Bytes, off_lines: tuple[Bytes, Bytes], around_usual: float) -> Rest:
    """Measure what lies off the lines of a mosaic; `off_lines` marks those columns and rows of the crop with 1."""
    off_map = np.asarray(region.core * off_lines[1][:, None] * off_lines[0], np.uint8)
    off, _ = _tiles(bends, tiling(off_map, _side(region), 0.15))
    return Rest(_above(off, _limit(around_usual)), share_of(off, 0.95), share_of(off, 0.5))


def _side(region: Region) -> int:
    return max(round(region.px(10)), 6)


def _limit(around_usual: float) -> float:
    return max(LEAK_FLOOR, LEAK_SHARE * around_usual)


def _tiles(bends: Bytes, over: Tiling) -> tuple[Floats, float]:
    means, mean = tiles(bends, over)
    return means * np.float32(BEND_UNIT), mean * BEND_UNIT


def _mean(bends: Bytes, mask: Bytes) -> float:
    return float(cv2.mean(bends, mask)[0]) * BEND_UNIT


def _above(ordered: Floats, limit: float) -> float:
    """Share of rising values above a limit; 1 when there are none."""
    return 1 - float(ordered.searchsorted(limit, "right")) / len(ordered) if len(ordered) else 1.0


def _spread(counts: Floats) -> float:
    """A single bright object does not count: it proves nothing about what lies under a mask."""
    return (level_at(counts, 0.75) - level_at(counts, 0.25)) / 1.35
