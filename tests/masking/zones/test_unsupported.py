"""A mosaic or blur fails where the scene shows: low odds beside writing, or at a smeared border, are no sign of it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pictures
import pytest
from pictures import Mask, Picture

from masking.looks.evidence import Change
from masking.looks.evidence_format import NO_MOMENT, Decision, Single
from masking.looks.together import judge_looks
from masking.looks.unsupported import unsupported
from masking.model import Effect, Verdict, Zone

NAME_BOX = pictures.polygon((212 / 640, 170 / 360, 330 / 640, 198 / 360))
STILL = Change(inside=-1.9, cell=-1.5, strip=-0.4, around=2.0, least_around=1.5)
MOVING = Change(inside=0.1, cell=0.5, strip=0.2, around=2.0, least_around=1.5)


def failed(reason: str, leak: float) -> Verdict:
    return Verdict("z", "FAIL", reason, (("hidden_probability", 0.02), ("sigma_px", 4.0), ("leak_ratio", leak)))


def looks(*decisions: Decision) -> list[Single]:
    return [Single(bytes(8), NO_MOMENT, one, "blurred", one != "UNSURE", False, 0.03) for one in decisions]


def test_a_fail_by_the_border_alone_needs_a_border_that_moves_and_most_looks() -> None:
    most = looks("FAIL", "FAIL", "UNSURE")
    assert unsupported(failed("partly-covered", 0.0), most, MOVING, is_told=False) is None
    assert unsupported(failed("partly-covered", 0.0), most, None, is_told=False) is None
    assert unsupported(failed("partly-covered", 0.0), most, STILL, is_told=False) is not None
    assert unsupported(failed("partly-covered", 0.0), most, replace(STILL, strip=0.1), is_told=False) is None
    few = looks("FAIL", "UNSURE", "UNSURE", "FAIL")
    assert unsupported(failed("partly-covered", 0.0), few, MOVING, is_told=False) is not None


def test_detail_inside_is_a_sign_of_the_scene_that_nothing_opens() -> None:
    for reason in ("not-hidden", "partly-covered"):
        assert unsupported(failed(reason, 0.2), looks("FAIL", "FAIL"), STILL, is_told=False) is None


@pytest.mark.parametrize(("leak", "inside", "is_open"), [(0.9, -0.5, False), (0.9, -0.8, True), (0.4, -0.3, True)])
def test_beside_told_writing_a_zone_fails_unless_nothing_moves_there(leak: float, inside: float, is_open: bool) -> None:
    change = replace(MOVING, inside=inside)
    assert (unsupported(failed("not-hidden", leak), looks("FAIL", "FAIL"), change, is_told=True) is not None) is is_open
    assert unsupported(failed("not-hidden", leak), looks("FAIL", "FAIL"), change, is_told=False) is None
    assert unsupported(failed("not-hidden", leak), looks("FAIL", "FAIL"), None, is_told=True) is None


@pytest.mark.parametrize("effect", ["pixelated", "blurred"])
def test_a_bare_zone_fails_with_a_told_name_in_it_too(effect: Effect) -> None:
    left: tuple[bytes, ...] = ()
    zone = Zone("desk", pictures.polygon(pictures.ZONE), effect, overlays=(NAME_BOX,))
    for moment in range(4):
        bare = pictures.masked(pictures.lit(pictures.scene(21), "day", moment), pictures.ZONE, Mask("none"))
        for color, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(bare, "CAM 07", (216, 190), cv2.FONT_HERSHEY_SIMPLEX, 0.6, color, thickness, cv2.LINE_AA)
        seen: Picture = np.asarray(cv2.imdecode(cv2.imencode(".jpg", bare)[1], cv2.IMREAD_COLOR), np.uint8)
        answer = judge_looks(seen, replace(zone, earlier=left))
        left = (*left, answer.evidence)
    assert answer.together is not None
    assert answer.together.verdict == "FAIL"
