"""Cards, bars and a last frame that stands are a lost signal; scenes are not, nor dark, covered or burnt out ones."""

from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest
from cards_drawn import cards

from masking.model import Zone
from masking.quality.drawn import is_card
from masking.worker.client import Worker

ZONE = ((0.3, 0.3), (0.6, 0.3), (0.6, 0.75), (0.3, 0.75))


def coded(picture: pictures.Picture, quality: int) -> pictures.Picture:
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("quality", [50, 90])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_recorder_draws_is_a_card(seed: int, quality: int) -> None:
    assert [name for name, card in cards(seed).items() if not is_card(coded(card, quality), ())] == []


@pytest.mark.parametrize("quality", [30, 80])
@pytest.mark.parametrize("light", ["day", "night", "ir"])
def test_a_scene_is_none(light: str, quality: int) -> None:
    for seed in range(4):
        assert not is_card(coded(pictures.lit(pictures.scene(seed), light, seed), quality), ())  # type: ignore[arg-type]


@pytest.mark.parametrize("quality", [30, 80])
def test_a_cap_a_wall_and_a_lamp_in_the_lens_are_none(quality: int) -> None:
    rng = np.random.default_rng(1)
    cap = np.abs(rng.normal(0, 3, (360, 640, 3))).astype(np.uint8)
    wall = pictures.flat_scene()
    burnt = np.clip(pictures.scene(3).astype(int) * 4 + 120, 0, 255).astype(np.uint8)
    assert not any(is_card(coded(one, quality), ()) for one in (cap, cap * 0, wall, burnt))


def test_a_mask_over_most_of_the_picture_makes_no_card_of_it() -> None:
    picture = pictures.lit(pictures.scene(4), "day", 1)
    picture[20:340, 30:610] = (128, 128, 128)
    most = ((0.04, 0.05), (0.96, 0.05), (0.96, 0.96), (0.04, 0.96))
    assert is_card(picture, ()) and not is_card(picture, (most,))


def test_no_zone_is_hidden_or_shown_in_a_card() -> None:
    card = cards(1)["blue"]
    asked = (Zone("desk", ZONE, "color", "#143c96"), Zone("door", ZONE))
    with Worker() as worker:
        answer = worker.judge(pictures.job(pictures.jpeg(card), "jpeg", asked))
    assert [(one.verdict, one.reason) for one in answer.verdicts] == [("UNSURE", "signal-lost")] * 2
