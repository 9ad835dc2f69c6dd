"""Calculates which zones a mask no longer covers once the camera has moved. Pure Python: areas, not pictures.

A zone belongs to the scene, a device's mask to the picture: when the camera moves, the zone moves and the mask stays.
The zone is moved as the scene was, and the part that no mask covers is measured.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from masking.coverage import uncovered_ratio
from masking.geometry import area, without_repeats
from masking.model import Point, Polygon
from masking.view.model import Movement


@dataclass(frozen=True, slots=True)
class ZoneAfterMove:
    """A zone after the camera moved.

    `polygon`: where it is now, in 0..1, clipped at the picture's edge; empty when out of the picture. `in_view_ratio`:
    the share of it that is still in the picture. `uncovered_ratio`: the share of that part that no mask covers;
    `uncovered_before_ratio`: the same before the move. Both 0 for a zone that is out of the picture.
    """

    polygon: Polygon
    in_view_ratio: float
    uncovered_before_ratio: float
    uncovered_ratio: float


def zone_after(movement: Movement, aspect: float, zone: Polygon, masks: Sequence[Polygon]) -> ZoneAfterMove:
    """Move a zone as the scene was moved, and measure the part that no mask covers.

    Args:
        movement: From the approved view to the picture.
        aspect: The picture's width over its height: a turn is no turn in 0..1 coordinates.
        zone: What must be hidden, in the approved picture, 0..1.
        masks: The device's masks, in the picture, 0..1: they do not move.
    """
    moved = tuple(moved_point(movement, aspect, point) for point in zone)
    whole = area(moved)
    seen = clipped(moved)
    before = uncovered_ratio(zone, masks)
    if len(seen) < 3 or area(seen) <= 0 or whole <= 0:
        return ZoneAfterMove((), 0.0, before, 0.0)
    return ZoneAfterMove(seen, min(area(seen) / whole, 1.0), before, uncovered_ratio(seen, masks))


def moved_point(movement: Movement, aspect: float, point: Point) -> Point:
    """Where a point of the approved picture is found in the picture, both in 0..1 (or outside of it)."""
    turn, zoom = math.radians(movement.rotation_deg), 1 + movement.zoom_percent / 100
    # In widths of the picture, from its middle.
    x, y = point[0] - 0.5, (point[1] - 0.5) / aspect
    right = zoom * (math.cos(turn) * x - math.sin(turn) * y) + movement.right_percent / 100
    down = zoom * (math.sin(turn) * x + math.cos(turn) * y) + movement.down_percent / 100
    return right + 0.5, down * aspect + 0.5


def clipped(polygon: Polygon) -> Polygon:
    """A polygon's part in the picture; concave ones may get sides along its edge. Source: Sutherland, Hodgman 1974."""
    for axis, limit, sign in ((0, 0.0, 1), (0, 1.0, -1), (1, 0.0, 1), (1, 1.0, -1)):
        kept: list[Point] = []
        for index, end in enumerate(polygon):
            start = polygon[index - 1]
            inside_start, inside_end = sign * (start[axis] - limit) >= 0, sign * (end[axis] - limit) >= 0
            if inside_start != inside_end:
                along = (limit - start[axis]) / (end[axis] - start[axis])
                other = start[1 - axis] + along * (end[1 - axis] - start[1 - axis])
                kept.append((limit, other) if axis == 0 else (other, limit))
            if inside_end:
                kept.append(end)
        polygon = tuple(kept)
    return without_repeats(polygon) if len(polygon) >= 3 else ()
