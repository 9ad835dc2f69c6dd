"""Which masks are believed: rendered scenes, masks drawn in, real JPEG and H.264, and the verdict on each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, Literal

import cv2
import numpy as np
import pictures
import pytest
from pictures import Mask

from masking.model import Effect, Polygon, Verdict, Zone
from masking.worker import decode
from masking.zones.verdict import judge_zone

Encoding = Literal["jpeg", "h264", "h264-sub", "h265"]

SEEDS = (21, 22, 23)
DESK = pictures.polygon(pictures.ZONE)

SOLID_BLACK = Mask("solid")
SOLID_GREY = Mask("solid", color=(128, 128, 128))
SOLID_BLUE = Mask("solid", color=(200, 60, 20))
MOSAIC = Mask("mosaic", 24)
BLUR = Mask("blur", 10)
NONE = Mask("none")

OPACITIES = (0.3, 0.5, 0.7, 0.85)
FAULTS: tuple[dict[str, Any], ...] = (
    {"shift": (0.1, 0.0)},
    {"shift": (-0.15, 0.0)},
    {"shift": (0.25, 0.0)},
    {"shift": (0.0, -0.2)},
    {"cover": 0.85},
    {"cover": 0.7},
    {"cover": 0.7, "cover_from": "centre"},
)


@pytest.fixture(scope="module")
def complaints() -> Iterator[int]:
    """A pipe as the worker has one, but nothing is redirected into it here."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading
    os.close(reading)
    os.close(writing)


@cache
def _scene(seed: int, width: int, height: int, light: pictures.Light) -> pictures.Picture:
    return pictures.lit(pictures.scene(seed, width, height), light, seed)


@pytest.fixture(scope="module", autouse=True)
def encoded_at_once() -> None:
    """Have most keyframes of this file made in a few runs of ffmpeg."""
    sizes: tuple[Encoding, ...] = ("h264", "h264-sub")
    lights: tuple[pictures.Light, ...] = ("day", "night")
    both = tuple(product(sizes, lights))
    shown = [(21, mask, *one) for mask in (SOLID_BLACK, SOLID_GREY, SOLID_BLUE, MOSAIC, BLUR) for one in both]
    two = (NONE, *(Mask("solid", opacity) for opacity in OPACITIES))
    shown += [(seed, mask, *one) for seed in SEEDS[:2] for mask in two for one in both]
    wrong = [Mask(one.kind, one.strength, **fault) for one in (SOLID_BLACK, MOSAIC, BLUR) for fault in FAULTS]
    pictures.encode_at_once(_drawn(*one) for one in [*shown, *((seed, mask) for seed in SEEDS for mask in wrong)])


@cache
def _drawn(
    seed: int,
    mask: Mask,
    encoding: Encoding = "jpeg",
    light: pictures.Light = "day",
    box: pictures.Box = pictures.ZONE,
) -> pictures.Picture:
    """The scene with the mask, before it is encoded."""
    width, height = (320, 180) if encoding == "h264-sub" else (640, 360)
    return pictures.masked(_scene(seed, width, height, light), box, mask)


@cache
def seen(
    complaints: int,
    seed: int,
    mask: Mask,
    encoding: Encoding = "jpeg",
    light: pictures.Light = "day",
    box: pictures.Box = pictures.ZONE,
) -> pictures.Picture:
    """The scene with the mask, as it comes out of the decoder."""
    drawn = _drawn(seed, mask, encoding, light, box)
    if encoding == "jpeg":
        return decode.decode(pictures.jpeg(drawn), "jpeg", complaints).picture
    codec: Literal["h264", "h265"] = "h265" if encoding == "h265" else "h264"
    return decode.decode(pictures.keyframe(drawn, codec), codec, complaints).picture


def zone(effect: Effect, color: str = "", polygon: Polygon = DESK) -> Zone:
    return Zone("desk", polygon, effect, color)


