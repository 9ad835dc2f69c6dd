"""Polygons: reading, checking, areas, coverage. Expected values are worked out by hand or by counting points."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S

from masking import coverage, geometry
from masking.geometry import GeometryError
from masking.model import Point, Polygon

SQUARE: Polygon = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
# The letter L: the square without its top right quarter.
ELL: Polygon = ((0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.2, 0.6))


def point_in_polygon(point: Point, polygon: Polygon) -> bool:
    """Whether a point lies inside the polygon (even-odd rule); points exactly on a side may count either way."""
    x, y = point
    inside = False
    for index, (x1, y1) in enumerate(polygon):
        x0, y0 = polygon[index - 1]
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
    return inside


def star(rng: random.Random, corners: int) -> Polygon:
    """A simple polygon that is hardly ever convex."""
    x, y = rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65)
    turns = [2 * math.pi * index / corners for index in range(corners)]
    radii = [0.3 * rng.uniform(0.3, 1) for _ in turns]
    return tuple((x + r * math.cos(t), y + r * math.sin(t)) for r, t in zip(radii, turns, strict=True))


def test_from_onvif_turns_y_around_and_scales_to_0_to_1() -> None:
    corners = geometry.from_onvif([(-1, 1), (0, 1), (0, 0), (-1, 0)])
    assert corners == ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)), "top left quarter"


def test_from_onvif_drops_a_closing_point_and_repeated_points() -> None:
    corners = geometry.from_onvif([(-1, 1), (-1, 1), (1, 1), (1, -1), (-1, 1)])
    assert corners == ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)) or set(corners) == {(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)}
    assert len(corners) == 3


def test_from_onvif_moves_rounding_onto_the_edge() -> None:
    assert geometry.from_onvif([(-1.001, 1.0), (1.002, 1.0), (1.0, -1.004)]) == ((0, 0), (1, 0), (1, 1))


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([(0.0, 0.0), (0.5, 0.5)], "too-few-points"),
        ([], "too-few-points"),
        ([(-1.0, 1.0), (1.5, 1.0), (1.0, -1.0)], "outside"),
        ([(-1.0, 1.0), (math.nan, 1.0), (1.0, -1.0)], "outside"),
        ([(-1.0, 1.0), (math.inf, 1.0), (1.0, -1.0)], "outside"),
        ([(-1.0, 1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, -1.0)], "crosses-itself"),
        ([(0.0, 0.0)] * 100_000, "too-many-points"),
    ],
)
def test_from_onvif_refuses(points: list[tuple[float, float]], reason: str) -> None:
    with pytest.raises(GeometryError) as refused:
        geometry.from_onvif(points)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("polygon", "reason", "words"),
    [
        (((0.0, 0.0), (0.5, 0.0)), "too-few-points", "2 points"),
        (((0.0, 0.0), (0.5, 0.0), (1.0, 0.0)), "zero-area", "no area"),
        (((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)), "zero-area", "no area"),
        (((0.1, 0.1), (0.1, 0.1), (0.1, 0.1)), "zero-area", "no area"),
        (((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)), "crosses-itself", "cross"),
        (((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.2, 0.0)), "crosses-itself", "touch"),
        (((0.0, 0.0), (1.2, 0.0), (1.0, 1.0)), "outside", "(1.2, 0)"),
        (((0.0, 0.0), (1.0, -0.1), (1.0, 1.0)), "outside", "0..1"),
        (((0.0, 0.0), (1.0, math.nan), (1.0, 1.0)), "outside", "nan"),
    ],
)
def test_validate_names_the_reason(polygon: Polygon, reason: str, words: str) -> None:
    with pytest.raises(GeometryError) as refused:
        geometry.validate(polygon)
    assert refused.value.reason == reason
    assert words in str(refused.value)


def test_validate_takes_convex_and_other_polygons_in_both_directions() -> None:
    for polygon in (SQUARE, SQUARE[::-1], ELL, ELL[::-1]):
        geometry.validate(polygon)


def test_area_bounding_box_and_point_in_polygon_of_an_l() -> None:
    assert geometry.area(ELL) == pytest.approx(0.12)
    assert geometry.area(ELL[::-1]) == pytest.approx(0.12)
    assert geometry.bounding_box(ELL) == (0.2, 0.2, 0.6, 0.6)
    assert point_in_polygon((0.3, 0.3), ELL)
    assert not point_in_polygon((0.5, 0.3), ELL), "the missing quarter"
    assert not point_in_polygon((0.9, 0.3), ELL)


def test_a_mask_equal_to_its_zone_covers_it_wholly() -> None:
    for zone in (SQUARE, ELL):
        assert coverage.uncovered_ratio(zone, [zone]) == pytest.approx(0, abs=1e-9)
        assert coverage.uncovered_ratio(zone, [zone[::-1]]) == pytest.approx(0, abs=1e-9)
        assert coverage.iou(zone, [zone]) == pytest.approx(1)


def test_what_is_hidden_beyond_a_zone_is_a_share_of_the_picture_and_counts_once() -> None:
    zone = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
    beside = ((0.5, 0.2), (0.9, 0.2), (0.9, 0.4), (0.5, 0.4))
    assert coverage.hidden_beyond(zone, []) == 0
    assert coverage.hidden_beyond(zone, [zone]) == pytest.approx(0, abs=1e-12)
    assert coverage.hidden_beyond(zone, [beside]) == pytest.approx(0.3 * 0.2)
    assert coverage.hidden_beyond(zone, [beside, beside, zone, ()]) == pytest.approx(0.3 * 0.2)
    assert coverage.hidden_beyond(zone, [((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))]) == pytest.approx(0.84)


def test_no_mask_and_a_mask_elsewhere_cover_nothing() -> None:
    elsewhere: Polygon = ((0.7, 0.7), (0.9, 0.7), (0.9, 0.9))
    assert coverage.uncovered_ratio(SQUARE, []) == 1
    assert coverage.uncovered_ratio(SQUARE, [elsewhere]) == 1
    assert coverage.iou(SQUARE, [elsewhere]) == 0


def test_a_mask_displaced_by_a_tenth_leaves_a_tenth() -> None:
    moved: Polygon = tuple((x + 0.04, y) for x, y in SQUARE)
    assert coverage.uncovered_ratio(SQUARE, [moved]) == pytest.approx(0.1)
    assert coverage.iou(SQUARE, [moved]) == pytest.approx(0.9 / 1.1)


def test_overlapping_masks_count_once_and_an_l_leaves_its_missing_quarter() -> None:
    left: Polygon = ((0.2, 0.2), (0.45, 0.2), (0.45, 0.6), (0.2, 0.6))
    right: Polygon = ((0.35, 0.2), (0.6, 0.2), (0.6, 0.6), (0.35, 0.6))
    assert coverage.uncovered_ratio(SQUARE, [left, right]) == pytest.approx(0, abs=1e-9)
    assert coverage.uncovered_ratio(SQUARE, [ELL]) == pytest.approx(0.25)


def test_coverage_of_any_simple_polygons_agrees_with_counting_points() -> None:
    rng = random.Random(4)
    for _ in range(4):
        zone, masks = star(rng, 11), [star(rng, 9) for _ in range(3)]
        counted = bare = 0
        for row in range(300):
            for column in range(300):
                point = ((column + 0.5) / 300, (row + 0.5) / 300)
                if point_in_polygon(point, zone):
                    counted += 1
                    bare += not any(point_in_polygon(point, mask) for mask in masks)
        assert coverage.uncovered_ratio(zone, masks) == pytest.approx(bare / counted, abs=0.004)


def test_the_fast_way_for_many_sides_stays_within_a_thousandth(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(5)
    zone, masks = star(rng, 12), [star(rng, 10) for _ in range(4)]
    exact = coverage.uncovered_ratio(zone, masks)
    monkeypatch.setattr(coverage, "_EXACT_SIDES", 0)
    assert 0.02 < exact < 0.98
    assert coverage.uncovered_ratio(zone, masks) == pytest.approx(exact, abs=0.001)


def test_a_hostile_number_of_corners_costs_no_minute() -> None:
    rng = random.Random(6)
    masks = [star(rng, 250) for _ in range(8)]
    began = time.thread_time()
    assert 0 <= coverage.uncovered_ratio(SQUARE, masks) <= 1
    assert time.thread_time() - began < 20


@given(
    dx=st.floats(-0.1, 0.3, allow_nan=False),
    dy=st.floats(-0.1, 0.3, allow_nan=False),
)
def test_the_uncovered_share_of_a_moved_square_is_what_arithmetic_says(dx: float, dy: float) -> None:
    moved: Polygon = tuple((x + dx, y + dy) for x, y in SQUARE)
    common = max(0.0, 0.4 - abs(dx)) * max(0.0, 0.4 - abs(dy))
    assert coverage.uncovered_ratio(SQUARE, [moved]) == pytest.approx(1 - common / 0.16, abs=1e-6)


def test_geometry_and_coverage_load_neither_opencv_nor_numpy() -> None:
    code = (
        "import sys, masking.geometry, masking.coverage, masking.model;"
        "sys.exit(any(m in sys.modules for m in ('cv2', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE_S).returncode == 0
