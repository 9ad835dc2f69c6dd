"""What a mask looks like, measured in real encoded pictures, and whether a later look shows the same one."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
import pictures
import pytest
from pictures import Mask

from masking.model import Verdict, Zone
from masking.worth.same_mask import RANGES, differences, is_signature, middle
from masking.zones.verdict import judge_zone

DESK = pictures.polygon(pictures.ZONE)
BLACK, GREY, BLUE = Mask("solid"), Mask("solid", color=(128, 128, 128)), Mask("solid", color=(200, 60, 20))
MOSAIC, BLUR = Mask("mosaic", 24), Mask("blur", 6)


def look(mask: Mask, moment: int = 0, light: pictures.Light = "day", quality: int = 80, width: int = 640) -> Verdict:
    """Judge a scene under a mask, coded as JPEG; `moment` gives another sensor noise and something that moves."""
    scene = pictures.scene(21, width, width * 9 // 16)
    cv2.circle(scene, (60 + 40 * moment, 300 * width // 640), 20, (30, 60, 160), -1)
    drawn = pictures.masked(pictures.lit(scene, light, 21 + moment), pictures.ZONE, mask)
    coded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return judge_zone(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8), Zone("desk", DESK))


@pytest.mark.parametrize("mask", [BLACK, GREY, BLUE, MOSAIC, BLUR])
def test_the_same_mask_is_the_same_in_other_light_quality_and_size(mask: Mask) -> None:
    first = look(mask)
    assert first.verdict == "PASS" and is_signature(dict(first.signature))
    others = [
        look(mask, 1),
        look(mask, 2, "night"),
        look(mask, 3, "ir"),
        look(mask, 1, quality=55),
        look(mask, 1, width=1280),
    ]
    told = [one for one in others if one.verdict == "PASS"]
    assert len(told) >= 3
    for one in told:
        assert differences(first.signature, one.signature) == ()


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        (BLACK, GREY, "another-color"),
        (GREY, BLUE, "another-color"),
        (BLACK, MOSAIC, "another-effect"),
        (MOSAIC, BLUR, "another-effect"),
        (MOSAIC, replace(MOSAIC, strength=12), "weaker"),
        (replace(MOSAIC, strength=12), MOSAIC, "other-blocks"),
        (BLACK, replace(BLACK, shift=(0.0105, 0.0)), "moved"),
        (GREY, replace(GREY, shift=(0.0, -0.0125)), "moved"),
        (MOSAIC, replace(MOSAIC, shift=(0.0105, 0.0)), "moved"),
    ],
)
def test_another_mask_is_told_though_it_hides(before: Mask, after: Mask, difference: str) -> None:
    first, now = look(before), look(after, 1)
    assert (first.verdict, now.verdict) == ("PASS", "PASS"), "the judge alone would have told it"
    assert differences(first.signature, now.signature)[0].difference == difference


def test_a_signature_is_of_what_hides_and_of_nothing_else() -> None:
    assert look(Mask("none")).signature == ()
    assert look(replace(BLACK, shift=(0.25, 0.0))).signature == ()


def test_colour_blocks_and_edges_are_what_was_drawn() -> None:
    grey, mosaic = dict(look(GREY).signature), dict(look(MOSAIC).signature)
    assert grey["luma"] == pytest.approx(128, abs=2)
    assert [grey[f"{side}_px"] for side in ("left", "top", "right", "bottom")] == pytest.approx([0] * 4, abs=1.5)
    assert [mosaic["block_across_px"], mosaic["block_down_px"]] == pytest.approx([24, 24], abs=0.3)
    left = 0.3 * 640
    assert (mosaic["line_across_px"] - left) % 24 == pytest.approx(0, abs=0.8) or (
        mosaic["line_across_px"] - left
    ) % 24 == pytest.approx(24, abs=0.8)


def test_a_mask_drawn_grey_by_infrared_is_no_other_one() -> None:
    blue = dict(look(BLUE).signature)
    grey = blue | {"cr": 128.0, "cb": 128.0}
    assert differences(blue.items(), grey.items()) == ()
    assert differences(blue.items(), (grey | {"luma": blue["luma"] + 40}).items())[0].difference == "another-color"


def test_several_looks_are_one_signature_and_an_odd_one_does_not_count() -> None:
    looks = [look(GREY, moment).signature for moment in range(3)]
    odd = tuple((name, value + 60 if name == "luma" else value) for name, value in looks[1])
    assert differences(middle([looks[0], odd, looks[2]]), looks[0]) == ()
    assert middle([]) == () and middle([()]) == ()


Damage = dict[str, object]


@pytest.mark.parametrize(
    "change",
    [
        {"luma": 256},
        {"luma": float("nan")},
        {"luma": True},
        {"luma": "0"},
        {"luma": None},
        {"width_px": 0},
        {"sigma_px": 4.0},
        {"block_across_px": 8.0},
        {"colour": 1.0},
        {"left_px": 1e9},
    ],
)
def test_numbers_of_no_signature_are_refused(change: Damage) -> None:
    whole: Damage = dict(look(GREY).signature)
    assert is_signature(whole) and is_signature({})
    assert not is_signature({**whole, **change})


@pytest.mark.parametrize("missing", ["width_px", "luma", "cb"])
def test_a_signature_with_a_part_missing_is_none(missing: Literal["width_px", "luma", "cb"]) -> None:
    whole = dict(look(GREY).signature)
    assert not is_signature({name: value for name, value in whole.items() if name != missing})
    assert set(whole) <= set(RANGES)
