"""A drawing has few marks however many sites there are, loses none of them, and draws nothing out of its place."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence

import pytest

from agent.hub.domain.rows.city_map import Outline, Point
from agent.hub.views.city_map import STATES, PlacedSite, State
from agent.hub.web import maps
from agent.hub.web.maps import HEIGHT, MARKS_MOST, PATH_POINTS_MOST, WIDTH, Box, drawn, shape

DATONG = (113.3, 40.08)
SQUARE = ((113.2, 40.0), (113.4, 40.0), (113.4, 40.2), (113.2, 40.2), (113.2, 40.0))


def placed(number: int, at: Point, state: State = "clear") -> PlacedSite:
    return PlacedSite(f"S{number:05}", *at, "140202", state, int(state == "fail"), 0, 0, "")


def scattered(count: int, spread: float, seed: int = 1) -> list[PlacedSite]:
    rng = random.Random(seed)
    found = [
        placed(number, (rng.gauss(DATONG[0], spread), rng.gauss(DATONG[1], spread)), rng.choice(STATES))
        for number in range(count)
    ]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.site))


def points_of(path: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in re.findall(r"(-?\d+),(-?\d+)", path)]


@pytest.mark.parametrize("count", [1, 2, 30, 1000, 10_000])
@pytest.mark.parametrize("spread", [0.0, 1e-6, 0.05, 1.0])
def test_every_site_is_in_one_mark_and_marks_are_few_and_apart(count: int, spread: float) -> None:
    sites = scattered(count, spread)
    drawing = drawn(sites, ())
    assert drawing is not None and len(drawing.marks) <= MARKS_MOST
    assert sorted(one.site for mark in drawing.marks for one in mark.sites) == sorted(one.site for one in sites)
    places = [(mark.x, mark.y) for mark in drawing.marks]
    assert all(math.dist(a, b) > 26 for number, a in enumerate(places) for b in places[:number])
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    for mark in drawing.marks:
        assert mark.state == min((one.state for one in mark.sites), key=STATES.index), "the worst is not hidden"
        assert all(mark.box.has(one.lon, one.lat) for one in mark.sites)


def test_a_part_has_its_own_sites_alone_and_shows_more_of_them() -> None:
    sites = scattered(2000, 0.1)
    whole = drawn(sites, ())
    assert whole is not None
    largest = max(whole.marks, key=lambda mark: len(mark.sites))
    part = drawn(sites, (), largest.box)
    assert part is not None
    shown = [one for mark in part.marks for one in mark.sites]
    assert {one.site for one in largest.sites} <= {one.site for one in shown}
    assert len(part.marks) > 5
    assert all(part.box.has(one.lon, one.lat) for one in shown)


def test_sites_at_one_place_are_one_mark_in_the_nearest_part_too() -> None:
    sites = [placed(number, DATONG) for number in range(40)]
    drawing = drawn(sites, ())
    for _ in range(3):
        assert drawing is not None and [len(mark.sites) for mark in drawing.marks] == [40]
        drawing = drawn(sites, (), drawing.marks[0].box)


def test_east_is_right_north_is_above_and_lengths_are_alike() -> None:
    lon, lat = DATONG
    narrow = math.cos(math.radians(lat))
    sites = [placed(0, DATONG), placed(1, (lon + 0.1 / narrow, lat)), placed(2, (lon, lat + 0.1))]
    drawing = drawn(sites, ())
    assert drawing is not None
    at = {mark.sites[0].site: (mark.x, mark.y) for mark in drawing.marks}
    right, up = at["S00001"][0] - at["S00000"][0], at["S00000"][1] - at["S00002"][1]
    assert right > 0 and up > 0 and right == pytest.approx(up, rel=0.01)


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn((), ()) is None
    assert drawn((), (Outline("", (SQUARE,)),)) is not None


def test_shapes_differ_without_colour() -> None:
    assert len({shape(state, 8) for state in STATES}) == len(STATES)


def reaching(outlines: Sequence[Outline], box: Box) -> list[list[tuple[int, int]]]:
    drawing = drawn([placed(0, DATONG)], outlines, box)
    assert drawing is not None
    return [points_of(one.path) for one in drawing.districts]


def test_a_district_is_cut_to_the_drawing() -> None:
    outline = Outline("Pingcheng", (SQUARE,))
    for box in (Box(113.25, 40.05, 113.27, 40.06), Box(113.1, 40.1, 113.3, 40.15), Box(113.39, 40.19, 113.5, 40.3)):
        (points,) = reaching((outline,), box)
        assert all(-13 <= x <= WIDTH + 13 and -13 <= y <= HEIGHT + 13 for x, y in points)
    assert reaching((outline,), Box(114.0, 40.0, 114.1, 40.1)) == [], "one that is elsewhere is left out"


def test_districts_of_many_points_make_a_short_path() -> None:
    rings = tuple(
        tuple(
            (113.3 + 0.1 * math.cos(a / 500 * math.pi), 40.1 + 0.1 * math.sin(a / 500 * math.pi)) for a in range(1001)
        )
        for _ in range(12)
    )
    drawing = drawn((), tuple(Outline(f"D{number}", (ring,)) for number, ring in enumerate(rings)))
    assert drawing is not None
    assert sum(len(points_of(one.path)) for one in drawing.districts) <= PATH_POINTS_MOST
    assert all(one.at is not None for one in drawing.districts)
    assert len("".join(one.path for one in drawing.districts)) < 40_000


def test_a_name_is_where_its_district_is_seen() -> None:
    drawing = drawn((), (Outline("Pingcheng", (SQUARE,)),), Box(113.3, 40.1, 113.32, 40.11))
    assert drawing is not None and drawing.districts[0].at == (WIDTH // 2, HEIGHT // 2)
    far = drawn((), (Outline("Pingcheng", (SQUARE,)),), Box(105.0, 35.0, 120.0, 45.0))
    assert far is not None and far.districts[0].at is None, "no room for it"
    assert maps.NAMES_MOST * 40 < 10_000
