"""The sensor's noise that ends at a zone proves an effect where there is no texture, and nothing of a scene does so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pictures
import pytest
from pictures import Mask, Picture

from masking.looks import grain
from masking.looks.evidence import Change, Look
from masking.looks.evidence_format import CHANGE_CELLS, NO_MOMENT, RASTER_CELLS, SIGNS, Single
from masking.looks.together import judge_looks
from masking.model import Effect, Verdict, Zone
from masking.zones.verdict import judge_zone

PANE = (0.3, 0.3, 0.55, 0.7)
"""A zone on the codec's own lines: 192 and 352 of 640 px, 108 and 252 of 360."""

DESK = pictures.polygon(PANE)
MOSAIC = Mask("mosaic", 12)
INSIDE, OUTER = slice(0, 36), slice(52, 68)
STILL = Change(inside=-1.5, cell=-1.0, strip=-0.6, around=2.5, least_around=2.0)
COUNTS = np.full(CHANGE_CELLS, 60)


def wall(moment: int, inside: Callable[[Picture], Picture], noise: float = 6.0) -> Picture:
    """Return a picture of a plain wall, with a pane of its own exactly where the zone is, and a sensor's noise."""
    slope = 130 + 25 * np.linspace(-1, 1, 640)[None, :, None] + 15 * np.linspace(-1, 1, 360)[:, None, None]
    scene = inside(np.broadcast_to(slope, (360, 640, 3)).astype(np.uint8).copy())
    return np.asarray(np.clip(scene + _grains(moment, noise), 0, 255), np.uint8)


@lru_cache(16)
def _grains(moment: int, noise: float) -> npt.NDArray[np.float64]:
    return np.random.default_rng(moment).normal(0, noise, (360, 640, 3))


def bare(scene: Picture) -> Picture:
    return scene


def tiled(scene: Picture) -> Picture:
    """A pane of even tiles, as large as a mosaic's blocks."""
    return pictures.masked(scene, PANE, MOSAIC)


def looks_at(mask: Mask, inside: Callable[[Picture], Picture] = bare, quality: int = 70) -> list[Picture]:
    drawn = [pictures.masked(wall(moment, inside), PANE, mask) for moment in range(6)]
    data = [cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for picture in drawn]
    return [np.asarray(cv2.imdecode(one, cv2.IMREAD_COLOR), np.uint8) for one in data]


def together(looks: list[Picture], effect: Effect = "pixelated") -> Verdict:
    left: tuple[bytes, ...] = ()
    for picture in looks:
        answer = judge_looks(picture, Zone("desk", DESK, effect, earlier=left))
        left = (*left, answer.evidence)
    assert answer.together is not None
    return answer.together


def test_a_mosaic_on_a_plain_wall_is_proven_by_the_noise_that_ends_there(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = looks_at(MOSAIC)
    singles = {judge_zone(look, Zone("desk", DESK, "pixelated")).reason for look in looks}
    assert "grid-around" in singles, "the codec's own grid is all around"
    assert (together(looks).verdict, together(looks).reason) == ("PASS", "several-looks")
    monkeypatch.setattr(grain, "ends", lambda *_: False)
    assert together(looks).verdict == "UNSURE"


@pytest.mark.parametrize("quality", [25, 40, 70, 90])
@pytest.mark.parametrize("effect", ["pixelated", "blurred"])
@pytest.mark.parametrize("inside", [bare, tiled])
def test_a_pane_of_the_scene_that_ends_exactly_at_the_border_has_noise(
    inside: Callable[[Picture], Picture], effect: Effect, quality: int
) -> None:
    assert together(looks_at(Mask("none"), inside, quality), effect).verdict != "PASS"


@pytest.mark.parametrize("quality", [40, 70, 90])
@pytest.mark.parametrize("block_px", [2, 3])
def test_blocks_that_hide_nothing_take_noise_away_and_do_not_pass(block_px: int, quality: int) -> None:
    assert together(looks_at(Mask("mosaic", block_px), quality=quality)).verdict != "PASS"


def test_blocks_of_5_px_whose_looks_are_nearly_sure_do_not_pass_where_noise_ends() -> None:
    """Four looks say that blocks are small, with the odds of a mosaic that hides; the present one only lacks odds.

    Noise ends at the border, so that all together would pass without a look at the blocks' size.
    """
    drawn = [pictures.masked(wall(moment, bare, noise=4.0), PANE, Mask("mosaic", 5)) for moment in (1, 2, 3, 5, 6, 4)]
    data = [cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1] for picture in drawn]
    looks = [np.asarray(cv2.imdecode(one, cv2.IMREAD_COLOR), np.uint8) for one in data]
    singles = [judge_zone(look, Zone("desk", DESK, "pixelated")).reason for look in looks]
    assert singles[-1] == "not-clean" and singles.count("mosaic-fine") >= 4, "the case is the one that is meant"
    assert together(looks).verdict != "PASS"


