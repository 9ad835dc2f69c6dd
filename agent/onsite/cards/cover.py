"""Finds at most a few upright rectangles that together hide a zone whole, and as little beyond it as is feasible.

The zone is rasterized onto lines through its corners and between them; each cell that it touches counts as all of it,
so that nothing is left bare. A rectangle is cut in two, the halves shrink to what is in them, and so on (a guillotine
partition). Among strips in either direction, searched cuts and greedy cuts the smallest sum wins.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import Final

from agent.onsite.cards.grid import Box
from masking.geometry import bounding_box
from masking.model import Point, Polygon

LINES: Final = 48
"""Lines in either direction at which a zone may be cut: through corners first, then evenly spaced."""

BEAM: Final = 4
"""How many first cuts are followed: beyond two rectangles all of them save next to nothing, and cost fifty times."""

SEARCHED_MOST: Final = 4
"""Up to this many rectangles cuts are searched; beyond, strips and greedy cuts alone decide."""

Region = tuple[int, int, int, int]
"""Left, top, right, bottom, as numbers of lines."""

Trapezoid = tuple[Point, Point, Point, Point]
"""A part of a zone between two heights: upper left, upper right, lower right, lower left."""


@lru_cache(512)
def pieces(zone: Polygon, most: int, worth: float = 0.0) -> tuple[tuple[Point, ...], ...]:
    """Cut a zone into at most `most` parts, so that the rectangles around them hide as little beyond it as is feasible.

    Args:
        zone: A simple polygon in 0..1 of the picture.
        most: How many parts there may be, from 1.
        worth: The share of the picture (0..1) that each further part has to save.

    Returns:
        For each part corners of the zone inside it, in no order: their bounding box, and their convex hull, hold it.

    Kept for the zones of a site: a page that shows a card again asks for the same, and a cut takes some 10 ms.
    """
    raster = _Raster(zone)
    found = min((_sum(raster, one) + worth * len(one), len(one), one) for one in _candidates(raster, most))[2]
    parts = [tuple(_inside(raster, region)) for region in found]
    return tuple(part for part in parts if part)


def boxes(parts: tuple[tuple[Point, ...], ...]) -> tuple[Box, ...]:
    """Return the rectangle around each part."""
    return tuple(bounding_box(part) for part in parts)


Halves = tuple[float, Region, Region]
"""The two halves of a region, behind the sum of their areas."""


class _Raster:
    """A zone on its lines: which cells it touches, as bits of whole numbers."""

    def __init__(self, zone: Polygon) -> None:
        left, top, right, bottom = bounding_box(zone)
        self.zone = zone
        self.xs = _lines([x for x, _ in zone], left, right)
        self.ys = _lines([y for _, y in zone], top, bottom)
        self.slabs = [tuple(_trapezoids(zone, *band)) for band in pairwise(self.ys)]
        rows = [_touched(slab, self.xs) for slab in self.slabs]
        columns = [
            sum(1 << number for number, row in enumerate(rows) if row >> column & 1)
            for column in range(len(self.xs) - 1)
        ]
        self._across, self._down = _unions(rows), _unions(columns)
        self.whole: Region = (0, 0, len(columns), len(rows))
        self._halves: dict[Region, list[Halves]] = {}

    def shrunk(self, region: Region) -> Region | None:
        """Shrink a region to the cells that the zone touches; None where there is none."""
        left, top, right, bottom = region  # written out: a cover asks for this thousands of times
        across = self._across[top][bottom] & ((1 << right) - (1 << left))
        if not across:
            return None
        left, right = (across & -across).bit_length() - 1, across.bit_length()
        down = self._down[left][right] & ((1 << bottom) - (1 << top))
        return left, (down & -down).bit_length() - 1, right, down.bit_length()

    def area(self, region: Region) -> float:
        """Return a region's area."""
        left, top, right, bottom = region
        return (self.xs[right] - self.xs[left]) * (self.ys[bottom] - self.ys[top])

    def halves(self, region: Region) -> list[Halves]:
        """Cut a region in two at each of its lines; halves without anything of the zone are not returned.

        Each pair comes with the sum of its areas. Greedy and searched cuts come to the same regions again and again.
        """
        known = self._halves.get(region)
        if known is None:
            known = self._halves[region] = list(self._cut_at_each_line(region))
        return known

    def _cut_at_each_line(self, region: Region) -> Iterator[Halves]:
        left, top, right, bottom = region
        pairs: list[tuple[Region, Region]] = [
            *(((left, top, line, bottom), (line, top, right, bottom)) for line in range(left + 1, right)),
            *(((left, top, right, line), (left, line, right, bottom)) for line in range(top + 1, bottom)),
        ]
        for first, second in pairs:
            one, other = self.shrunk(first), self.shrunk(second)
            if one is not None and other is not None:
                yield self.area(one) + self.area(other), one, other


Cuts = tuple[Region, ...]


def _candidates(raster: _Raster, most: int) -> Iterator[Cuts]:
    whole = raster.shrunk(raster.whole) or raster.whole
    yield (whole,)
    yield from _greedy(raster, whole, most)
    yield from _strips(raster, most, upright=False)
    yield from _strips(raster, most, upright=True)
    yield from _searched(raster, whole, min(most, SEARCHED_MOST))


def _sum(raster: _Raster, regions: Cuts) -> float:
    return sum(map(raster.area, regions))


