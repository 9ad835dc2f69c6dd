"""A strip of 5 % of the zone's width that a mask leaves bare is found; policy can ask for more than hiding at all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
import pictures
import pytest
from pictures import Mask

from masking.model import Effect, Verdict, Zone
from masking.worker import decode
from masking.zones.verdict import judge_zone

BOX: pictures.Box = (0.3, 0.3, 0.52, 0.6)
STRIPS = (0.05, -0.05, 0.1)


@pytest.fixture(scope="module")
def complaints() -> Iterator[int]:
    """A pipe as the worker has one, but nothing is redirected into it here."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading
    os.close(reading)
    os.close(writing)


@cache
def by_day(seed: int) -> pictures.Picture:
    return pictures.lit(pictures.scene(seed), "day", seed)


@cache
def drawn(seed: int, mask: Mask) -> pictures.Picture:
    return pictures.masked(by_day(seed), BOX, mask)


def judged(complaints: int, seed: int, mask: Mask, effect: Effect, zone: Zone | None = None) -> Verdict:
    picture = decode.decode(pictures.keyframe(drawn(seed, mask)), "h264", complaints).picture
    return judge_zone(picture, zone or Zone("desk", pictures.polygon(BOX), effect, ""))


@pytest.mark.parametrize(
    ("kind", "strength", "effect"),
    [("solid", 1.0, "color"), ("mosaic", 8, "pixelated"), ("mosaic", 16, "pixelated"), ("blur", 6, "blurred")],
)
def test_a_mask_a_twentieth_of_its_width_beside_its_place_never_passes(
    complaints: int, kind: str, strength: float, effect: Effect
) -> None:
    found = Counter[str]()
    tried = [(seed, Mask(kind, strength, shift=(strip, 0.0))) for seed in (41, 42, 43) for strip in STRIPS]  # type: ignore[arg-type]
    pictures.encode_at_once(drawn(*one) for one in tried)
    for seed, mask in tried:
        verdict = judged(complaints, seed, mask, effect)
        found[verdict.verdict] += 1
        assert verdict.verdict != "PASS", (seed, mask, verdict)
    assert found["FAIL"] >= (9 if kind == "solid" else 6), found


@pytest.mark.parametrize("seed", [41, 42])
def test_the_same_masks_in_their_place_pass(complaints: int, seed: int) -> None:
    for mask, effect in ((Mask("solid"), "color"), (Mask("mosaic", 12), "pixelated"), (Mask("blur", 10), "blurred")):
        verdict = judged(complaints, seed, mask, effect)  # type: ignore[arg-type]
        assert verdict.verdict == "PASS", verdict


def test_a_policy_may_ask_for_larger_blocks_and_a_stronger_blur(complaints: int) -> None:
    polygon = pictures.polygon(BOX)
    for mask, asked, reason in (
        (Mask("mosaic", 12), Zone("desk", polygon, "pixelated", least_block_ratio=1 / 5), "mosaic-too-fine"),
        (Mask("blur", 10), Zone("desk", polygon, "blurred", least_sigma_ratio=1 / 5), "blur-too-weak"),
    ):
        verdict = judged(complaints, 41, mask, asked.effect, asked)
        assert (verdict.verdict, verdict.reason) == ("FAIL", reason), verdict
    for mask, allowed in (
        (Mask("mosaic", 12), Zone("desk", polygon, "pixelated", least_block_ratio=1 / 12)),
        (Mask("blur", 10), Zone("desk", polygon, "blurred", least_sigma_ratio=1 / 30)),
    ):
        assert judged(complaints, 41, mask, allowed.effect, allowed).verdict == "PASS"


def test_a_verdict_brings_its_probability_and_its_measures(complaints: int) -> None:
    for mask, low, high in ((Mask("mosaic", 12), 0.95, 1.0), (Mask("none"), 0.0, 0.05)):
        numbers = dict(judged(complaints, 41, mask, "pixelated").numbers)
        assert low <= numbers["hidden_probability"] <= high
        assert {"block_px", "leak_ratio", "bare_strip_ratio", "textured_border_ratio"} <= numbers.keys()


def test_a_picture_coded_with_too_few_bits_does_not_fail_a_mask_for_want_of_its_lines(complaints: int) -> None:
    """A fine mosaic loses its lines first; then a better picture is wanted, not a finding."""
    verdicts = []
    for seed in (41, 42, 43):
        picture = decode.decode(pictures.keyframe(drawn(seed, Mask("mosaic", 8)), crf=42), "h264", complaints).picture
        verdicts.append(judge_zone(picture, Zone("desk", pictures.polygon(BOX), "pixelated")))
    assert "FAIL" not in {verdict.verdict for verdict in verdicts}, verdicts


def test_a_zone_of_another_shape_is_judged_side_by_side() -> None:
    """A trapezium with one bare side: the strip is seen along that side, whatever its direction."""
    corners = ((0.3, 0.3), (0.55, 0.35), (0.5, 0.7), (0.25, 0.65))
    picture = pictures.lit(pictures.scene(44), "day", 1)
    drawn = picture.copy()
    points = np.array([(x * 640, y * 360) for x, y in corners])
    cv2.fillPoly(drawn, [points.round().astype(np.int32)], (128, 128, 128))
    zone = Zone("desk", corners, "color", "#808080")
    assert judge_zone(drawn, zone).verdict == "PASS"
    moved = picture.copy()
    cv2.fillPoly(moved, [np.round(points + np.array((9, 0))).astype(np.int32)], (128, 128, 128))
    assert judge_zone(moved, zone).verdict == "FAIL"
