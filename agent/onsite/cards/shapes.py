"""Decides which shapes of a device's grid hide a zone: as few and as small as its page can take."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.onsite.cards.cover import pieces
from agent.onsite.cards.grid import Cell, Grid, corners
from agent.onsite.cards.outline import BARE_MOST, fan, four_cornered, outward
from masking.coverage import hidden_beyond, uncovered_ratio
from masking.geometry import area, bounding_box
from masking.model import Point, Polygon

WORTH: Final = 0.02
"""What one more mask to draw has to save, as a share of the zone's own area: below that it is not worth the hand."""

Shape = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Shapes of a grid that hide a zone. `too_much`: share of the picture (0..1) that they hide beyond it.

    `left_bare`: share of the zone (0..1) that they leave bare; above 0 only where that is the rounding of floats.
    """

    shapes: tuple[Shape, ...]
    too_much: float
    left_bare: float


def draw(zone: Polygon, grid: Grid, most: int, corners_most: int = 0, corners_least: int = 3) -> Drawn:
    """Return the shapes that hide a zone whole and as little as feasible beyond it.

    Args:
        zone: A simple polygon in 0..1 of the picture.
        grid: How the device counts.
        most: How many masks there may be, from 1.
        corners_most: How many corners a mask may have; below 4: upright rectangles only.
        corners_least: How many it must have.
    """
    price = WORTH * area(zone)
    found = [
        _measured(zone, grid, shapes)
        for shapes in _candidates(zone, grid, most, corners_most, corners_least)
        if len(shapes) <= most
    ]
    return min(
        (one for one in found if one.left_bare <= BARE_MOST),
        key=lambda one: (one.too_much + price * len(one.shapes), len(one.shapes)),
    )


def _candidates(
    zone: Polygon, grid: Grid, most: int, corners_most: int, corners_least: int
) -> Iterator[tuple[Shape, ...]]:
    yield (_rectangle(grid, zone),)
    if corners_most >= 4 and len(zone) <= corners_most:
        itself = outward(zone, grid, corners_least)
        if itself is not None:
            yield (itself,)
            return
    parts = pieces(zone, most, WORTH * area(zone))
    yield tuple(_rectangle(grid, part) for part in parts)
    if corners_most >= 4:
        yield (_closest(grid, zone, corners_least),)
        yield tuple(_closest(grid, part, corners_least) for part in parts)
        if convex := fan(zone):
            yield tuple(_closest(grid, part, corners_least) for part in convex)


def _rectangle(grid: Grid, part: tuple[Point, ...]) -> Shape:
    return corners(grid.outward(bounding_box(part)))


def _closest(grid: Grid, part: tuple[Point, ...], least: int) -> Shape:
    """Return the smaller one of the four-cornered outline and the rectangle around a part."""
    rectangle, outline = _rectangle(grid, part), four_cornered(part)
    rounded = outward(outline, grid, least) if outline is not None else None
    if rounded is None or area(grid.polygon(rounded)) >= area(grid.polygon(rectangle)):
        return rectangle
    return rounded


def _measured(zone: Polygon, grid: Grid, shapes: tuple[Shape, ...]) -> Drawn:
    polygons = [grid.polygon(shape) for shape in shapes]
    return Drawn(shapes, hidden_beyond(zone, polygons), uncovered_ratio(zone, polygons))
