"""Nothing of a zone stays bare, and no cover hides more than the rectangle around the zone would."""

from __future__ import annotations

import random
from functools import cache

import cv2
import numpy as np
import pytest
from zones_made import rectangle, star, steps, stripe, zones

from agent.onsite.cards.cover import boxes, pieces
from agent.onsite.cards.grid import Grid, corners
from agent.onsite.cards.makers import MAKERS
from agent.onsite.cards.shapes import WORTH, Drawn, draw
from masking.coverage import hidden_beyond, uncovered_ratio
from masking.geometry import area, bounding_box
from masking.model import Polygon

GRIDS = {name: maker.grid for name, maker in MAKERS.items()} | {"coarse": Grid(64, 36), "704 x 480": Grid(704, 480)}
ZONES = tuple(zones(200))


def around(zone: Polygon, grid: Grid) -> float:
    """Return what the rectangle around a zone, rounded outwards, hides beyond it: the peer."""
    return hidden_beyond(zone, [grid.polygon(corners(grid.outward(bounding_box(zone))))])


def painted(polygons: list[Polygon], width: int = 1920, height: int = 1080) -> np.ndarray:
    """Paint polygons by OpenCV: an independent word on what is hidden."""
    canvas = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        points = np.array([(x * width * 16, y * height * 16) for x, y in polygon]).round().astype(np.int32)
        cv2.fillPoly(canvas, [points], 255, shift=4)
    return canvas > 0


@pytest.mark.parametrize(("grid", "corners_most"), [("hikvision", 0), ("hikvision", 4), ("coarse", 0)])
def test_200_zones_are_hidden_whole_and_never_by_more_than_the_rectangle_around_them(
    grid: str, corners_most: int
) -> None:
    drawn = [draw(zone, GRIDS[grid], 4, corners_most, 4) for zone in ZONES]
    peers = [around(zone, GRIDS[grid]) for zone in ZONES]
    assert [one.left_bare for one in drawn if one.left_bare > 1e-9] == []
    assert [(one.too_much, peer) for one, peer in zip(drawn, peers, strict=True) if one.too_much > peer + 1e-9] == []
    assert all(1 <= len(one.shapes) <= 4 for one in drawn)
    most = 0.5 if grid == "coarse" else 0.35 if not corners_most else 0.12
    assert sum(one.too_much for one in drawn) < most * sum(peers)


@pytest.mark.parametrize("most", [1, 3, 4, 7])
def test_more_masks_never_hide_more(most: int) -> None:
    for zone in ZONES[:12]:
        fewer, more = (draw(zone, GRIDS["dahua"], count) for count in (most, most + 1))
        price = WORTH * area(zone)
        assert more.too_much <= fewer.too_much + price + 1e-9
        assert len(more.shapes) <= most + 1


@pytest.mark.parametrize("corners_most", [0, 4])
def test_opencv_sees_no_bare_pixel(corners_most: int) -> None:
    """Painted at 1080p, every pixel of the zone that is not on its outline is below a mask."""
    for zone in ZONES[::10]:
        drawn = draw(zone, GRIDS["hikvision"], 4, corners_most, 4)
        hidden = painted([GRIDS["hikvision"].polygon(shape) for shape in drawn.shapes])
        inner = cv2.erode(painted([zone]).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert not (inner & ~hidden).any()
        beyond = (hidden & ~painted([zone])).mean()
        assert drawn.too_much == pytest.approx(beyond, abs=0.004)


def test_stairs_are_hidden_without_anything_beyond_them() -> None:
    rng = random.Random(3)
    for _ in range(50):
        zone = steps(rng)
        found = [rectangle(*box) for box in boxes(pieces(zone, 3))]
        assert hidden_beyond(zone, found) < 1e-9 and uncovered_ratio(zone, found) < 1e-9


def test_four_corners_hide_a_slanted_strip_with_a_tenth_of_what_rectangles_hide_beyond_it() -> None:
    rng = random.Random(5)
    strips = [stripe(rng) for _ in range(20)]
    by_rectangles, by_corners = (
        [draw(zone, GRIDS["hikvision"], 4, most, 4) for zone in strips] for most in (0, 4)
    )  # fmt: skip
    assert sum(one.too_much for one in by_corners) < 0.1 * sum(one.too_much for one in by_rectangles)
    assert {len(one.shapes) for one in by_corners} == {1}


def test_a_mask_that_saves_next_to_nothing_is_not_drawn() -> None:
    """A notch of a few thousandths is not worth one more mask to draw by hand."""
    notched = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.101), (0.9, 0.101), (0.9, 0.9), (0.1, 0.9))
    assert len(draw(notched, GRIDS["dahua"], 4).shapes) == 1


