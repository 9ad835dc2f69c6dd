"""What a pass is worth: faults drawn into a picture that passed are found or not, as faults of a camera would be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pictures
import pytest
from patience import PATIENCE_S
from pictures import Mask, Picture, job

from masking.model import Polygon, Verdict, Zone
from masking.worker.client import Worker
from masking.worker.wire import WireError
from masking.worker.wire_sensitivity import calibrate_message, read_sensitivities, sensitivities_message
from masking.worth.calibrate import calibrate, calibrate_passed
from masking.worth.sensitivity import GAPS_PX, NOT_MEASURED, OPACITIES, Sensitivity
from masking.zones.verdict import judge_zone

DESK = Zone("desk", pictures.polygon(pictures.ZONE))
BLACK, MOSAIC = Mask("solid"), Mask("mosaic", 16)


def coded(picture: Picture, quality: int = 85) -> Picture:
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def shown(mask: Mask, seed: int = 21) -> Picture:
    return coded(pictures.masked(pictures.lit(pictures.scene(seed), "day", seed), pictures.ZONE, mask))


@pytest.mark.parametrize("mask", [BLACK, Mask("solid", color=(128, 128, 128)), MOSAIC])
def test_what_it_says_would_be_found_is_found_when_a_camera_does_it(mask: Mask) -> None:
    """The scene behind the mask is another one than the mirrored surroundings, and the picture is coded as a whole."""
    picture = shown(mask)
    assert judge_zone(picture, DESK).verdict == "PASS"
    found = calibrate(picture, DESK)
    assert found.is_proof and (found.sides, found.blind_sides) == (4, 0)
    assert found.gap_px in GAPS_PX and found.opacity_ratio in OPACITIES and found.gap_px <= 8
    width = (pictures.ZONE[2] - pictures.ZONE[0]) * 640
    gap = found.gap_px / width
    for fault in (replace(mask, cover=1 - gap), replace(mask, shift=(gap, 0.0)), replace(mask, shift=(-gap, 0.0))):
        assert judge_zone(shown(fault), DESK).verdict != "PASS", fault
    if mask.kind == "solid":
        assert judge_zone(shown(replace(mask, strength=found.opacity_ratio)), DESK).verdict != "PASS"


def test_the_picture_is_as_it_was() -> None:
    picture = shown(BLACK)
    before = picture.copy()
    calibrate(picture, DESK)
    assert np.array_equal(picture, before)


def test_a_side_where_the_scene_looks_like_the_mask_is_blind_and_the_others_are_not() -> None:
    scene = pictures.lit(pictures.scene(21), "day", 21)
    left, top, _, bottom = pictures.ZONE
    scene[: round(0.3 * 360)] = 0
    picture = coded(pictures.masked(scene, pictures.ZONE, BLACK))
    zone = replace(DESK, effect="color", color="#000000")
    assert judge_zone(picture, zone).verdict == "PASS" and (left, top, bottom) == (0.3, 0.3, 0.75)
    found = calibrate(picture, zone)
    assert (found.sides, found.blind_sides) == (4, 1) and found.is_proof


def test_a_place_that_looks_like_its_mask_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that believes anything is one for which no drawing makes a difference."""
    monkeypatch.setattr(
        "masking.worth.calibrate.judge_zone", lambda picture, zone: Verdict(zone.name, "PASS", "mosaic")
    )
    found = calibrate(shown(MOSAIC), DESK)
    assert (found.gap_px, found.sides, found.blind_sides, found.opacity_ratio, found.is_proof) == (
        None,
        4,
        4,
        None,
        False,
    )


@pytest.mark.parametrize(
    "polygon", [((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), ((0.5, 0.5), (0.5001, 0.5), (0.5001, 0.5001))]
)
def test_where_nothing_can_be_drawn_nothing_is_measured(polygon: Polygon) -> None:
    assert calibrate(shown(BLACK), Zone("all", polygon)) == NOT_MEASURED


def test_only_zones_that_passed_and_were_named_are_calibrated() -> None:
    zones = [replace(DESK, name=name) for name in ("bare", "named", "other")]
    verdicts = [Verdict(zone.name, "FAIL" if zone.name == "bare" else "PASS", "solid") for zone in zones]
    found = calibrate_passed(shown(BLACK), zones, verdicts, ("bare", "named"))
    assert [one is not None for one in found] == [False, True, False]


def test_a_large_picture_is_calibrated_as_it_is_judged() -> None:
    drawn = pictures.masked(pictures.lit(pictures.scene(21, 2560, 1440), "day", 21), pictures.ZONE, BLACK)
    found = calibrate(drawn, DESK)
    assert found.is_proof and found.gap_px is not None and found.gap_px <= 8


def test_the_locked_down_child_measures_it_only_where_it_is_asked() -> None:
    data = cv2.imencode(".jpg", shown(BLACK), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    with Worker(PATIENCE_S) as worker:
        asked = replace(job(data, zones=(DESK,)), calibrate=("desk",))
        (found,) = worker.judge(asked).sensitivities
        assert found is not None and found.is_proof
        assert worker.judge(replace(asked, calibrate=())).sensitivities == ()


PASSED = (Verdict("desk", "PASS", "solid"),)
ASKED = replace(job(b"", zones=(DESK,)), calibrate=("desk",))


def test_what_a_child_found_comes_back_whole() -> None:
    found = (Sensitivity(6.0, 4, 1, 0.93),)
    assert read_sensitivities(sensitivities_message(found), ASKED, PASSED) == found
    assert calibrate_message(ASKED) == {"calibrate": ["desk"]} and calibrate_message(replace(ASKED, calibrate=())) == {}


@pytest.mark.parametrize(
    "rows",
    [
        None,
        "x",
        [],
        [[6.0, 4, 0, 0.93]] * 2,
        [[6.0, 4, 0]],
        [[5.0, 4, 0, 0.93]],
        [[True, 4, 0, 0.93]],
        [[6.0, 5, 0, 0.93]],
        [[6.0, 4, 5, 0.93]],
        [[6.0, 4, 4, 0.93]],
        [[None, 4, 0, 0.93]],
        [[6.0, 4, 0, 0.94]],
        [[6.0, 4, 0, "0.93"]],
        [[float("nan"), 4, 0, 0.93]],
        [{"gap": 6.0}],
    ],
)
def test_anything_else_is_refused(rows: Any) -> None:
    with pytest.raises(WireError):
        read_sensitivities({"sensitivities": rows}, ASKED, PASSED)


def test_a_zone_that_did_not_pass_has_none_and_nobody_answers_unasked() -> None:
    row = {"sensitivities": [[6.0, 4, 0, 0.93]]}
    with pytest.raises(WireError):
        read_sensitivities(row, ASKED, (replace(PASSED[0], verdict="FAIL"),))
    with pytest.raises(WireError):
        read_sensitivities(row, replace(ASKED, calibrate=()), PASSED)