@pytest.mark.parametrize("light", ["day", "night"])
@pytest.mark.parametrize("encoding", ["jpeg", "h264", "h264-sub"])
@pytest.mark.parametrize(
    ("mask", "effect", "color", "reason"),
    [
        pytest.param(SOLID_BLACK, "color", "#000000", "solid", id="black"),
        pytest.param(SOLID_GREY, "color", "#808080", "solid", id="grey"),
        pytest.param(SOLID_BLUE, "color", "#143cc8", "solid", id="blue"),
        pytest.param(SOLID_BLACK, "color", "", "solid", id="any-color"),
        pytest.param(MOSAIC, "pixelated", "", "mosaic", id="mosaic"),
        pytest.param(BLUR, "blurred", "", "blur", id="blur"),
        pytest.param(SOLID_BLACK, "any", "", "solid", id="any-black"),
        pytest.param(MOSAIC, "any", "", "mosaic", id="any-mosaic"),
        pytest.param(BLUR, "any", "", "blur", id="any-blur"),
    ],
)
def test_a_good_mask_passes(
    complaints: int, mask: Mask, effect: Effect, color: str, reason: str, encoding: Encoding, light: pictures.Light
) -> None:
    verdict = judge_zone(seen(complaints, 21, mask, encoding, light), zone(effect, color))
    assert (verdict.verdict, verdict.reason) == ("PASS", reason), verdict
    assert verdict.zone == "desk"
    assert verdict.explanation.endswith(".")


@pytest.mark.parametrize("encoding", ["jpeg", "h264", "h264-sub"])
@pytest.mark.parametrize("light", ["day", "night"])
@pytest.mark.parametrize("effect", ["color", "pixelated", "blurred", "any"])
def test_a_bare_zone_fails(complaints: int, effect: Effect, encoding: Encoding, light: pictures.Light) -> None:
    for seed in SEEDS[:2]:
        verdict = judge_zone(seen(complaints, seed, NONE, encoding, light), zone(effect))
        assert verdict.verdict == "FAIL", verdict


@pytest.mark.parametrize("encoding", ["jpeg", "h264", "h264-sub"])
@pytest.mark.parametrize("opacity", OPACITIES)
def test_a_translucent_mask_fails(complaints: int, opacity: float, encoding: Encoding) -> None:
    for seed in SEEDS[:2]:
        picture = seen(complaints, seed, Mask("solid", opacity), encoding)
        for asked in (zone("color", "#000000"), zone("color")):
            verdict = judge_zone(picture, asked)
            assert (verdict.verdict, verdict.reason) == ("FAIL", "translucent"), verdict


@pytest.mark.parametrize("opacity", OPACITIES)
@pytest.mark.parametrize("encoding", ["jpeg", "h264", "h264-sub"])
def test_a_translucent_mask_at_night_never_passes(complaints: int, opacity: float, encoding: Encoding) -> None:
    for seed in SEEDS[:2]:
        picture = seen(complaints, seed, Mask("solid", opacity), encoding, "night")
        for effect in ("color", "any"):
            verdict = judge_zone(picture, zone(effect))
            assert verdict.verdict != "PASS", verdict
            assert verdict.verdict == "FAIL" or opacity > 0.5 or effect == "any", verdict


@pytest.mark.parametrize("encoding", ["jpeg", "h264"])
@pytest.mark.parametrize("mask", [SOLID_BLACK, MOSAIC, BLUR], ids=lambda mask: mask.kind)
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_displaced_or_partial_mask_fails(
    complaints: int, mask: Mask, fault: dict[str, Any], encoding: Encoding
) -> None:
    effect: Effect = {"solid": "color", "mosaic": "pixelated", "blur": "blurred"}[mask.kind]  # type: ignore[assignment]
    wrong = Mask(mask.kind, mask.strength, **fault)
    verdicts = [judge_zone(seen(complaints, seed, wrong, encoding), zone(effect)) for seed in SEEDS]
    found = Counter(verdict.verdict for verdict in verdicts)
    assert found["PASS"] == 0, verdicts
    assert found["FAIL"] >= 2, verdicts
    if mask.kind == "solid":
        assert found["FAIL"] == 3, verdicts


