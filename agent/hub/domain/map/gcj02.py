"""Converts positions of GCJ-02, the frame of maps published in China, to WGS-84. Pure.

The rule of GCJ-02 is not published. The formula in common use was found by comparison and gives its shift, 100 to
700 m, to a few metres; it is inverted here by iteration to less than `LEFT_M`. A map of a city shows no difference; a
survey would.

Source: GB 20263-2006 (processing of positions is mandatory, its rule is not part of the text); the formula as in
`eviltransform` and OpenStreetMap's wiki, "Restrictions on geographic data in China".
"""

import math
from typing import Final

from agent.hub.domain.rows.city_map import Point

LEFT_M: Final = 0.1
"""How much of the formula's shift the inverse leaves; that the formula itself is not exact is `FORMULA_M`."""

FORMULA_M: Final = 5
"""By how much converted positions may be wrong, as people are told."""

_AXIS_M: Final = 6378245.0
_ECCENTRICITY_2: Final = 0.00669342162296594323
"""Of the ellipsoid of Krasovsky, on which the formula rests."""

_STEPS: Final = 5
"""Each leaves less than a hundredth of the error before it."""


def to_wgs84(position: Point) -> Point:
    """Return the position whose GCJ-02 one is given."""
    lon, lat = position
    for _ in range(_STEPS):
        shifted = from_wgs84((lon, lat))
        lon, lat = lon + position[0] - shifted[0], lat + position[1] - shifted[1]
    return lon, lat


def from_wgs84(position: Point) -> Point:
    """Return the GCJ-02 position of one of WGS-84 in China."""
    lon, lat = position
    x, y = lon - 105.0, lat - 35.0
    common = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + common
    north += _waves(y, (20.0, 40.0, 160.0, 320.0), (1.0, 3.0, 12.0, 30.0))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + common
    east += _waves(x, (20.0, 40.0, 150.0, 300.0), (1.0, 3.0, 12.0, 30.0))
    sine = math.sin(math.radians(lat))
    magic = 1.0 - _ECCENTRICITY_2 * sine * sine
    north_deg = math.degrees(north) * magic * math.sqrt(magic) / (_AXIS_M * (1.0 - _ECCENTRICITY_2))
    east_deg = math.degrees(east) * math.sqrt(magic) / (_AXIS_M * math.cos(math.radians(lat)))
    return lon + east_deg, lat + north_deg


def _waves(along: float, heights_m: tuple[float, ...], lengths: tuple[float, ...]) -> float:
    terms = zip(heights_m, lengths, strict=True)
    return sum(height * math.sin(along / length * math.pi) for height, length in terms) * 2.0 / 3.0
