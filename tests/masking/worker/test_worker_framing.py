"""Zones on paths that frame the approved view in another way, through the locked-down worker; and a child that lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pictures
import pytest
from patience import PATIENCE_S
from pictures import jpeg

from agent.demo.scene import scene
from masking.model import Job, Judged, Verdict, Zone
from masking.view.model import Bars, DescriptorJob, Framing, FramingJob, FramingSeen
from masking.worker import wire_framing
from masking.worker.client import Worker
from masking.worker.study import Study
from masking.worker.wire import WireError

DESK = Zone("desk", ((0.55, 0.2), (0.8, 0.2), (0.8, 0.5), (0.55, 0.5)), "color", "#000000")
DOOR = Zone("door", ((0.02, 0.3), (0.10, 0.3), (0.10, 0.8), (0.02, 0.8)), "color", "#000000")
AREAS = (DESK.polygon, DOOR.polygon)
CUT = Framing(scale_x=4 / 3, offset_x=-1 / 6)
"""Of four thirds; the door lies outside."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


def full(n: int, masked: bool = True) -> pictures.Picture:
    """The sensor's picture, 1280x720; the desk and the door hidden in it, or bare."""
    wide = cv2.resize(scene.scene("yard", 5.0 + 37.0 * n), (1280, 720), interpolation=cv2.INTER_AREA)
    out = pictures.lit(np.asarray(wide, np.uint8), "day", n)
    for zone in (DESK, DOOR) if masked else ():
        (left, top), _, (right, bottom), _ = zone.polygon
        out[round(top * 720) : round(bottom * 720), round(left * 1280) : round(right * 1280)] = 0
    return out


def sized(seen: pictures.Picture, width: int, height: int) -> pictures.Picture:
    return np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="module")
def approved(shared: Worker) -> bytes:
    study = Study(descriptor=DescriptorJob(excluded=AREAS))
    answer = shared.judge(Job(jpeg(sized(full(0), 640, 360)), "jpeg", (), study))
    assert answer.studied is not None
    return answer.studied.descriptor


def judged(
    running: Worker, shown: pictures.Picture, approved: bytes, zones: tuple[Zone, ...] = (DESK, DOOR), **asked: Any
) -> dict[str, Verdict]:
    job = FramingJob((approved,) if approved else (), AREAS, **asked)
    answer = running.judge(Job(jpeg(shown), "jpeg", zones, framing=job, device="d", camera="c"))
    return {one.zone: one for one in answer.verdicts}


def sensed(level: int) -> pictures.Picture:
    """An even surface that fills the picture, with the noise of a sensor: without it is a card."""
    noise = np.random.default_rng(level).normal(0, 5, (480, 640, 1))
    return np.asarray(np.clip(level + noise, 0, 255).repeat(3, axis=2), np.uint8)


def cut(seen: pictures.Picture) -> pictures.Picture:
    return sized(np.asarray(seen[:, 160:-160]), 640, 480)


def mirrored(seen: pictures.Picture) -> pictures.Picture:
    return sized(np.asarray(seen[:, ::-1]), 640, 360)


def corridor(seen: pictures.Picture) -> pictures.Picture:
    return sized(np.asarray(cv2.rotate(seen, cv2.ROTATE_90_CLOCKWISE), np.uint8), 360, 640)


@pytest.mark.parametrize("way", [cut, mirrored, corridor])
def test_a_zone_is_judged_where_the_path_shows_it(shared: Worker, approved: bytes, way: Any) -> None:
    assert judged(shared, way(full(5)), approved)["desk"].verdict == "PASS"
    bare = judged(shared, way(full(5, masked=False)), approved)["desk"]
    assert (bare.verdict, bare.reason) == ("FAIL", "not-hidden")


def test_a_zone_that_the_path_does_not_show_has_a_reason_of_its_own(shared: Worker, approved: bytes) -> None:
    seen = judged(shared, cut(full(5)), approved)["door"]
    assert (seen.verdict, seen.reason) == ("PASS", "not-shown")


def test_no_zone_is_excused_by_what_an_earlier_picture_proved(shared: Worker, approved: bytes) -> None:
    dark = sensed(30)
    known = {"known": CUT, "known_size": (640, 480)}
    seen = judged(shared, dark, approved, **known)["door"]
    assert (seen.verdict, seen.reason) == ("UNSURE", "framing-unknown")


def test_a_bare_zone_is_not_excused_by_a_framing_that_the_picture_contradicts(shared: Worker, approved: bytes) -> None:
    whole = sized(full(5, masked=False), 640, 360)
    seen = judged(shared, whole, approved, known=CUT, known_size=(640, 360))
    assert {(one.verdict, one.reason) for one in seen.values()} == {("FAIL", "not-hidden")}


def test_where_the_shape_hints_at_another_framing_that_nobody_knows_nothing_is_judged(
    shared: Worker, approved: bytes
) -> None:
    blank = sensed(90)
    blank[100:200, 350:520] = 0
    seen = judged(shared, blank, approved)
    assert {(one.verdict, one.reason) for one in seen.values()} == {("UNSURE", "framing-unknown")}
    same_shape = judged(shared, sized(blank, 640, 360), approved)
    assert "framing-unknown" not in {one.reason for one in same_shape.values()}