@pytest.mark.parametrize("encoding", ["jpeg", "h264"])
@pytest.mark.parametrize(
    ("mask", "effect"),
    [
        (Mask("mosaic", 2), "pixelated"),
        (Mask("mosaic", 3), "pixelated"),
        (Mask("blur", 1), "blurred"),
        (Mask("blur", 1.5), "blurred"),
    ],
    ids=str,
)
def test_a_mosaic_too_fine_or_a_blur_too_weak_fails(
    complaints: int, mask: Mask, effect: Effect, encoding: Encoding
) -> None:
    for seed in SEEDS[:2]:
        verdict = judge_zone(seen(complaints, seed, mask, encoding), zone(effect))
        assert verdict.verdict == "FAIL", verdict


def test_no_bad_mask_passes_and_few_good_ones_stay_open_over_a_seeded_set(complaints: int) -> None:
    """Scenes and places that no threshold was chosen on, by day, by night and under infrared."""
    good = ((SOLID_BLACK, "color"), (MOSAIC, "pixelated"), (Mask("mosaic", 16), "pixelated"), (BLUR, "blurred"))
    bad = (
        (NONE, "any"),
        (Mask("solid", 0.7), "any"),
        (Mask("solid", shift=(0.12, 0.1)), "any"),
        (Mask("mosaic", 24, shift=(0.15, 0.0)), "any"),
        (Mask("blur", 10, shift=(0.0, 0.15)), "any"),
        (Mask("blur", 1.5), "any"),
    )
    boxes = ((0.1, 0.15, 0.4, 0.6), (0.5, 0.4, 0.85, 0.9))
    lights: tuple[pictures.Light, ...] = ("day", "night", "ir")
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    places = tuple(product((31, 32, 33), zip((*boxes, boxes[0]), lights, strict=True)))
    masks = [mask for mask, _ in (*good, *bad)]
    pictures.encode_at_once(_drawn(s, mask, "h264", light, box) for s, (box, light) in places for mask in masks)
    for seed, (box, light) in places:
        for counts, cases in ((right, good), (wrong, bad)):
            for mask, effect in cases:
                asked = zone(effect, polygon=pictures.polygon(box))  # type: ignore[arg-type]
                counts[judge_zone(seen(complaints, seed, mask, "h264", light, box), asked).verdict] += 1
    assert wrong["PASS"] == 0
    assert right["FAIL"] == 0
    assert wrong["UNSURE"] <= 0.25 * wrong.total(), wrong
    assert right["UNSURE"] <= 0.2 * right.total(), right


def test_the_other_effect_and_the_other_colour_are_not_sure(complaints: int) -> None:
    black = seen(complaints, 21, SOLID_BLACK)
    assert judge_zone(black, zone("pixelated")).reason == "other-effect"
    assert judge_zone(black, zone("color", "#0000ff")).reason == "other-color"
    assert judge_zone(seen(complaints, 21, BLUR), zone("color", "#000000")).reason == "other-effect"


@pytest.mark.parametrize("effect", ["color", "pixelated", "blurred", "any"])
def test_a_bare_wall_is_never_called_hidden_nor_bare(complaints: int, effect: Effect) -> None:
    """With its noise left, such as in a night picture of high quality, a bare wall shows that it is bare."""
    by_day = pictures.lit(pictures.flat_scene(), "day", 1)
    decoded = decode.decode(pictures.keyframe(by_day), "h264", complaints).picture
    assert judge_zone(decoded, zone(effect)).reason in ("no-texture", "no-grid", "no-energy")
    assert judge_zone(pictures.flat_scene(), zone(effect)).verdict == "UNSURE"
    by_night = pictures.lit(pictures.flat_scene(), "night", 1)
    for crf in (18, 28):
        decoded = decode.decode(pictures.keyframe(by_night, crf=crf), "h264", complaints).picture
        assert judge_zone(decoded, zone(effect)).verdict != "PASS"


def test_a_black_mask_in_the_dark_is_not_sure() -> None:
    dark = np.zeros((360, 640, 3), np.uint8)
    assert judge_zone(dark, zone("color", "#000000")).verdict == "UNSURE"
    assert judge_zone(dark, zone("any")).verdict == "UNSURE"


