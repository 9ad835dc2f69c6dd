"""Finds outlines on a device's grid around a zone, and four-cornered ones around parts of it; rounding is outwards."""

import math
from collections.abc import Iterable
from itertools import islice, pairwise, product
from typing import Final

from agent.onsite.cards.grid import ROUNDING, Cell, Grid
from masking.coverage import uncovered_ratio
from masking.geometry import GeometryError, validate, without_repeats
from masking.model import Point, Polygon

BARE_MOST: Final = 1e-9
"""Share of a zone below which what seems bare is the rounding of floats."""

_STEPS: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""How far an outline is moved outwards before it is rounded, in steps of the grid: the first that hides all counts."""


_SLIDES: Final = (0, 1, -1, 2, -2, 4, -4)
"""How far a corner that had to leave the picture is moved along its edge instead, in steps of the grid."""

_TRIES: Final = 49
"""How many combinations of such corners are tried."""


def outward(zone: Polygon, grid: Grid, least: int = 3) -> tuple[Cell, ...] | None:
    """Round an outline onto the grid so that it hides the zone whole; None where no rounding with its corners does.

    Args:
        zone: A simple polygon in 0..1 of the picture.
        grid: The device's grid.
        least: How many corners the device asks for: further ones are put on the longest sides.
    """
    scaled = tuple((x * grid.columns, y * grid.rows) for x, y in zone)
    while len(scaled) < least:
        scaled = _with_another_corner(scaled)
    for step in _STEPS:
        choices = [_rounded(point, grid) for point in _moved(scaled, step)]
        for cells in islice(product(*choices), _TRIES):
            outline = grid.polygon(cells)
            if len(without_repeats(outline)) == len(scaled) and _holds(outline, zone):
                return cells
    return None


def _rounded(point: Point, grid: Grid) -> tuple[Cell, ...]:
    """Return the points of the grid to try for a corner: the nearest; at the edge of the picture some along it too."""
    x, y = round(point[0]), round(point[1])
    column, row = min(max(x, 0), grid.columns), min(max(y, 0), grid.rows)
    if (x, y) == (column, row):
        return ((column, row),)
    along = ((column, row + slid) if x != column else (column + slid, row) for slid in _SLIDES)
    return tuple(cell for cell in along if 0 <= cell[0] <= grid.columns and 0 <= cell[1] <= grid.rows)


def four_cornered(part: Iterable[Point]) -> Polygon | None:
    """Return a small four-cornered outline around points; None where it would leave the picture or has no area.

    Their convex hull loses side after side, always the one whose neighbours, prolonged, add least.
    """
    hull = convex_hull(part)
    while len(hull) > 4:
        shorter = [one for one in map(_without_side, [hull] * len(hull), range(len(hull))) if one is not None]
        if not shorter:
            return None
        hull = min(shorter, key=_area)
    return hull if len(hull) >= 3 and all(0 <= x <= 1 and 0 <= y <= 1 for x, y in hull) else None


def fan(zone: Polygon) -> tuple[Polygon, ...]:
    """Cut a convex zone into four-cornered parts (the last may have three) from one corner; none of another zone."""
    hull = convex_hull(zone)
    if len(hull) != len(without_repeats(zone)) or len(hull) < 4:
        return ()
    return tuple((hull[0], *hull[at : at + 3]) for at in range(1, len(hull) - 1, 2))


def convex_hull(points: Iterable[Point]) -> Polygon:
    """Return the convex hull of points, without corners on a straight side.

    Source: Andrew, Another efficient algorithm for convex hulls in two dimensions, 1979.
    """
    ordered = sorted(set(points))
    chains = []
    for line in (ordered, ordered[::-1]):
        chain: list[Point] = []
        for point in line:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 1e-12:
                chain.pop()
            chain.append(point)
        chains += chain[:-1]
    return tuple(chains)


def _holds(outline: Polygon, zone: Polygon) -> bool:
    try:
        validate(outline)
    except GeometryError:
        return False
    return uncovered_ratio(zone, (outline,)) <= BARE_MOST


def _with_another_corner(outline: Polygon) -> Polygon:
    sides = list(pairwise((*outline, outline[0])))
    longest = max(range(len(sides)), key=lambda number: math.dist(*sides[number]))
    (x0, y0), (x1, y1) = sides[longest]
    return (*outline[: longest + 1], ((x0 + x1) / 2, (y0 + y1) / 2), *outline[longest + 1 :])


def _moved(outline: Polygon, step: float) -> Polygon:
    """Move each side of an outline outwards by `step`, and return the corners where neighbours meet."""
    if not step:
        return outline
    out = step if _area(outline) > 0 else -step
    sides = [_side_moved(before, corner, out) for before, corner in zip((outline[-1], *outline), outline, strict=False)]
    return tuple(
        _meeting(side, following) or side[1] for side, following in zip(sides, (*sides[1:], sides[0]), strict=True)
    )


def _side_moved(start: Point, end: Point, out: float) -> tuple[Point, Point]:
    length = math.dist(start, end) or 1.0
    across, down = (end[1] - start[1]) / length * out, (start[0] - end[0]) / length * out
    return (start[0] + across, start[1] + down), (end[0] + across, end[1] + down)


def _meeting(one: tuple[Point, Point], other: tuple[Point, Point]) -> Point | None:
    """Return where two lines meet; None where they run alike, or meet far from the corner between them."""
    (x1, y1), (x2, y2) = one
    (x3, y3), (x4, y4) = other
    across = (x2 - x1) * (y4 - y3) - (y2 - y1) * (x4 - x3)
    if abs(across) < 1e-9:
        return None
    along = ((x3 - x1) * (y4 - y3) - (y3 - y1) * (x4 - x3)) / across
    meeting = x1 + along * (x2 - x1), y1 + along * (y2 - y1)
    return meeting if math.dist(meeting, (x2, y2)) <= _FARTHEST else None


_FARTHEST: Final = 40.0
"""How far a moved corner may lie from where it was, in steps of the grid: a needle's point is cut off."""


def _without_side(hull: Polygon, number: int) -> Polygon | None:
    """Drop one side of a convex outline: its neighbours are prolonged until they meet; None where they never do."""
    before, start, end, after = (hull[(number + ahead) % len(hull)] for ahead in range(-1, 3))
    across = (start[0] - before[0]) * (after[1] - end[1]) - (start[1] - before[1]) * (after[0] - end[0])
    if across <= 1e-12:
        return None
    along = ((end[0] - before[0]) * (after[1] - end[1]) - (end[1] - before[1]) * (after[0] - end[0])) / across
    meeting = before[0] + along * (start[0] - before[0]), before[1] + along * (start[1] - before[1])
    if not all(-ROUNDING <= share <= 1 + ROUNDING for share in meeting):
        return None
    kept = (min(max(meeting[0], 0.0), 1.0), min(max(meeting[1], 0.0), 1.0))
    return tuple(kept if corner == start else corner for corner in hull if corner != end)


def _area(outline: Polygon) -> float:
    return sum(outline[n - 1][0] * y - x * outline[n - 1][1] for n, (x, y) in enumerate(outline)) / 2


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
