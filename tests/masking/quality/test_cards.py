"""A card is even, whatever wanders over it; no scene is, be it a wall, fog or night, nor what a mask leaves of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from agent.demo.scene.scene import card, jpeg, picture
from agent.demo.world.cameras import CAMERAS, ISAPI_CAMERAS
from agent.judge.checks.devices.online import CARD_RATIO
from masking.model import Polygon
from masking.quality.measure import measure
from masking.view.model import QualityJob

Image = npt.NDArray[np.uint8]
AT = datetime(2026, 11, 24, 8, 30, 5, tzinfo=UTC)
BELOW: Polygon = ((0.0, 0.05), (1.0, 0.05), (1.0, 1.0), (0.0, 1.0))


def even(image: Image, *excluded: Polygon, quality: int = 85) -> float:
    """Measure a picture after it went through a JPEG."""
    coded = cv2.imdecode(np.frombuffer(jpeg(image, quality), np.uint8), cv2.IMREAD_COLOR)
    return measure(np.asarray(coded, np.uint8), QualityJob(excluded=excluded)).even_ratio


@pytest.mark.parametrize("quality", [40, 85, 100])
@pytest.mark.parametrize("seconds", [0, 9, 31])
def test_a_card_is_one_wherever_its_words_are(seconds: int, quality: int) -> None:
    for path in ("main", "sub"):
        assert even(np.asarray(card(path, AT + timedelta(seconds=seconds))), quality=quality) >= CARD_RATIO


def test_no_camera_of_the_demo_shows_a_card_by_day_or_in_the_dark() -> None:
    for one in (*CAMERAS, *ISAPI_CAMERAS):
        for fault in (None, "dark"):
            assert even(np.asarray(picture(one, "sub", AT, fault))) < CARD_RATIO / 2, (one.id, fault)


def plain(level: float, spread: float, noise: float) -> Image:
    """Return a bare wall or fog: light falls off to its rim, and the sensor has noise."""
    across = np.linspace(-1, 1, 640)[None, :] ** 2 + np.linspace(-1, 1, 360)[:, None] ** 2
    light = level - spread * across + np.random.default_rng(3).normal(0, noise, (360, 640))
    return np.repeat(np.clip(light, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(("level", "spread", "noise"), [(180, 6, 1.5), (120, 10, 1), (90, 4, 3), (200, 12, 0.5)])
def test_walls_and_fog_are_no_cards(level: float, spread: float, noise: float) -> None:
    assert even(plain(level, spread, noise)) < CARD_RATIO


def test_black_and_burnt_out_pictures_are_no_cards() -> None:
    """Of a lens that is covered, and of a sun that blinds, other findings speak."""
    for level in (0, 10, 255):
        assert even(np.full((360, 640, 3), level, np.uint8)) == 0


def test_a_mask_that_the_camera_draws_is_no_card() -> None:
    masked = np.asarray(picture(CAMERAS[0], "main", AT, "mask-removed")).copy()
    masked[18:] = (128, 128, 128)
    assert even(masked) >= CARD_RATIO, "were it not known that it is a mask"
    assert even(masked, BELOW) == 0, "what is left is too little"
