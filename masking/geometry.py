"""Validates and measures polygons of zones and masks in one frame.

The frame is 0..1 of the picture's width and height, origin top-left, y down. Pure Python, because the daemon uses it.
`coverage.py` decides how much of a zone is covered.
"""

import math
from collections.abc import Iterable
from itertools import pairwise

from masking.model import Point, Polygon

MAX_POINTS = 256
"""More points than any camera offers for a mask; a limit, since the test for crossings compares every pair of sides."""

MIN_AREA = 1e-6
"""Share of the picture under which a polygon counts as having no area: two pixels of a 1080p picture."""

_ROUNDING = 0.005
"""How far outside -1..1 a device's coordinate may lie before it is an error and not rounding."""


class GeometryError(ValueError):
    """No area. `reason`: `too-few-points`, `too-many-points`, `outside`, `zero-area`, `crosses-itself`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def from_onvif(points: Iterable[Point]) -> Polygon:
    """Convert an ONVIF polygon (-1..1, y up) into our frame (0..1, y down) and validate it. Raises GeometryError.

    Repeated points, and a last point that repeats the first, are dropped: they draw the same area. Coordinates that
    leave the range by rounding are moved onto its edge.

    Source: ONVIF Analytics Service Specification, Spatial relation (normalised coordinate system); ONVIF Media2
        Service Specification, Mask.
    """
    converted: list[Point] = []
    for count, (x, y) in enumerate(points, start=1):
        if count > MAX_POINTS:
            raise GeometryError("too-many-points", f"the polygon has more than {MAX_POINTS} points")
        if not (abs(x) <= 1 + _ROUNDING and abs(y) <= 1 + _ROUNDING):
            raise GeometryError("outside", f"point ({x:g}, {y:g}) lies outside -1..1")
        converted.append((min(max((x + 1) / 2, 0.0), 1.0), min(max((1 - y) / 2, 0.0), 1.0)))
    polygon = without_repeats(tuple(converted))
    validate(polygon)
    return polygon


def without_repeats(polygon: Polygon) -> Polygon:
    """Drop points that equal the one before them, the first counting as the one after the last."""
    return tuple(point for index, point in enumerate(polygon) if point != polygon[index - 1] or len(polygon) == 1)


def validate(polygon: Polygon) -> None:
    """Raise GeometryError unless a polygon is an area of 3 to MAX_POINTS points in 0..1 that does not cross itself."""
    if len(polygon) < 3:
        raise GeometryError("too-few-points", f"the polygon has {len(polygon)} points; an area needs three or more")
    if len(polygon) > MAX_POINTS:
        raise GeometryError("too-many-points", f"the polygon has more than {MAX_POINTS} points")
    for x, y in polygon:
        if not (0 <= x <= 1 and 0 <= y <= 1):  # NaN fails this too
            raise GeometryError("outside", f"point ({x:g}, {y:g}) lies outside 0..1")
    # A bow-tie may have no area in the signed sense, yet the crossing is what its author must mend.
    if not _is_flat(polygon) and not is_simple(polygon):
        raise GeometryError("crosses-itself", "the polygon's sides cross or touch each other")
    if area(polygon) < MIN_AREA:
        raise GeometryError("zero-area", "the polygon has no area")


def area(polygon: Polygon) -> float:
    """Area of a simple polygon as a share of the picture (0..1), whichever way its points run."""
    return abs(_signed_area(polygon))


def bounding_box(polygon: Polygon) -> tuple[float, float, float, float]:
    """Smallest upright rectangle around the polygon: left, top, right, bottom."""
    xs = [x for x, _ in polygon]
    ys = [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def is_simple(polygon: Polygon) -> bool:
    """Whether no two sides cross or touch, apart from neighbours at their common corner."""
    corners = without_repeats(polygon)
    count = len(corners)
    if count < 3:
        return False
    sides = [*pairwise(corners), (corners[-1], corners[0])]
    for i, (a, b) in enumerate(sides):
        for j in range(i + 1, count):
            c, d = sides[j]
            if j == i + 1:
                folded = _folds_back(a, b, d)
            elif i == 0 and j == count - 1:
                folded = _folds_back(c, d, b)
            else:
                folded = _touch(a, b, c, d)
            if folded:
                return False
    return True


def _signed_area(polygon: Polygon) -> float:
    return math.fsum(polygon[index - 1][0] * y - x * polygon[index - 1][1] for index, (x, y) in enumerate(polygon)) / 2


def _turn(a: Point, b: Point, c: Point) -> float:
    """Positive, zero or negative as a, b, c turn one way, lie on a line, or turn the other way."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_flat(polygon: Polygon) -> bool:
    """Whether all points lie on one line, within MIN_AREA."""
    start = polygon[0]
    end = max(polygon, key=lambda point: math.dist(start, point))
    return all(abs(_turn(start, end, point)) < MIN_AREA for point in polygon)


def _within(a: Point, b: Point, p: Point) -> bool:
    """Whether p, known to lie on the line through a and b, lies between them."""
    return min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])


def _touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the closed segments ab and cd have a point in common."""
    at_c, at_d, at_a, at_b = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if (at_c > 0) != (at_d > 0) and (at_a > 0) != (at_b > 0) and 0.0 not in (at_a, at_b, at_c, at_d):
        return True
    return (
        (at_c == 0 and _within(a, b, c))
        or (at_d == 0 and _within(a, b, d))
        or (at_a == 0 and _within(c, d, a))
        or (at_b == 0 and _within(c, d, b))
    )


def _folds_back(a: Point, b: Point, c: Point) -> bool:
    """Whether the side bc runs back over the side ab."""
    ahead = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return _turn(a, b, c) == 0 and ahead < 0