def test_an_opaque_mask_of_the_exact_colour_passes_on_a_bare_wall_but_a_translucent_one_does_not() -> None:
    wall = pictures.flat_scene()
    opaque = pictures.masked(wall, pictures.ZONE, SOLID_BLACK)
    assert judge_zone(opaque, zone("color", "#000000")).verdict == "PASS"
    assert judge_zone(opaque, zone("color")).reason == "no-texture", "no colour declared, nothing to compare with"
    toned = pictures.masked(wall, pictures.ZONE, Mask("solid", 0.9))
    assert judge_zone(toned, zone("color", "#000000")).verdict != "PASS"


def test_a_defocused_lens_is_no_blur_mask(complaints: int) -> None:
    soft = np.asarray(cv2.GaussianBlur(_scene(21, 640, 360, "day"), (0, 0), 10), np.uint8)
    decoded = decode.decode(pictures.jpeg(soft), "jpeg", complaints).picture
    for effect in ("blurred", "any"):
        assert judge_zone(decoded, zone(effect)).verdict != "PASS"


def test_a_mask_over_the_whole_picture_has_no_border_to_prove_it() -> None:
    whole = zone("color", "#000000", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    assert judge_zone(np.zeros((360, 640, 3), np.uint8), whole).reason == "no-border"


def test_a_zone_at_the_edge_of_the_picture_is_judged_by_the_borders_it_has(complaints: int) -> None:
    box = (0.0, 0.0, 0.35, 0.5)
    at_edge = zone("color", "#000000", pictures.polygon(box))
    assert judge_zone(seen(complaints, 22, SOLID_BLACK, "h264", box=box), at_edge).verdict == "PASS"
    assert judge_zone(seen(complaints, 22, NONE, "h264", box=box), at_edge).verdict == "FAIL"


def test_a_slanted_polygon_is_judged_along_its_own_border() -> None:
    corners: Polygon = ((0.3, 0.25), (0.7, 0.4), (0.6, 0.8), (0.2, 0.65))
    picture = _scene(23, 640, 360, "day").copy()
    points = np.array([(x * 640, y * 360) for x, y in corners])
    cv2.fillPoly(picture, [points.round().astype(np.int32)], (0, 0, 0))
    assert judge_zone(picture, zone("color", "#000000", corners)).verdict == "PASS"
    assert judge_zone(picture, zone("color", "#000000", corners[::-1])).verdict == "PASS"
    moved: Polygon = tuple((x + 0.05, y) for x, y in corners)
    assert judge_zone(picture, zone("color", "#000000", moved)).verdict == "FAIL"


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160)])
def test_large_pictures_are_judged_too(size: tuple[int, int]) -> None:
    large = pictures.scene(21, *size)
    for mask, effect in ((SOLID_BLACK, "color"), (MOSAIC, "pixelated"), (BLUR, "blurred")):
        picture = pictures.masked(large, pictures.ZONE, mask)
        assert judge_zone(picture, zone(effect)).verdict == "PASS", mask  # type: ignore[arg-type]
    assert judge_zone(large, zone("any")).verdict == "FAIL"


@pytest.mark.parametrize(
    ("polygon", "reason"),
    [
        (((0.5, 0.5), (0.51, 0.5), (0.51, 0.51)), "too-small"),
        (((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)), "bad-polygon"),
        (((0.1, 0.1), (0.9, 0.9)), "bad-polygon"),
        (((0.1, 0.1), (1.9, 0.1), (0.9, 0.9)), "bad-polygon"),
    ],
)
def test_what_cannot_be_judged_is_not_sure(polygon: Polygon, reason: str) -> None:
    verdict: Verdict = judge_zone(_scene(21, 640, 360, "day"), zone("any", polygon=polygon))
    assert (verdict.verdict, verdict.reason) == ("UNSURE", reason)


@pytest.mark.parametrize("size", [(16, 16), (40, 24), (17, 640), (1000, 20)])
def test_odd_sizes_never_raise(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (size[1], size[0], 3)).astype(np.uint8)
    for box in ((0.0, 0.0, 1.0, 1.0), (0.2, 0.2, 0.8, 0.8), (0.0, 0.4, 1.0, 0.45)):
        for effect in ("color", "pixelated", "blurred", "any"):
            verdict = judge_zone(picture, zone(effect, polygon=pictures.polygon(box)))
            assert verdict.verdict in ("FAIL", "UNSURE")
