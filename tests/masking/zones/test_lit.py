"""What is drawn does not follow the light around it: that proves a mask of any fill, and nothing else may pass so."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pictures
import pytest
from filled_masks import DESK, Filled, coded, fill, masked, sensed
from pictures import Picture

from masking.looks.evidence import Change, Look
from masking.looks.evidence_format import CHANGE_CELLS, NO_MOMENT, RASTER_CELLS, SIGNS, Single
from masking.looks.lit import LIT_FROM, Lit, follows, is_drawn, is_kept, is_through
from masking.looks.together import judge_looks
from masking.model import Verdict, Zone
from masking.zones.verdict import judge_zone

DAY = (1.0, 0.8, 1.1, 0.7, 0.95, 0.85)
"""The light of six looks."""

EVEN = (1.0,) * 6
INSIDE, INNER, OUTER = slice(0, 36), slice(36, 52), slice(52, 68)


def poster(kind: Filled, lights: tuple[float, ...], lit: tuple[float, ...], noise: float = 2.0) -> list[Picture]:
    """Looks at a scene in which the fill hangs on the wall, exactly where the zone is, in a light of its own."""
    (rows, columns), drawn = fill(kind)
    looks = []
    for moment, (light, own) in enumerate(zip(lights, lit, strict=True)):
        picture = sensed(pictures.scene(21), light, moment)
        grain = np.random.default_rng(100 + moment).normal(0, noise, drawn.shape)
        picture[rows, columns] = np.clip(drawn * own + grain, 0, 255)
        looks.append(coded(picture))
    return looks


def together(looks: list[Picture], color: str = "", effect: Literal["color", "any"] = "color") -> Verdict:
    left: tuple[bytes, ...] = ()
    zone = Zone("desk", DESK, effect, color)
    for picture in looks:
        answer = judge_looks(picture, replace(zone, earlier=left))
        left = (*left, answer.evidence)
    assert answer.together is not None
    return answer.together


@pytest.mark.parametrize("effect", ["color", "any"])
@pytest.mark.parametrize("kind", ["two", "slope", "hatch"])
def test_a_mask_of_any_fill_is_proven_once_the_light_has_changed(kind: Filled, effect: Literal["color", "any"]) -> None:
    looks = masked(kind, DAY)
    assert "PASS" not in {judge_zone(look, Zone("desk", DESK, effect)).verdict for look in looks}
    assert (together(looks, effect=effect).verdict, together(looks, effect=effect).reason) == ("PASS", "several-looks")


@pytest.mark.parametrize("kind", ["two", "slope", "hatch"])
def test_while_the_light_stays_the_same_a_fill_is_neither_proven_nor_called_bare(kind: Filled) -> None:
    assert together(masked(kind, EVEN)).verdict == "UNSURE"


@pytest.mark.parametrize("opacity", [0.85, 0.93, 0.96])
@pytest.mark.parametrize("kind", ["two", "slope", "hatch"])
def test_a_translucent_mask_of_any_fill_follows_the_light_and_does_not_pass(kind: Filled, opacity: float) -> None:
    assert together(masked(kind, DAY, opacity)).verdict != "PASS"


@pytest.mark.parametrize("kind", ["two", "slope", "hatch"])
def test_a_fill_that_leaves_a_strip_bare_does_not_pass(kind: Filled) -> None:
    for bare_px in (6, 12, 40):
        assert together(masked(kind, DAY, bare_px=bare_px)).verdict != "PASS", bare_px


@pytest.mark.parametrize("kind", ["two", "slope", "hatch"])
def test_a_poster_that_hangs_exactly_in_the_zone_does_not_pass(kind: Filled) -> None:
    assert together(poster(kind, DAY, DAY)).verdict != "PASS"
    assert together(poster(kind, DAY, DAY, noise=0)).verdict != "PASS", "a codec has taken the noise away"


@pytest.mark.parametrize("kind", ["two", "slope", "hatch"])
def test_a_screen_of_its_own_light_reflects_a_little_of_the_other_and_does_not_pass(kind: Filled) -> None:
    lit = tuple(1 + 0.05 * (light - 1) for light in DAY)
    for noise in (0.0, 2.0, 6.0):
        assert together(poster(kind, DAY, lit, noise)).verdict != "PASS", noise


def test_what_has_the_sensor_s_noise_is_not_drawn_though_it_does_not_follow_the_light() -> None:
    assert together(poster("two", DAY, EVEN, noise=6)).verdict != "PASS"


def test_a_fill_of_another_colour_than_the_declared_one_is_not_proven() -> None:
    assert together(masked("two", DAY), "#ff0000").verdict == "UNSURE"


def test_one_colour_that_follows_the_light_is_translucent_though_nothing_else_shows() -> None:
    """The wall behind is bare: no rest recurs, nothing but the light comes through."""
    (rows, columns), _ = fill("two")
    looks = []
    for moment, light in enumerate(DAY):
        scene = pictures.scene(21)
        scene[rows, columns] = 150
        picture = sensed(scene, light, moment)
        picture[rows, columns] = np.rint(picture[rows, columns] * 0.06 + np.array([0, 0, 120]) * 0.94)
        looks.append(coded(picture))
    assert together(looks).verdict != "PASS"


def look(levels: np.ndarray) -> Look:
    single = Single(bytes(8), NO_MOMENT, "UNSURE", "color", True, False, 0.5)
    return Look(single, np.zeros((RASTER_CELLS,) * 2, np.int8), np.zeros((CHANGE_CELLS, SIGNS), np.float32), levels)


def test_who_walks_past_on_one_side_changes_no_light() -> None:
    """A bare zone at night in which nothing changes, and somebody beside it."""
    still = np.full(CHANGE_CELLS, 60, np.float32)
    counts = np.full(CHANGE_CELLS, 100)
    passed = [still.copy() for _ in range(4)]
    for number, levels in enumerate(passed):
        levels[OUTER][4 * number : 4 * number + 4] = 150
    assert follows(counts, [look(levels) for levels in (still, *passed)]) is None


def test_the_light_is_what_changes_along_the_quietest_quarter() -> None:
    counts = np.full(CHANGE_CELLS, 100)
    dim, bright = (np.full(CHANGE_CELLS, level, np.float32) for level in (60, 80))
    bright[OUTER][:4] = 60 + LIT_FROM
    bright[INSIDE] = 61
    bright[INNER] = 62
    found = follows(counts, [look(dim), look(bright)])
    assert found is not None
    assert (found.change, found.inside, found.strip) == (LIT_FROM, 0.25, 0.5)
    bright[OUTER][0:4] = 60 - LIT_FROM
    assert follows(counts, [look(dim), look(bright)]) is None


def test_cells_that_are_black_or_burnt_out_are_not_known() -> None:
    counts = np.full(CHANGE_CELLS, 100)
    dim, bright = (np.full(CHANGE_CELLS, level, np.float32) for level in (60, 80))
    for levels in (dim, bright):
        levels[INSIDE] = 2
        levels[INNER] = 254
    found = follows(counts, [look(dim), look(bright)])
    assert found is not None
    assert (found.inside, found.known) == (0.0, 0.0)


DARK = Lit(change=30.0, inside=0.005, cell=0.1, strip=0.4, known=0.9)
"""A zone in which next to nothing of a change of light shows."""

STILL = Change(inside=-1.5, around=0.2, cell=-0.9, strip=-0.5, least_around=0.3)
"""Nothing moves in it, and its surroundings do."""


def test_what_follows_no_light_and_has_no_noise_is_drawn() -> None:
    assert is_drawn(DARK, STILL) and is_kept(DARK, STILL)
    assert is_kept(None, STILL), "while the light is the same"


@pytest.mark.parametrize(
    "beyond",
    [{"change": 4.9}, {"inside": 0.011}, {"cell": 0.21}, {"strip": 0.71}, {"known": 0.59}],
    ids=lambda beyond: next(iter(beyond)),
)
def test_each_limit_alone_keeps_a_zone_from_being_drawn(beyond: dict[str, float]) -> None:
    assert not is_drawn(replace(DARK, **beyond), STILL)


def test_a_zone_with_the_noise_of_its_surroundings_or_of_which_nothing_is_known_is_not_drawn() -> None:
    assert not is_drawn(DARK, replace(STILL, inside=-0.1))
    assert not is_drawn(None, STILL) and not is_drawn(DARK, None)


@pytest.mark.parametrize(
    "beyond", [{"inside": 0.031}, {"cell": 0.31}, {"strip": 0.91}], ids=lambda one: next(iter(one))
)
def test_each_limit_alone_lets_a_zone_be_called_bare(beyond: dict[str, float]) -> None:
    assert not is_kept(replace(DARK, **beyond), STILL)


@pytest.mark.parametrize(
    "beyond", [{"inside": -1.1}, {"cell": -0.5}, {"least_around": 0.1}], ids=lambda one: next(iter(one))
)
def test_under_the_same_light_each_movement_alone_lets_a_zone_be_called_bare(beyond: dict[str, float]) -> None:
    assert not is_kept(None, replace(STILL, **beyond)) and not is_kept(None, None)


@pytest.mark.parametrize(
    ("change", "share", "shows"), [(30.0, 0.041, True), (30.0, 0.039, False), (7.9, 0.041, False), (0.0, 1.0, False)]
)
def test_more_than_a_rest_of_the_light_shows_through_once_it_has_changed_enough(
    change: float, share: float, shows: bool
) -> None:
    counts = np.full(CHANGE_CELLS, 100)
    dim, bright = np.full(CHANGE_CELLS, 60, np.float32), np.full(CHANGE_CELLS, 60 + change, np.float32)
    bright[INSIDE] = 60 + share * change
    assert is_through(counts, [look(dim), look(bright)]) is shows
    counts[OUTER] = 14
    assert not is_through(counts, [look(dim), look(bright)]), "too little is seen around it"