@pytest.mark.parametrize("name", GRIDS)
def test_rounding_is_outwards_and_stays_in_the_picture(name: str) -> None:
    grid = GRIDS[name]
    rng = random.Random(11)
    for _ in range(300):
        left, right = sorted((rng.random(), rng.random()))
        top, bottom = sorted((rng.choice([0.0, rng.random()]), rng.choice([1.0, rng.random()])))
        found = grid.outward((left, top, right, bottom))
        (low_x, low_y), (high_x, high_y) = grid.point(found[:2]), grid.point(found[2:])
        assert 0 <= low_x <= left + 1e-9 and right - 1e-9 <= high_x <= 1
        assert 0 <= low_y <= top + 1e-9 and bottom - 1e-9 <= high_y <= 1
        assert high_x - right < 1 / grid.columns + 1e-9 or found[2] - found[0] == 1


@pytest.mark.parametrize("name", GRIDS)
def test_what_lies_on_the_grid_already_does_not_grow(name: str) -> None:
    """A mask of the device that becomes a zone is the same mask again, be its fractions read from above or below."""
    grid = GRIDS[name]
    for at in range(1, min(grid.columns, grid.rows)):
        across, down = at / grid.columns, 1 - (grid.rows - at) / grid.rows
        assert grid.outward((0.0, 0.0, across, down)) == (0, 0, at, at)
        assert grid.outward((across, down, 1.0, 1.0)) == (at, at, grid.columns, grid.rows)


def test_a_cover_of_a_star_is_near_the_best_that_two_cuts_can_do() -> None:
    """Against all pairs of cuts on a fine lattice, tried one by one: within a twentieth of the zone."""
    rng = random.Random(2)
    for _ in range(5):
        zone = star(rng, 8)
        left, top, right, bottom = bounding_box(zone)
        lattice = [n / 200 for n in range(201)]
        best = min(
            sum((b[2] - b[0]) * (b[3] - b[1]) for b in halves)
            for cut in lattice[1:-1]
            for halves in (
                clipped_boxes(zone, "x", left + cut * (right - left)),
                clipped_boxes(zone, "y", top + cut * (bottom - top)),
            )
        )
        mine = sum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes(pieces(zone, 2)))
        assert mine <= best + 0.05 * area(zone)


def clipped_boxes(zone: Polygon, axis: str, at: float) -> list[tuple[float, float, float, float]]:
    """Return the boxes around both parts of a zone, from points sampled densely along its outline and the cut."""
    x, y = sampled(zone)
    along = x if axis == "x" else y
    low = along <= at
    parts = [(x[of], y[of]) for of in (low, ~low) if of.any()]
    return [(float(px.min()), float(py.min()), float(px.max()), float(py.max())) for px, py in parts]


@cache
def sampled(zone: Polygon) -> tuple[np.ndarray, np.ndarray]:
    """Return 401 points along each side of a zone: once, each of its cuts asks for them."""
    steps_along = np.arange(401) / 400
    ends = [(zone[number - 1], corner) for number, corner in enumerate(zone)]
    x = np.concatenate([x0 + (x1 - x0) * steps_along for (x0, _), (x1, _) in ends])
    y = np.concatenate([y0 + (y1 - y0) * steps_along for (_, y0), (_, y1) in ends])
    return x, y


def test_what_is_measured_is_what_the_reports_measure() -> None:
    drawn: Drawn = draw(ZONES[0], GRIDS["dahua"], 4)
    shapes = [GRIDS["dahua"].polygon(shape) for shape in drawn.shapes]
    assert drawn.too_much == hidden_beyond(ZONES[0], shapes)
    assert drawn.left_bare == uncovered_ratio(ZONES[0], shapes)