def _greedy(raster: _Raster, whole: Region, most: int) -> Iterator[Cuts]:
    """Cut again and again where that saves the most."""
    cuts: Cuts = (whole,)
    while len(cuts) < most:
        saved, place, halves = 0.0, -1, (whole, whole)
        for number, region in enumerate(cuts):
            whole_area = raster.area(region)
            for both, one, other in raster.halves(region):
                if whole_area - both > saved:
                    saved, place, halves = whole_area - both, number, (one, other)
        if place < 0:
            return
        cuts = (*cuts[:place], *halves, *cuts[place + 1 :])
        yield cuts


def _strips(raster: _Raster, most: int, *, upright: bool) -> Iterator[Cuts]:
    """Cut into parallel strips; the best ones, by dynamic programming over the lines."""
    _, _, columns, rows = raster.whole
    count = columns if upright else rows

    def strip(low: int, high: int) -> Region | None:
        return raster.shrunk((low, 0, high, rows) if upright else (0, low, columns, high))

    known = [
        (low, high, raster.area(found), found)
        for low in range(count)
        for high in range(low + 1, count + 1)
        if (found := strip(low, high)) is not None
    ]
    nothing: Cuts = ()
    best = [(0.0, nothing)] + [(float("inf"), nothing)] * count
    for _ in range(most):
        following = list(best)
        for low, high, own, region in known:
            area, cuts = best[low]
            if area + own < following[high][0]:
                following[high] = area + own, (*cuts, region)
        best = following
        yield best[count][1]


def _searched(raster: _Raster, whole: Region, most: int) -> Iterator[Cuts]:
    """Search cuts: all of them for two rectangles, the most promising first ones beyond."""

    @cache
    def best(region: Region, most: int) -> tuple[float, Cuts]:
        found: tuple[float, Cuts] = raster.area(region), (region,)
        if most == 1:
            return found
        # Sorting keeps the order of equal sums; of two rectangles no other cut than the first can be the best.
        pairs = sorted(raster.halves(region), key=itemgetter(0))[: BEAM if most > 2 else 1]
        for _, one, other in pairs:
            for share in range(1, most):
                first = best(one, share)
                if first[0] < found[0]:
                    second = best(other, most - share)
                    if first[0] + second[0] < found[0]:
                        found = first[0] + second[0], (*first[1], *second[1])
        return found

    return (best(whole, count)[1] for count in range(2, most + 1))


def _lines(through: list[float], low: float, high: float) -> list[float]:
    """Return the lines of one direction: through corners, as far as there is room, and evenly between."""
    corners = sorted(set(through))
    if len(corners) > LINES // 2:
        corners = [corners[round(n * (len(corners) - 1) / (LINES // 2 - 1))] for n in range(LINES // 2)]
    spare = LINES - len(corners)
    even = (low + (high - low) * number / spare for number in range(1, spare))
    return sorted({low, high, *corners, *even})


def _trapezoids(zone: Polygon, top: float, bottom: float) -> Iterator[Trapezoid]:
    """Cut the part of a zone between two heights into trapezoids: no corner lies inside one."""
    levels = sorted({top, bottom, *(y for _, y in zone if top < y < bottom)})
    sides = [(zone[number - 1], corner) for number, corner in enumerate(zone)]
    for upper, lower in pairwise(levels):
        middle = (upper + lower) / 2
        crossing = [side for side in sides if (side[0][1] > middle) != (side[1][1] > middle)]
        ends = sorted((_at(side, middle), _at(side, upper), _at(side, lower)) for side in crossing)
        for one, other in zip(ends[::2], ends[1::2], strict=True):
            yield (one[1], upper), (other[1], upper), (other[2], lower), (one[2], lower)


def _at(side: tuple[Point, Point], y: float) -> float:
    """Return where a side that is not level is at a height."""
    (x0, y0), (x1, y1) = side
    return min(max(x0 + (y - y0) * (x1 - x0) / (y1 - y0), min(x0, x1)), max(x0, x1))


def _touched(slab: tuple[Trapezoid, ...], xs: list[float]) -> int:
    found = 0
    for shape in slab:
        left, right = min(x for x, _ in shape), max(x for x, _ in shape)
        for number, (low, high) in enumerate(pairwise(xs)):
            if left < high and right > low:
                found |= 1 << number
    return found


def _unions(rows: list[int]) -> list[list[int]]:
    """Return the union of each stretch of rows: `unions[first][after the last]`."""
    found = []
    for first in range(len(rows)):
        union, line = 0, [0] * (first + 1)
        for row in rows[first:]:
            union |= row
            line.append(union)
        found.append(line)
    return found


def _inside(raster: _Raster, region: Region) -> Iterator[Point]:
    """Return the corners of what a region holds of the zone: of each trapezoid, cut at the region's sides."""
    left, top, right, bottom = region
    low, high = raster.xs[left], raster.xs[right]
    for slab in raster.slabs[top:bottom]:
        for shape in slab:
            yield from _cut(_cut(shape, low, 1.0), high, -1.0)


def _cut(shape: tuple[Point, ...], at: float, side: float) -> tuple[Point, ...]:
    """Cut a convex shape at an upright line; what lies to its right (`side` 1) or left (-1) remains.

    Source: Sutherland and Hodgman, Reentrant polygon clipping, 1974.
    """
    found: list[Point] = []
    for number, (x, y) in enumerate(shape):
        before = shape[number - 1]
        if (before[0] - at) * side < 0 < (x - at) * side or (x - at) * side < 0 < (before[0] - at) * side:
            found.append((at, before[1] + (y - before[1]) * (at - before[0]) / (x - before[0])))
        if (x - at) * side >= 0:
            found.append((x, y))
    return tuple(found)