@pytest.mark.parametrize("quality", [55, 70, 90])
@pytest.mark.parametrize(("shift_px", "block_px"), [(5, 12), (5, 24), (8, 12), (16, 12)])
def test_a_mosaic_beside_its_zone_does_not_pass(shift_px: int, block_px: int, quality: int) -> None:
    """Of a strip of 5 px a codec leaves so little noise that the odds of single looks must find it."""
    left, top, right, bottom = PANE
    off = shift_px / 640
    box, mask = (left + off, top, right + off, bottom), Mask("mosaic", block_px)
    beside = [pictures.masked(wall(moment, bare), box, mask) for moment in range(6)]
    data = [cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for picture in beside]
    assert together([np.asarray(cv2.imdecode(one, 1), np.uint8) for one in data]).verdict != "PASS"


def look(number: int, around: float = 0.0, level: float = 120.0, own: float = 120.0) -> Look:
    """Return a look with noise around a zone; `around`: detail that stays there; levels around and in the zone."""
    rng = np.random.default_rng(number)
    change = rng.normal(0, 8, (CHANGE_CELLS, SIGNS)).astype(np.float32)
    change[INSIDE] *= 0.1
    change[OUTER] += np.float32(around) * np.where(np.arange(16 * SIGNS).reshape(16, SIGNS) % 3, 1, -1)
    levels = np.full(CHANGE_CELLS, level, np.float32)
    levels[INSIDE] = own
    single = Single(bytes(8), NO_MOMENT, "UNSURE", "pixelated", False, False, 0.97)
    return Look(single, np.zeros((RASTER_CELLS, RASTER_CELLS), np.int8), change, levels)


def ends(change: Change | None = STILL, count: int = 6, counts: Any = COUNTS, **each: float) -> bool:
    return grain.ends(counts, [look(number, **each) for number in range(count)], change)


def test_noise_around_and_none_inside_is_what_proves() -> None:
    assert ends()
    assert not ends(change=None)
    assert not ends(count=2), "two looks say too little of what stays"
    assert not ends(counts=np.zeros(CHANGE_CELLS, np.intp)), "nothing of it can be seen"


@pytest.mark.parametrize(
    "worse", [{"inside": -0.5}, {"cell": 0.1}, {"strip": -0.2}, {"least_around": 0.6}], ids=lambda worse: min(worse)
)
def test_each_part_of_the_zone_must_be_without_noise_and_each_side_beside_it_with_it(worse: dict[str, float]) -> None:
    assert not ends(change=replace(STILL, **worse))


def test_beside_texture_a_codec_takes_the_noise_of_a_plain_door_alone() -> None:
    assert ends(around=2.0)
    assert not ends(around=9.0)


@pytest.mark.parametrize(("level", "own"), [(120.0, 50.0), (10.0, 8.0), (250.0, 250.0)])
def test_there_is_less_noise_in_the_dark_and_none_in_what_is_cut_off(level: float, own: float) -> None:
    assert not ends(level=level, own=own)
