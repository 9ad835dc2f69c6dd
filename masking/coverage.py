"""Calculates how much of a zone a set of masks covers, by area alone: of the configuration, not of a picture.

Pure Python, because the daemon uses it. All measures cut the plane into horizontal slabs at every corner and every
crossing of sides. No two sides cross inside a slab, so that the width at half height times its height is exact.
Polygons need not be convex; one that crosses itself counts by the even-odd rule.
"""

from collections.abc import Sequence
from itertools import pairwise

from masking.geometry import bounding_box
from masking.model import Point, Polygon

Segment = tuple[Point, Point]
Span = tuple[float, float]

_EXACT_SIDES = 200
"""Up to this many sides the slabs are exact; beyond, evenly spaced lines keep a hostile device from costing minutes."""

_LINES = 2048
"""Evenly spaced lines across the zone in that case: the error stays below 0.001 for any mask a camera can draw."""


def uncovered_ratio(zone: Polygon, masks: Sequence[Polygon]) -> float:
    """Share of the zone's area (0..1) that the union of the masks does not cover."""
    bare, covered, _ = _areas(zone, _near(zone, masks))
    total = bare + covered
    return 1.0 if total <= 0 else min(max(bare / total, 0.0), 1.0)


def iou(zone: Polygon, masks: Sequence[Polygon]) -> float:
    """Intersection over union (0..1) of the zone and the union of the masks: shows drift, not protection."""
    bare, covered, beyond = _areas(zone, masks)
    total = bare + covered + beyond
    return 0.0 if total <= 0 else min(max(covered / total, 0.0), 1.0)


def hidden_beyond(zone: Polygon, masks: Sequence[Polygon]) -> float:
    """Share of the picture (0..1) that the union of the masks hides beyond the zone: what is hidden without need."""
    return min(max(_areas(zone, [mask for mask in masks if len(mask) >= 3])[2], 0.0), 1.0)


def covers(zone: Polygon, point: Point) -> bool:
    """Whether a point lies in a zone, by the even-odd rule."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(zone, (*zone[1:], zone[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


def _near(zone: Polygon, masks: Sequence[Polygon]) -> list[Polygon]:
    """The masks whose bounding boxes meet the zone's: the others cannot cover any of it."""
    left, top, right, bottom = bounding_box(zone)
    near = []
    for mask in masks:
        if len(mask) >= 3:
            box = bounding_box(mask)
            if box[0] < right and box[2] > left and box[1] < bottom and box[3] > top:
                near.append(mask)
    return near


def _areas(zone: Polygon, masks: Sequence[Polygon]) -> tuple[float, float, float]:
    """Areas of the zone alone, of zone and masks together, and of the masks alone."""
    shapes = [_sides(zone), *(_sides(mask) for mask in masks)]
    levels = _levels([side for shape in shapes for side in shape])
    bare = covered = beyond = 0.0
    for upper, lower in pairwise(levels):
        height, middle = lower - upper, (upper + lower) / 2
        zone_spans = _spans(shapes[0], middle)
        mask_spans = _union([span for shape in shapes[1:] for span in _spans(shape, middle)])
        common = _common(zone_spans, mask_spans)
        covered += height * common
        bare += height * (_length(zone_spans) - common)
        beyond += height * (_length(mask_spans) - common)
    return bare, covered, beyond


def _sides(polygon: Polygon) -> list[Segment]:
    return [(polygon[index - 1], corner) for index, corner in enumerate(polygon)]


def _levels(sides: list[Segment]) -> list[float]:
    """The heights at which slabs begin and end."""
    corners = {y for side in sides for _, y in side}
    if len(sides) > _EXACT_SIDES:
        top, bottom = min(corners), max(corners)
        return [top + (bottom - top) * line / _LINES for line in range(_LINES + 1)]
    crossings = (_crossing_y(first, second) for index, first in enumerate(sides) for second in sides[index + 1 :])
    return sorted(corners.union(y for y in crossings if y is not None))


def _crossing_y(first: Segment, second: Segment) -> float | None:
    """Height at which two sides cross, or None when they do not cross in one inner point."""
    (x1, y1), (x2, y2) = first
    (x3, y3), (x4, y4) = second
    denominator = (x2 - x1) * (y4 - y3) - (y2 - y1) * (x4 - x3)
    if denominator == 0:
        return None
    along_first = ((x3 - x1) * (y4 - y3) - (y3 - y1) * (x4 - x3)) / denominator
    along_second = ((x3 - x1) * (y2 - y1) - (y3 - y1) * (x2 - x1)) / denominator
    if 0 < along_first < 1 and 0 < along_second < 1:
        return y1 + along_first * (y2 - y1)
    return None


def _spans(sides: list[Segment], y: float) -> list[Span]:
    """The stretches of the horizontal line at `y` that lie inside a polygon (even-odd rule)."""
    xs = sorted(x0 + (y - y0) * (x1 - x0) / (y1 - y0) for (x0, y0), (x1, y1) in sides if (y0 > y) != (y1 > y))
    return list(zip(xs[::2], xs[1::2], strict=True))


def _union(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for left, right in sorted(spans):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    return merged


def _common(first: list[Span], second: list[Span]) -> float:
    """Length that two sorted lists of spans have in common."""
    return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in first for b in second)


def _length(spans: list[Span]) -> float:
    return sum(right - left for left, right in spans)
