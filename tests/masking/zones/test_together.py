"""Several looks at one zone are one measurement: what recurs, what changes, and what no number of looks may do."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pictures
import pytest
from pictures import Mask, Picture

from masking.looks.evidence import basis_of, read
from masking.looks.evidence_format import EVIDENCE_BYTES, MOST_LOOKS, NoEvidence, unpack
from masking.looks.recurring import recurring, rests_of
from masking.looks.together import CROSSED_FROM, judge_looks, judge_of
from masking.model import Effect, Polygon, Verdict, Zone
from masking.zones.verdict import judge_zone

DESK = pictures.polygon(pictures.ZONE)
FAINT = Mask("solid", 0.98)
"""People are read through it once the zone is stretched, and a single look takes it for a mask."""


NAME_AT = (216, 190)
NAME_BOX = pictures.polygon((212 / 640, 170 / 360, 330 / 640, 198 / 360))


def seen(moment: int, mask: Mask, seed: int = 21, quality: int = 75, wall: int = 0, name: str = "") -> Picture:
    """Return a decoded JPEG of the scene at one moment: other noise, other exposure.

    `wall`: a slope in the zone; `name`: what the camera writes over the mask, at NAME_AT.
    """
    scene = pictures.scene(seed)
    if wall:
        left, top, right, bottom = (
            round(share * size) for share, size in zip(pictures.ZONE, (640, 360) * 2, strict=True)
        )
        slope = np.linspace(100, 100 + wall, right - left + 40)[None, :, None]
        scene = scene.copy()
        scene[top - 20 : bottom + 20, left - 20 : right + 20] = slope
    lit = pictures.lit(np.asarray(cv2.convertScaleAbs(scene, alpha=1 + 0.01 * (moment % 3)), np.uint8), "day", moment)
    drawn = pictures.masked(lit, pictures.ZONE, mask)
    for color, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(drawn, name, NAME_AT, cv2.FONT_HERSHEY_SIMPLEX, 0.6, color, thickness, cv2.LINE_AA)
    data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def looked(pictures_seen: list[Picture], zone: Zone) -> Verdict:
    """Judge pictures one after the other, each together with those before it; return the last answer."""
    left: tuple[bytes, ...] = ()
    for picture in pictures_seen:
        answer = judge_looks(picture, replace(zone, earlier=left))
        left = (*left, answer.evidence)
    return answer


def together(answer: Verdict) -> Verdict:
    assert answer.together is not None
    return answer.together


def numbers(verdict: Verdict) -> dict[str, float]:
    return dict(verdict.numbers)


def zone(effect: Effect = "color", color: str = "#000000") -> Zone:
    return Zone("desk", DESK, effect, color if effect == "color" else "")


def test_one_look_is_judged_as_it_was_and_leaves_bytes_of_one_length() -> None:
    picture = seen(1, Mask("solid"))
    answer = judge_looks(picture, zone())
    assert replace(answer, evidence=b"", together=None) == judge_zone(picture, zone())
    assert together(answer) == judge_zone(picture, zone())
    assert len(answer.evidence) == EVIDENCE_BYTES


def test_what_shows_through_a_mask_faintly_recurs_and_does_not_pass() -> None:
    """A single look passes it: this is the one defence against it."""
    singles = [judge_zone(seen(moment, FAINT), zone()).verdict for moment in range(MOST_LOOKS)]
    assert "PASS" in singles
    answer = looked([seen(moment, FAINT) for moment in range(MOST_LOOKS)], zone())
    assert together(answer).verdict != "PASS"


def test_a_name_that_the_camera_writes_over_a_mask_is_no_scene_that_recurs() -> None:
    asked = replace(zone(), overlays=(NAME_BOX,))
    looks = [seen(moment, Mask("solid"), name="CAM 07") for moment in range(MOST_LOOKS)]
    for count in (1, 2, MOST_LOOKS):
        assert together(looked(looks[:count], asked)).verdict == "PASS", count


@pytest.mark.parametrize("box", [NAME_BOX, DESK, pictures.polygon((0.0, 0.0, 1.0, 1.0))])
def test_a_told_box_excuses_nothing_that_shows_through_a_mask_faintly(box: Polygon) -> None:
    looks = [seen(moment, FAINT, name="CAM 07") for moment in range(MOST_LOOKS)]
    plain = [seen(moment, FAINT) for moment in range(MOST_LOOKS)]
    for taken in (looks, plain):
        assert together(looked(taken, replace(zone(), overlays=(box,)))).verdict != "PASS"


def test_an_even_slope_that_shines_through_faintly_recurs_too() -> None:
    """No light falls on what is drawn: of a bare wall behind a mask a slope of luma is all that can show."""
    looks = [seen(moment, FAINT, wall=60) for moment in range(MOST_LOOKS)]
    assert "PASS" in [judge_zone(look, zone()).verdict for look in looks]
    assert together(looked(looks, zone())).verdict != "PASS"
    opaque = [seen(moment, Mask("solid"), wall=60) for moment in range(MOST_LOOKS)]
    assert together(looked(opaque, zone())).verdict == "PASS"


def test_what_showed_plainly_in_one_look_is_remembered() -> None:
    """By day more shows than at night: six looks at night alone would pass."""
    bright, dim = seen(0, Mask("solid", 0.97)), [seen(moment, Mask("solid")) for moment in range(1, MOST_LOOKS)]
    answer = looked([bright, *dim], zone())
    assert (answer.verdict, together(answer).verdict) == ("PASS", "UNSURE")
    assert together(looked([*dim, seen(7, Mask("solid"))], zone())).verdict == "PASS"


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_behind_an_opaque_mask_nothing_recurs(seed: int) -> None:
    answer = looked([seen(moment, Mask("solid"), seed) for moment in range(MOST_LOOKS)], zone())
    assert (together(answer).verdict, together(answer).reason) == ("PASS", "solid")
    assert numbers(together(answer))["looks"] == MOST_LOOKS


def test_a_picture_is_never_a_second_look_of_itself() -> None:
    picture = seen(1, FAINT)
    once = looked([picture], zone())
    for again in (looked([picture] * 5, zone()), looked([seen(2, FAINT), picture, seen(2, FAINT), picture], zone())):
        assert again.evidence == once.evidence
    assert "looks" not in numbers(together(looked([picture] * 5, zone())))
    assert numbers(together(looked([seen(2, FAINT), picture, seen(2, FAINT), picture], zone())))["looks"] == 2


def test_a_frozen_picture_that_was_coded_anew_is_known_by_what_it_shows() -> None:
    first = judge_looks(seen(1, FAINT), zone(), b"one moment")
    other = judge_looks(seen(1, FAINT, quality=80), replace(zone(), earlier=(first.evidence,)), b"one moment")
    assert other.evidence != first.evidence
    assert "looks" not in numbers(together(other))


@pytest.mark.parametrize("effect", ["pixelated", "blurred"])
@pytest.mark.parametrize("tone", [24, 88, 136, 200])
def test_a_zone_hidden_otherwise_than_declared_never_fails_however_often_it_is_seen(effect: Effect, tone: int) -> None:
    answer = looked([seen(moment, Mask("solid", color=(tone,) * 3)) for moment in range(MOST_LOOKS)], zone(effect))
    assert (together(answer).verdict, together(answer).reason) == ("UNSURE", "other-effect")


def test_a_first_look_that_fails_among_others_waits_for_a_second() -> None:
    hidden = [seen(moment, Mask("solid")) for moment in range(3)]
    first = looked([*hidden, seen(7, Mask("none"))], zone())
    assert (first.verdict, together(first).verdict, together(first).reason) == ("FAIL", "UNSURE", "unconfirmed")
    second = looked([*hidden, seen(7, Mask("none")), seen(8, Mask("none"))], zone())
    assert (together(second).verdict, together(second).reason) == ("FAIL", second.reason)


def test_looks_that_contradict_each_other_stay_open() -> None:
    answer = looked([seen(1, Mask("none")), seen(2, Mask("solid"))], zone())
    assert (answer.verdict, together(answer).verdict, together(answer).reason) == ("PASS", "UNSURE", "looks-differ")


@pytest.mark.parametrize("earlier", [b"", b"x", bytes(EVIDENCE_BYTES), b"\xff" * EVIDENCE_BYTES])
def test_bytes_that_are_no_evidence_are_no_look(earlier: bytes) -> None:
    with pytest.raises(NoEvidence):
        unpack(earlier)
    picture = seen(1, Mask("solid"))
    answer = judge_looks(picture, replace(zone(), earlier=(earlier,) * 5))
    assert together(answer) == judge_zone(picture, zone())


def test_a_look_at_another_zone_or_of_another_size_is_no_look_at_this_one() -> None:
    other = Zone("desk", pictures.polygon((0.31, 0.3, 0.6, 0.75)), "color", "#000000")
    left = judge_looks(seen(2, Mask("solid")), other).evidence
    small = cv2.resize(seen(3, Mask("solid")), (320, 180), interpolation=cv2.INTER_AREA)
    smaller = judge_looks(np.asarray(small, np.uint8), zone()).evidence
    answer = judge_looks(seen(1, Mask("solid")), replace(zone(), earlier=(left, smaller)))
    assert "looks" not in numbers(together(answer))


@pytest.mark.parametrize("effect", ["pixelated", "blurred"])
def test_in_a_place_without_texture_noise_that_stops_at_the_border_proves_a_mask(effect: Effect) -> None:
    mask = Mask("mosaic", 16) if effect == "pixelated" else Mask("blur", 8)

    def at(moment: int, drawn: Mask) -> Picture:
        noise = np.random.default_rng(moment).normal(0, 2, (360, 640, 3))
        wall = np.clip(pictures.flat_scene().astype(np.float64) + noise, 0, 255).astype(np.uint8)
        return pictures.masked(wall, pictures.ZONE, drawn)

    singles = {judge_zone(at(moment, mask), zone(effect)).verdict for moment in range(3)}
    bare = looked([at(moment, Mask("none")) for moment in range(MOST_LOOKS)], zone(effect))
    hidden = looked([at(moment, mask) for moment in range(MOST_LOOKS)], zone(effect))
    assert "UNSURE" in singles
    assert together(hidden).verdict == "PASS"
    assert together(bare).verdict != "PASS"


@pytest.mark.parametrize("effect", ["blurred", "any"])
@pytest.mark.parametrize("sigma", [3, 6])
@pytest.mark.parametrize("light", ["ir", "night"])
def test_a_frosted_pane_that_ends_exactly_at_the_border_is_no_blur(
    light: pictures.Light, sigma: int, effect: Effect
) -> None:
    """Behind glass the scene is soft, but the sensor's noise is not: where a codec leaves it, it crosses the border."""
    pane = pictures.masked(pictures.scene(21), pictures.ZONE, Mask("blur", sigma))
    coded = [cv2.imencode(".jpg", pictures.lit(pane, light, moment))[1] for moment in range(MOST_LOOKS)]
    looks = [np.asarray(cv2.imdecode(one, cv2.IMREAD_COLOR), np.uint8) for one in coded]
    assert together(looked(looks, zone(effect))).verdict != "PASS"


def test_the_rest_of_a_mask_is_far_below_what_shows_through_a_faint_one() -> None:
    def contrast(mask: Mask) -> float:
        picture_seen = [seen(moment, mask) for moment in range(MOST_LOOKS)]
        basis = basis_of(picture_seen[0].shape, zone())
        rests = rests_of(read([judge_looks(picture, zone()).evidence for picture in picture_seen], basis))
        assert rests is not None
        return recurring(rests).crossed

    assert contrast(Mask("solid")) < CROSSED_FROM / 2
    assert contrast(FAINT) > 2 * CROSSED_FROM


def test_each_judge_is_known_by_its_numbers() -> None:
    for effect, mask in (("color", Mask("solid")), ("pixelated", Mask("mosaic", 16)), ("blurred", Mask("blur", 8))):
        one = Zone("desk", DESK, effect)  # type: ignore[arg-type]
        assert judge_of(judge_zone(seen(1, mask), one).numbers) == effect
    assert judge_of((("hidden_probability", 0.5),)) == ""
