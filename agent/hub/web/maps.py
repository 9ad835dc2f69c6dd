"""Renders positions and districts as marks and paths of a drawing, which a template draws as SVG. Pure.

The projection is equidistant, with the width of a degree at the middle of the drawing: over a city nobody sees another.
Sites whose marks would touch are one mark, at the worst of them and with the state of the worst; so a drawing has few
marks however many sites there are, and the list below it has every site. What a mark shows is its shape and its colour.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from agent.hub.domain.rows.city_map import Outline, Point
from agent.hub.views.city_map import PlacedSite, State

WIDTH: Final = 640
HEIGHT: Final = 440
MARKS_MOST: Final = 150
PATH_POINTS_MOST: Final = 4000
NAMES_MOST: Final = 60
SPAN_LEAST_DEG: Final = 0.004
"""Of a drawing: some 400 m. Nearer sites are one mark, and stand in the list below."""

_APART: Final = 27.0
_MARGIN_RATIO: Final = 0.06
_NAMED_LEAST: Final = 56
"""A district has its name where it is so wide."""

_OUTSIDE: Final = 12.0
"""Districts are cut off so far outside of the drawing, where nobody sees the cut."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the map, in degrees of WGS-84."""

    west: float
    south: float
    east: float
    north: float

    def text(self) -> str:
        """Return it as addresses have it."""
        return f"{self.west:.5f},{self.south:.5f},{self.east:.5f},{self.north:.5f}"

    def has(self, lon: float, lat: float) -> bool:
        """Return whether a position is in it."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One or more sites in the drawing: the worst first. `shape`: its path around its place; `box`: what they fill.

    `totals`: how many of its sites are in a state; none for a state in which no one is.
    """

    x: float
    y: float
    state: State
    shape: str
    sites: tuple[PlacedSite, ...]
    totals: Mapping[State, int]
    box: Box


@dataclass(frozen=True, slots=True)
class District:
    """A district in the drawing: its path, and where its name is, None: it has no room for one."""

    name: str
    path: str
    at: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A map of a fixed size."""

    box: Box
    marks: tuple[Mark, ...]
    districts: tuple[District, ...]
    width: int = WIDTH
    height: int = HEIGHT


def drawn(sites: Sequence[PlacedSite], outlines: Sequence[Outline], box: Box | None = None) -> Drawing | None:
    """Lay out a map; None where there is nothing to draw.

    Args:
        sites: The worst first.
        outlines: Behind them.
        box: Only this part; None: where the sites are, without any where the districts are.
    """
    is_whole = box is None
    box = box or _around([(one.lon, one.lat) for one in sites] or [p for o in outlines for r in o.rings for p in r])
    if box is None:
        return None
    view = _View(_fitted(box))
    inside = sites if is_whole else [one for one in sites if view.box.has(one.lon, one.lat)]
    return Drawing(
        box=view.box, marks=tuple(_mark(view, of) for of in _grouped(view, inside)),
        districts=tuple(_districts(view, outlines)),
    )  # fmt: skip


SHAPES: Final[dict[State, str]] = {
    "fail": "M0 {m}L{r} 0 0 {r} {m} 0Z",
    "silent": "M{m} {n}H{r}L0 {r}Z",
    "unknown": "M{n} {n}H{h}V{h}H{n}Z",
    "warn": "M0 {m}L{r} {h}H{m}Z",
    "clear": "M{n} 0A{h} {h} 0 1 0 {h} 0A{h} {h} 0 1 0 {n} 0Z",
}
"""A diamond, a triangle that stands on its head, a square, a triangle, a circle: what no colour is needed for."""


def shape(state: State, radius: int) -> str:
    """Return the path of a state's mark around 0, 0."""
    near = round(radius * 0.8)
    return SHAPES[state].format(r=radius, m=-radius, h=near, n=-near)


class _View:
    """The projection of one drawing."""

    def __init__(self, box: Box) -> None:
        self.box, self._scale = box, HEIGHT / (box.north - box.south)
        self._across = WIDTH / (box.east - box.west)

    def place(self, lon: float, lat: float) -> Point:
        """Return where a position is in the drawing."""
        return (lon - self.box.west) * self._across, (self.box.north - lat) * self._scale


def _around(points: Iterable[Point]) -> Box | None:
    """Return what positions fill, with a margin; None for none."""
    found = list(points)
    if not found:
        return None
    lons, lats = [lon for lon, _ in found], [lat for _, lat in found]
    west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    more_lon = max((east - west) * _MARGIN_RATIO, (SPAN_LEAST_DEG - (east - west)) / 2)
    more_lat = max((north - south) * _MARGIN_RATIO, (SPAN_LEAST_DEG - (north - south)) / 2)
    return Box(west - more_lon, south - more_lat, east + more_lon, north + more_lat)