@pytest.mark.parametrize("effect", ["color", "any"])
def test_a_zone_in_a_black_bar_never_passes(shared: Worker, effect: Any) -> None:
    barred = np.zeros((576, 704, 3), np.uint8)
    barred[90:486] = sized(full(5), 704, 396)
    in_bar = Zone("in bar", ((0.1, 0.01), (0.3, 0.01), (0.3, 0.14), (0.1, 0.14)), effect)
    at_edge = Zone("at edge", ((0.4, 0.02), (0.6, 0.02), (0.6, 0.16), (0.4, 0.16)), effect)
    for zone in (in_bar, at_edge):
        answer = shared.judge(Job(jpeg(barred), "jpeg", (zone,), framing=FramingJob()))
        assert answer.verdicts[0].verdict != "PASS", zone.name


def test_a_mask_along_a_whole_edge_is_no_bar(shared: Worker, approved: bytes) -> None:
    strip = Zone("strip", ((0.0, 0.0), (1.0, 0.0), (1.0, 0.2), (0.0, 0.2)), "color", "#000000")
    seen = sized(full(5), 640, 360)
    seen[:72] = 0
    answer = shared.judge(Job(jpeg(seen), "jpeg", (strip,), framing=FramingJob((approved,), (strip.polygon,))))
    assert (answer.verdicts[0].verdict, answer.verdicts[0].reason) == ("PASS", "solid")


def said(**changes: Any) -> dict[str, Any]:
    seen = FramingSeen(state="found", reason="tiles", framing=CUT, agreeing_ratio=0.9, tiles=40, quadrants=4)
    message = wire_framing.framing_message(seen)
    message["framing"] |= changes
    return message


ASKED = FramingJob((b"x",))


def test_an_honest_framing_is_read() -> None:
    seen = wire_framing.read_framing_seen(said(), ASKED)
    assert seen is not None and seen.framing is not None
    assert seen.framing.scale_x == pytest.approx(4 / 3)


@pytest.mark.parametrize(
    "lie",
    [
        {"state": "sure"},
        {"reason": "Because I say so"},
        {"framing": None},
        {"framing": [45, False, 1, 1, 0, 0]},
        {"framing": [0, 1, 1, 1, 0, 0]},
        {"framing": [0, False, 1, 1, 0.7, 0]},  # all moved out at one side
        {"framing": [0, False, 90, 1, 0, 0]},
        {"framing": [0, False, float("nan"), 1, 0, 0]},
        {"framing": [0, False, 1, 1, 0]},
        {"bars": [0.9, 0, 0, 0]},
        {"bars": [0, 0, 0]},
        {"hinted": 1},
        {"agreeing_ratio": 2},
        {"tiles": -1},
        {"quadrants": 5},
        {"state": "held"},  # nothing was known
    ],
)
def test_a_child_that_lies_about_a_framing_is_not_believed(lie: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        wire_framing.read_framing_seen(said(**lie), ASKED)


def test_a_framing_needs_a_question_and_a_reference() -> None:
    with pytest.raises(WireError, match="nobody asked"):
        wire_framing.read_framing_seen(said(), None)
    with pytest.raises(WireError):
        wire_framing.read_framing_seen(said(), FramingJob())
    assert wire_framing.read_framing_seen({}, None) is None


@pytest.mark.parametrize("framing", [None, Framing(scale_x=0.75, offset_x=0.125)])
def test_a_child_excuses_no_zone_that_its_own_framing_shows(framing: Framing | None) -> None:
    seen = None if framing is None else FramingSeen(state="found", reason="tiles", framing=framing)
    judged = Judged(640, 480, 90.0, 40.0, (Verdict("door", "PASS", "not-shown"),), framing=seen)
    with pytest.raises(WireError, match="excused"):
        wire_framing.check_not_shown(judged, (DOOR,))
    held = FramingSeen(state="held", reason="no-texture", framing=CUT)
    with pytest.raises(WireError, match="excused"):
        wire_framing.check_not_shown(replace(judged, framing=held), (DOOR,))
    wire_framing.check_not_shown(replace(judged, framing=replace(held, state="found")), (DOOR,))


def test_the_question_arrives_as_it_was_asked() -> None:
    asked = FramingJob((b"ab",), AREAS, (b"c",), CUT, (640, 480), False)
    there = wire_framing.framing_job_of(wire_framing.framing_job_message(asked))
    assert there == asked
    assert wire_framing.framing_job_message(None) == {}


def test_bars_of_an_answer_are_kept() -> None:
    seen = FramingSeen(state="unknown", reason="no-reference", bars=Bars(0.1, 0.0, 0.1, 0.0))
    assert wire_framing.read_framing_seen(wire_framing.framing_message(seen), FramingJob()) == seen
