"""Turned away farther than anything of the view is left: moved, once three pictures agree; a cover is no move."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pictures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.demo.scene import scene
from masking.quality.indicators import judge
from masking.quality.learning import QualityMemory
from masking.view import baseline, compare, persistence, picture
from masking.view.model import Movement, QualitySeen, ViewSeen
from masking.view.persistence import SEVERAL_LOOKS, TURNED_AWAY, ViewMemory, remember

MOVE = Movement(3.0, 0.0, 0.0, 0.0, 3.0)
AWAY = ViewSeen("unknown", "other-scene", "day", "day", 0.05, 0, 16 / 9)
ONE_SIDED = ViewSeen("unknown", "one-sided", "night", "night", 0.4, 2, 16 / 9, MOVE)
STILL = ViewSeen("still", "tiles", "day", "day", 0.9, 4, 16 / 9, Movement(0.0, 0.0, 0.0, 0.0, 0.0))


def shown(place: str, light: pictures.Light = "day", n: int = 0) -> pictures.Picture:
    """What a camera at a demo place sees, 640x360."""
    wide = cv2.resize(scene.scene(place, 5.0 + 37.0 * n), (640, 360), interpolation=cv2.INTER_AREA)
    return pictures.lit(np.asarray(wide, np.uint8), light, n)


def reference(place: str, light: pictures.Light = "day") -> bytes:
    return baseline.encode(picture.median([picture.describe(shown(place, light, n)) for n in range(5)]))


def settled(*looks: ViewSeen) -> ViewSeen | None:
    memory = ViewMemory()
    for one in looks:
        memory = remember(memory, one)
    return memory.settled


@pytest.mark.parametrize("light", ["day", "night", "ir"])
@pytest.mark.parametrize("other", ["lobby", "parking"])
def test_a_camera_that_shows_another_place_is_turned_away(light: pictures.Light, other: str) -> None:
    approved = reference("yard", light)
    looks = [compare.compare(shown(other, light, n), (approved,)) for n in (6, 7, 8)]
    assert {(one.state, one.reason) for one in looks} == {("unknown", "other-scene")}
    seen = settled(*looks)
    assert seen is not None
    assert (seen.state, seen.reason, seen.movement) == ("moved", TURNED_AWAY, None)


def cloth(seen: pictures.Picture) -> pictures.Picture:
    weave = np.random.default_rng(3).normal(90, 40, (45, 80, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(cv2.resize(weave, (640, 360), interpolation=cv2.INTER_CUBIC), (0, 0), 6)
    return np.clip(soft, 0, 255).astype(np.uint8)


def half(seen: pictures.Picture) -> pictures.Picture:
    out = seen.copy()
    out[:, 320:] = shown("canteen", n=3)[:, 320:]
    return out


def defocused(seen: pictures.Picture) -> pictures.Picture:
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), 8), np.uint8)


@pytest.mark.parametrize("cover", [cloth, half, defocused])
def test_a_lens_that_is_covered_or_out_of_focus_is_not_turned_away(cover: object) -> None:
    approved = reference("yard")
    looks = [compare.compare(cover(shown("yard", n=n)), (approved,)) for n in (6, 7, 8)]  # type: ignore[operator]
    assert all(one.reason != "other-scene" for one in looks)
    seen = settled(*looks)
    assert seen is None or seen.state != "moved"


def test_one_picture_of_another_scene_settles_nothing_and_one_look_back_begins_anew() -> None:
    assert settled(STILL, STILL, STILL, AWAY, AWAY) == STILL
    assert settled(STILL, STILL, STILL, AWAY, AWAY, STILL, AWAY) == STILL
    moved = settled(AWAY, AWAY, AWAY)
    assert moved is not None and moved.reason == TURNED_AWAY
    assert settled(AWAY, AWAY, AWAY, STILL, STILL, STILL) == STILL


def test_lights_that_take_turns_at_dusk_settle_a_turn_and_no_move_joins_them() -> None:
    """Each look shows nothing of the approved view in its own light: two references deny it, not one."""
    by_night = replace(AWAY, light="night", reference_light="night")
    moved = settled(AWAY, by_night, AWAY)
    assert moved is not None and (moved.state, moved.reason) == ("moved", TURNED_AWAY)
    assert settled(AWAY, by_night) is None, "two looks are too few"
    assert settled(AWAY, replace(STILL, light="night", reference_light="night"), by_night) is None
    assert settled(AWAY, by_night, replace(ONE_SIDED, state="moved", reason="tiles")) is None


def test_in_a_light_without_an_approved_view_no_picture_shows_another_scene() -> None:
    looks = [compare.compare(shown("lobby", "night", n), (reference("yard"),)) for n in (6, 7, 8)]
    assert {(one.light, one.reference_light) for one in looks} == {("night", "day")}
    seen = settled(*looks)
    assert seen is None or seen.state == "unknown"


def below_a_lamp(seen: pictures.Picture) -> pictures.Picture:
    """Return a street at night: a pool of light, and next to nothing around it."""
    rows, columns = np.mgrid[0:360, 0:640].astype(np.float32)
    light = 0.06 + 0.7 * np.exp(-(((columns - 250) / 100) ** 2 + ((rows - 170) / 80) ** 2))
    noise = np.random.default_rng(int(seen.sum()) % 1000).normal(0, 3, seen.shape)
    return np.clip(seen * light[..., None] + noise, 0, 255).astype(np.uint8)


def hand(seen: pictures.Picture) -> pictures.Picture:
    out = seen.copy()
    cv2.ellipse(out, (265, 175), (190, 140), 0, 0, 360, (90, 125, 170), -1)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), 9), np.uint8)


def test_the_edge_of_a_hand_at_night_is_no_other_scene() -> None:
    """Of the approved view only a pool of light shows: it has few tiles, and the edge of a hand has some, too."""
    few = picture.median([picture.describe(below_a_lamp(shown("annex", n=n))) for n in range(5)])
    approved = baseline.encode(few)
    covered = [compare.compare(hand(below_a_lamp(shown("annex", n=n))), (approved,)) for n in (6, 7, 8)]
    assert {one.reason for one in covered}.isdisjoint({"other-scene"})
    away = [compare.compare(below_a_lamp(shown("lobby", n=n)), (approved,)) for n in (6, 7, 8)]
    assert {one.reason for one in away} == {"other-scene"}


def test_a_move_that_no_picture_proves_alone_is_settled_by_three_that_agree_on_it() -> None:
    seen = settled(ONE_SIDED, ONE_SIDED, ONE_SIDED)
    assert seen is not None
    assert (seen.state, seen.reason, seen.movement) == ("moved", SEVERAL_LOOKS, MOVE)
    other = replace(ONE_SIDED, movement=replace(MOVE, right_percent=5.0))
    assert settled(ONE_SIDED, other, ONE_SIDED) is None
    small = replace(ONE_SIDED, movement=Movement(0.5, 0.0, 0.0, 0.0, 0.5))
    unknown = settled(small, small, small)
    assert unknown is not None and unknown.state == "unknown", "so little is what shadows pretend"
    crossed = replace(ONE_SIDED, reference_light="infrared")
    lights = settled(crossed, crossed, crossed)
    assert lights is not None and lights.state == "unknown"


@given(st.lists(st.sampled_from((AWAY, ONE_SIDED, STILL, replace(AWAY, reason="no-match"))), max_size=12))
def test_nothing_is_settled_as_moved_by_fewer_than_three_pictures_that_agree(looks: list[ViewSeen]) -> None:
    memory = ViewMemory()
    for number, one in enumerate(looks):
        before, memory = memory.settled, remember(memory, one)
        if memory.settled is not None and memory.settled.state == "moved" and memory.settled is not before:
            last = looks[number - persistence.CHECKS + 1 : number + 1]
            judged = [one for one in looks[: number + 1] if one.reason != "no-match"][-persistence.CHECKS :]
            assert len(judged) == persistence.CHECKS and len({one.reason for one in judged}) == 1, last


def test_a_camera_that_is_turned_away_is_not_called_covered() -> None:
    seen = QualitySeen("day", 100.0, 40.0, 0.0, 0.0, 2.5, 2.0, 0.5, 0.0, 0.0, 0.1, covered_ratio=0.9)
    away = ViewSeen("moved", TURNED_AWAY, "day", "day", 0.05, 0, 16 / 9)
    judged = {one.indicator: one for one in judge(seen, QualityMemory(), away)}
    assert (judged["covered"].state, judged["covered"].reason) == ("unknown", "behind-moved")
    assert judged["moved"].state == "bad"


def test_a_far_move_counts_across_the_infrared_filter_and_a_near_one_does_not() -> None:
    wide = cv2.resize(scene.scene("yard", 5.0), (800, 450), interpolation=cv2.INTER_AREA)
    day = [pictures.lit(np.asarray(wide[45:405, 80:720], np.uint8), "day", n) for n in range(5)]
    approved = baseline.encode(picture.median([picture.describe(one) for one in day]))
    far = compare.compare(pictures.lit(np.asarray(wide[45:405, 120:760], np.uint8), "ir", 9), (approved,))
    near = compare.compare(pictures.lit(np.asarray(wide[45:405, 88:728], np.uint8), "ir", 9), (approved,))
    assert (far.light, far.state) == ("infrared", "moved")
    assert far.movement is not None and far.movement.right_percent == pytest.approx(-6.25, abs=0.3)
    assert (near.state, near.reason) == ("unknown", "other-light")
