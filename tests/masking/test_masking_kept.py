"""What is kept of zones, masks and backgrounds from picture to picture changes no answer."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from masking.looks.together import judge_looks
from masking.model import Polygon, Zone
from masking.quality import measure
from masking.view import baseline
from masking.view.model import QualityJob
from masking.view.picture import excluded_area
from masking.zones.raster import KEPT_MOST_PX, KEPT_ZONES, Ground, cut
from masking.zones.verdict import judge_zone

CORNERS: Polygon = ((0.4, 0.4), (0.62, 0.4), (0.62, 0.66), (0.4, 0.66))


def _picture(seed: int, width: int = 640, height: int = 360) -> npt.NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _masked(picture: npt.NDArray[np.uint8], corners: Polygon = CORNERS) -> npt.NDArray[np.uint8]:
    out, (height, width) = picture.copy(), picture.shape[:2]
    left, top = round(corners[0][0] * width), round(corners[0][1] * height)
    out[top : round(corners[2][1] * height), left : round(corners[2][0] * width)] = 0
    return out


def test_a_zone_that_was_seen_masked_is_not_taken_for_masked_when_it_is_bare() -> None:
    zone = Zone("door", CORNERS, "color", "#000000")
    bare, masked = _picture(1), _masked(_picture(1))
    first = judge_zone(masked, zone)
    assert (first.verdict, judge_zone(bare, zone).verdict) == ("PASS", "FAIL")
    assert judge_zone(masked, zone) == first


def test_a_zone_gets_the_same_answer_after_more_other_zones_than_are_kept() -> None:
    picture = _masked(_picture(2))
    zones = [Zone("any", CORNERS, "any"), Zone("pixels", CORNERS, "pixelated"), Zone("solid", CORNERS, "color")]
    before = [judge_zone(picture, zone) for zone in zones]
    for number in range(KEPT_ZONES + 2):
        cut(picture, ((0.1 + number * 1e-4, 0.1), *((x - 0.3, y - 0.3) for x, y in CORNERS[1:])))
    assert [judge_zone(picture, zone) for zone in zones] == before


def test_what_is_derived_of_a_large_zone_is_calculated_once_for_a_picture_and_is_that_of_its_own_ground() -> None:
    large: Polygon = ((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95))
    other: Polygon = ((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.1, 0.95))
    picture, made = _masked(_picture(6), large), list[Ground]()

    def derived(ground: Ground) -> tuple[int, ...]:
        made.append(ground)
        return ground.core.shape

    first, again = cut(picture, large), cut(picture, large)
    assert first is not None and again is not None
    assert first.core.size > KEPT_MOST_PX, "else it is no large one"
    assert first.ground.once(derived) == again.ground.once(derived) == first.core.shape
    assert len(made) == 1
    zone = Zone("hall", large, "color", "#000000")
    alone = judge_looks(picture, zone)
    between = cut(picture, other)
    assert between is not None and between.ground.once(derived) and len(made) == 2
    assert judge_looks(picture, zone) == alone


def test_the_same_polygon_in_a_picture_of_another_size_is_another_zone() -> None:
    zone = Zone("door", CORNERS, "color", "#000000")
    for width, height in ((640, 360), (1280, 720), (320, 180), (640, 480)):
        region = cut(_masked(_picture(3, width, height)), CORNERS)
        assert region is not None
        assert region.core.shape == region.luma.shape
        assert judge_zone(_masked(_picture(3, width, height)), zone).verdict == "PASS", (width, height)


def test_an_area_that_is_kept_cannot_be_written_to() -> None:
    area = excluded_area((36, 64), (CORNERS,))
    assert not area.flags.writeable


def test_quality_is_measured_alike_with_what_is_kept_and_without() -> None:
    picture, other = _picture(4), _picture(5)
    background = measure.describe_for_next(picture, "day")
    job = QualityJob(b"", (baseline.encode(background),), (CORNERS,), ())
    first = measure.measure(picture, job)
    assert measure.measure(other, job) != first
    assert measure.measure(picture, job) == first
    assert measure.measure(picture, QualityJob()).luma != first.luma