def _fitted(box: Box) -> Box:
    """Return a part that has the shape of the drawing around another one, with lengths alike in both directions."""
    middle_lon, middle_lat = (box.west + box.east) / 2, (box.south + box.north) / 2
    narrow = math.cos(math.radians(middle_lat))
    unit = max((box.east - box.west) * narrow / WIDTH, (box.north - box.south) / HEIGHT, SPAN_LEAST_DEG / HEIGHT)
    half_lon, half_lat = unit * WIDTH / narrow / 2, unit * HEIGHT / 2
    return Box(middle_lon - half_lon, middle_lat - half_lat, middle_lon + half_lon, middle_lat + half_lat)


def _grouped(view: _View, sites: Sequence[PlacedSite]) -> list[list[PlacedSite]]:
    """Group sites whose marks would touch, each with one that has room for a mark; at most so many groups."""
    places = [view.place(one.lon, one.lat) for one in sites]
    apart = _APART
    while len({(x // apart, y // apart) for x, y in places}) > MARKS_MOST:
        apart *= 1.2
    while len(groups := _groups(sites, places, apart)) > MARKS_MOST:
        apart *= 1.2
    return groups


def _groups(sites: Sequence[PlacedSite], places: Sequence[Point], apart: float) -> list[list[PlacedSite]]:
    """Put each site to the first mark that is too near for another one, by cells that are as wide as that."""
    cells: dict[tuple[int, int], list[tuple[float, float, list[PlacedSite]]]] = {}
    groups = []
    for one, (x, y) in zip(sites, places, strict=True):
        column, row = int(x // apart), int(y // apart)
        for at_x, at_y, group in cells.get((column, row), ()):
            if (x - at_x) ** 2 + (y - at_y) ** 2 < apart * apart:
                group.append(one)
                break
        else:
            groups.append([one])
            made = (x, y, groups[-1])
            for near in ((c, r) for c in (column - 1, column, column + 1) for r in (row - 1, row, row + 1)):
                cells.setdefault(near, []).append(made)
    return groups


def _mark(view: _View, of: list[PlacedSite]) -> Mark:
    first = of[0]
    x, y = view.place(first.lon, first.lat)
    filled = _around([(one.lon, one.lat) for one in of])
    return Mark(
        x=round(x, 1), y=round(y, 1), state=first.state, shape=shape(first.state, 13 if len(of) > 1 else 8),
        sites=tuple(of), totals=Counter(map(attrgetter("state"), of)), box=filled or view.box,
    )  # fmt: skip


def _districts(view: _View, outlines: Iterable[Outline]) -> Iterator[District]:
    """Yield the districts that reach into the drawing, with as many points as one may have."""
    found = [
        (one.name, [ring for ring in (_cut([view.place(*p) for p in ring]) for ring in one.rings) if ring])
        for one in outlines
    ]
    step, names = 1, 0
    while sum(len(_rounded(ring, step)) for _, rings in found for ring in rings) > PATH_POINTS_MOST:
        step *= 2
    for name, rings in found:
        kept = [points for ring in rings if len(points := _rounded(ring, step)) > 2]
        if kept:
            at = _named_at(max(kept, key=len)) if name and names < NAMES_MOST else None
            names += at is not None
            yield District(name, "".join("M" + " ".join(f"{x},{y}" for x, y in ring) + "Z" for ring in kept), at)


def _named_at(ring: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the middle of what is seen of a ring, None where it is too narrow for a name."""
    xs, ys = [min(max(x, 0), WIDTH) for x, _ in ring], [min(max(y, 0), HEIGHT) for _, y in ring]
    if max(xs) - min(xs) < _NAMED_LEAST or max(ys) - min(ys) < _NAMED_LEAST / 2:
        return None
    return (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2


def _rounded(ring: Iterable[Point], step: int) -> list[tuple[int, int]]:
    """Return a ring on a grid, without points that fall on the one before."""
    kept: list[tuple[int, int]] = []
    for x, y in ring:
        point = round(x / step) * step, round(y / step) * step
        if not kept or point != kept[-1]:
            kept.append(point)
    return kept


def _cut(ring: Sequence[Point]) -> Sequence[Point]:
    """Return what of a ring lies in the drawing and a little around it.

    Source: I. Sutherland, G. Hodgman, Reentrant Polygon Clipping, 1974: at one edge after the other.
    """
    for axis, edge, sign in (
        (0, -_OUTSIDE, 1),
        (0, WIDTH + _OUTSIDE, -1),
        (1, -_OUTSIDE, 1),
        (1, HEIGHT + _OUTSIDE, -1),
    ):
        kept: list[Point] = []
        for number, point in enumerate(ring):
            before = ring[number - 1]
            is_in, was_in = sign * (point[axis] - edge) >= 0, sign * (before[axis] - edge) >= 0
            if is_in != was_in:
                part = (edge - before[axis]) / (point[axis] - before[axis])
                kept.append((before[0] + part * (point[0] - before[0]), before[1] + part * (point[1] - before[1])))
            if is_in:
                kept.append(point)
        ring = kept
    return ring
