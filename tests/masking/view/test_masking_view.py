"""Moved, still or unknown: rendered places, hostile pictures, persistence, and zones that a move uncovers."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pictures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.demo.scene import scene
from masking.model import Polygon
from masking.view import baseline, compare, persistence, picture, zones
from masking.view.model import Movement, ViewSeen
from masking.view.persistence import ViewMemory

CLOCK: Polygon = ((0.0, 0.9), (0.5, 0.9), (0.5, 1.0), (0.0, 1.0))
MASK: Polygon = ((0.55, 0.2), (0.8, 0.2), (0.8, 0.5), (0.55, 0.5))
NOWHERE = Movement(0.0, 0.0, 0.0, 0.0, 0.0)


def shot(
    place: str = "yard",
    light: pictures.Light = "day",
    right: float = 0.0,
    turn: float = 0.0,
    zoom: float = 1.0,
    n: int = 0,
) -> pictures.Picture:
    """What a camera at a demo place sees, 640x360; `right` in shares of the width, `turn` in degrees clockwise."""
    wide = cv2.resize(scene.scene(place, 5.0 + 37.0 * n), (800, 450), interpolation=cv2.INTER_AREA)
    matrix = cv2.getRotationMatrix2D((400, 225), -turn, zoom)
    matrix[:, 2] += (-80 + right * 640, -45)
    seen = cv2.warpAffine(wide, matrix, (640, 360), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    out = pictures.lit(np.asarray(seen, np.uint8), light, n)
    left, top, right_px, bottom = 352, 72, 512, 180
    out[top:bottom, left:right_px] = 0
    cv2.putText(out, f"2026-11-24 12:{n:02d}", (5, 350), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
    return out


def approved(light: pictures.Light = "day", place: str = "yard") -> bytes:
    seen = [picture.describe(shot(place, light, n=n), (CLOCK, MASK)) for n in range(5)]
    return baseline.encode(picture.median(seen))


@pytest.fixture(scope="module")
def by_day() -> bytes:
    return approved()


def test_a_camera_that_stands_still_is_still(by_day: bytes) -> None:
    for n in range(5, 9):
        seen = compare.compare(shot(n=n), (by_day,), (CLOCK, MASK))
        assert (seen.state, seen.reason, seen.light, seen.reference_light) == ("still", "tiles", "day", "day")
        assert seen.agreeing_ratio > 0.6 and seen.quadrants >= 3


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"right": 0.006}, Movement(0.6, 0, 0, 0, 0.6)),
        ({"right": -0.03}, Movement(-3, 0, 0, 0, 3)),
        ({"right": 0.12}, Movement(12, 0, 0, 0, 12)),
        ({"turn": 0.6}, Movement(0, 0, 0.6, 0, 0.6)),
        ({"turn": -3.0}, Movement(0, 0, -3, 0, 3.0)),
        ({"zoom": 1.012}, Movement(0, 0, 0, 1.2, 0.69)),
        ({"zoom": 0.95}, Movement(0, 0, 0, -5, 2.87)),
    ],
)
def test_a_move_is_found_and_measured(change: dict[str, float], expected: Movement, by_day: bytes) -> None:
    seen = compare.compare(shot(n=7, **change), (by_day,), (CLOCK, MASK))  # type: ignore[arg-type]
    assert seen.state == "moved" and seen.movement is not None
    assert seen.movement.right_percent == pytest.approx(expected.right_percent, abs=0.1)
    assert seen.movement.down_percent == pytest.approx(expected.down_percent, abs=0.1)
    assert seen.movement.rotation_deg == pytest.approx(expected.rotation_deg, abs=0.1)
    assert seen.movement.zoom_percent == pytest.approx(expected.zoom_percent, abs=0.2)
    assert seen.movement.largest_percent == pytest.approx(expected.largest_percent, abs=0.2)


@pytest.mark.parametrize("light", ["night", "ir"])
def test_each_light_has_its_own_reference(light: pictures.Light, by_day: bytes) -> None:
    references = (by_day, approved(light))
    still = compare.compare(shot(light=light, n=6), references, (CLOCK, MASK))
    moved = compare.compare(shot(light=light, n=6, right=0.02), references, (CLOCK, MASK))
    assert still.light == still.reference_light == ("infrared" if light == "ir" else light)
    assert (still.state, moved.state) == ("still", "moved")


def test_a_move_against_a_reference_by_day_is_not_claimed_under_infrared_light(by_day: bytes) -> None:
    seen = compare.compare(shot(light="ir", n=6, right=0.02), (by_day,), (CLOCK, MASK))
    assert (seen.state, seen.reason, seen.reference_light) == ("unknown", "other-light", "day")


def test_another_place_is_unknown_and_never_still(by_day: bytes) -> None:
    for place in ("corridor", "parking", "lobby"):
        seen = compare.compare(shot(place), (by_day,), (CLOCK, MASK))
        assert seen.state == "unknown" and seen.reason in ("few-agree", "no-match", "one-sided", "other-scene")


HOSTILE = {
    "black": np.zeros((360, 640, 3), np.uint8),
    "white": np.full((360, 640, 3), 255, np.uint8),
    "noise": np.random.default_rng(0).integers(0, 255, (360, 640, 3)).astype(np.uint8),
    "checks": np.tile(np.kron([[0, 1], [1, 0]], np.full((8, 8), 255))[..., None], (23, 40, 3))[:360].astype(np.uint8),
    "tiny": np.full((16, 16, 3), 90, np.uint8),
    "upright": np.random.default_rng(1).integers(0, 255, (640, 360, 3)).astype(np.uint8),
    "flat": np.full((16, 4000, 3), 90, np.uint8),
    "huge": np.full((3000, 5333, 3), 90, np.uint8),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_pictures_of_nothing_are_unknown_with_finite_numbers(name: str, by_day: bytes) -> None:
    seen = compare.compare(HOSTILE[name], (by_day,), (CLOCK, MASK))
    assert seen.state == "unknown"
    numbers = [seen.agreeing_ratio, seen.aspect]
    if seen.movement is not None:
        numbers += [seen.movement.right_percent, seen.movement.down_percent, seen.movement.rotation_deg]
    assert all(math.isfinite(number) for number in numbers)


def test_what_there_is_no_reference_for_is_unknown(by_day: bytes) -> None:
    assert compare.compare(shot(), ()).reason == "no-reference"
    assert compare.compare(shot(), (by_day[:-5],)).reason == "bad-reference"
    everything: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    assert compare.compare(shot(), (by_day,), (everything,)).reason == "excluded"
    wall = baseline.encode(picture.describe(pictures.flat_scene()))
    assert compare.compare(pictures.flat_scene(), (wall,)).reason == "no-texture"
    assert compare.compare(np.asarray(cv2.resize(shot(), (480, 360)), np.uint8), (by_day,)).reason == "other-shape"


def test_a_sub_stream_is_compared_with_the_main_streams_reference(by_day: bytes) -> None:
    small = np.asarray(cv2.resize(shot(n=6), (320, 180), interpolation=cv2.INTER_AREA), np.uint8)
    moved = np.asarray(cv2.resize(shot(n=6, right=0.02), (320, 180), interpolation=cv2.INTER_AREA), np.uint8)
    assert compare.compare(small, (by_day,), (CLOCK, MASK)).state == "still"
    assert compare.compare(moved, (by_day,), (CLOCK, MASK)).state == "moved"


def test_a_background_takes_five_pictures_of_one_light_and_leaves_people_out() -> None:
    seen = [picture.describe(shot(n=n)) for n in range(5)]
    with pytest.raises(ValueError, match="too few"):
        picture.median(seen[:4])
    with pytest.raises(ValueError, match="one light"):
        picture.median([*seen[:4], picture.describe(shot(light="ir"))])
    background = picture.median(seen)
    assert background.pictures == 5 and compare.steady(background, seen, (CLOCK, MASK))
    elsewhere = [picture.describe(shot("corridor", n=n)) for n in range(2)]
    assert not compare.steady(background, [*seen[:3], *elsewhere], (CLOCK, MASK))
    assert not compare.steady(background, ())


def seen_as(state: str, right: float = 0.0) -> ViewSeen:
    movement = Movement(right, 0.0, 0.0, 0.0, abs(right))
    return ViewSeen(state, "tiles", "day", "day", 0.9, 4, 16 / 9, movement)  # type: ignore[arg-type]


def remembered(*seen: ViewSeen) -> ViewMemory:
    memory = ViewMemory()
    for one in seen:
        memory = persistence.remember(memory, one)
    return memory


def test_a_move_is_settled_by_three_checks_that_say_the_same() -> None:
    still, moved, unknown = seen_as("still"), seen_as("moved", 3), seen_as("unknown")
    assert remembered(still, still).settled is None, "nothing is believed before three checks"
    assert remembered(still, still, still, moved, moved).settled == still
    assert remembered(still, still, still, moved, unknown, moved, moved).settled == moved
    assert remembered(still, still, still, moved, seen_as("moved", 9), moved, seen_as("moved", -5)).settled == still
    assert remembered(still, still, still, unknown, unknown).settled == still
    assert remembered(still, still, still, unknown, unknown, unknown).settled == unknown
    assert remembered(moved, moved, moved, still, still, still).settled == still


@given(st.lists(st.sampled_from(["still", "moved", "unknown"]), max_size=30))
def test_a_state_is_settled_exactly_when_three_known_checks_agree_or_three_are_unknown(states: list[str]) -> None:
    memory, expected = ViewMemory(), None
    known, unknown = list[str](), 0
    for state in states:
        memory = persistence.remember(memory, seen_as(state, 3.0 if state == "moved" else 0.0))
        unknown = unknown + 1 if state == "unknown" else 0
        if unknown == 3:
            expected, known = "unknown", []
        elif state != "unknown":
            known.append(state)
            expected = state if len(known) >= 3 and len(set(known[-3:])) == 1 else expected
        assert (memory.settled.state if memory.settled else None) == ("unknown" if unknown >= 3 else expected)


SQUARE: Polygon = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))


@pytest.mark.parametrize(
    ("movement", "in_view", "uncovered"),
    [
        (NOWHERE, 1.0, 0.0),
        (Movement(5.0, 0.0, 0.0, 0.0, 5.0), 1.0, 0.25),
        (Movement(-20.0, 0.0, 0.0, 0.0, 20.0), 1.0, 1.0),
        (Movement(50.0, 0.0, 0.0, 0.0, 50.0), 0.5, 1.0),
        (Movement(80.0, 0.0, 0.0, 0.0, 80.0), 0.0, 0.0),
        (Movement(0.0, 0.0, 0.0, 10.0, 6.0), 1.0, 1 - 1 / 1.21),
        (Movement(0.0, 0.0, 90.0, 0.0, 50.0), 1.0, 1 - 9 / 16),
    ],
)
def test_a_move_uncovers_what_can_be_worked_out_by_hand(movement: Movement, in_view: float, uncovered: float) -> None:
    """At 16:9 a quarter turn makes the square 0.2 x 9/16 wide and 0.2 x 16/9 high: the mask covers 9/16 of it."""
    after = zones.zone_after(movement, 16 / 9, SQUARE, (SQUARE,))
    assert after.uncovered_before_ratio == 0
    assert after.in_view_ratio == pytest.approx(in_view, abs=1e-6)
    assert after.uncovered_ratio == pytest.approx(uncovered, abs=1e-6)


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(-180, 180), st.floats(-40, 80))
def test_shares_stay_shares_and_corners_stay_in_the_picture(
    right: float, down: float, turn: float, zoom: float
) -> None:
    after = zones.zone_after(Movement(right, down, turn, zoom, 50.0), 4 / 3, SQUARE, (MASK,))
    assert 0 <= after.in_view_ratio <= 1 and 0 <= after.uncovered_ratio <= 1
    assert all(-1e-9 <= value <= 1 + 1e-9 for point in after.polygon for value in point)
