"""Masks in what a device sends to the platform: judged as on any path, never by an old picture or another camera's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import cards_drawn
import cv2
import numpy as np
import pictures
import pytest
from patience import PATIENCE_S
from pictures import jpeg
from sites import NOW, camera, site

from agent.demo.scene import scene
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.turns import zones_digest
from agent.onsite.link.result import Step
from agent.onsite.masks_look.platform_pictures import Behind, KeyPicture, masks_judge, with_look
from agent.site.config.site import CameraConfig, Preset, PrivateZone
from drivers.picture import PLATFORM
from masking.model import Job
from masking.view.model import DescriptorJob
from masking.worker.client import Worker
from masking.worker.study import Study

DESK = PrivateZone("desk", ((0.55, 0.2), (0.8, 0.2), (0.8, 0.5), (0.55, 0.5)), "color", "#000000")
DOOR = PrivateZone("door", ((0.02, 0.3), (0.10, 0.3), (0.10, 0.8), (0.02, 0.8)), "color", "#000000")
CODE, OTHER = "14021300001320000001", "14021300001320000002"
Seen = pictures.Picture


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


@cache
def full(n: int = 0, *, masked: bool = True, place: str = "yard") -> Seen:
    """What the sensor sees at one moment, the desk and the door hidden in it, or bare."""
    wide = cv2.resize(scene.scene(place, 5.0 + 37.0 * n), (1280, 720), interpolation=cv2.INTER_AREA)
    out = pictures.lit(np.asarray(wide, np.uint8), "day", n)
    for zone in (DESK, DOOR) if masked else ():
        (left, top), _, (right, bottom), _ = zone.polygon
        out[round(top * 720) : round(bottom * 720), round(left * 1280) : round(right * 1280)] = 0
    return out


def sized(seen: Seen, width: int = 640, height: int = 360) -> Seen:
    return np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="module")
def views(worker: Worker) -> ApprovedViews:
    """The approved views of the two cameras of the site."""
    study = Study(descriptor=DescriptorJob(excluded=(DESK.polygon, DOOR.polygon)))
    found = {}
    for name, place in (("gate", "yard"), ("hall", "parking")):
        answer = worker.judge(Job(jpeg(sized(full(place=place))), "jpeg", (), study))
        assert answer.studied is not None
        found[name] = (answer.studied.descriptor,)
    return ApprovedViews(found)


def cameras(**changes: Any) -> tuple[CameraConfig, CameraConfig]:
    gate, hall = camera(zones=(DESK, DOOR)), camera("hall", zones=())
    return replace(gate, camera=replace(gate.camera, code=CODE), **changes), replace(
        hall, camera=replace(hall.camera, code=OTHER)
    )


def judged(worker: Worker, views: ApprovedViews, *looks: Seen | bytes, apart_s: float = 2.5, **changes: Any) -> Step:
    behind = Behind(site=site(*cameras(**changes)), device="box", views=views, masks={"gate": "digest"})
    judge = masks_judge(behind, CODE, worker.judge, lambda: NOW)
    assert judge is not None
    data = [one if isinstance(one, bytes) else jpeg(one) for one in looks]
    return judge([KeyPicture(one, "jpeg", 1.0 + apart_s * number) for number, one in enumerate(data)])


def test_hidden_zones_pass_as_seen_with_two_looks(worker: Worker, views: ApprovedViews) -> None:
    step = judged(worker, views, sized(full(1)), sized(full(2)))
    assert (step.name, step.status, step.reason) == ("masks", "seen", "")
    assert step.shown is not None and step.shown.seen is not None
    assert {(one.zone, one.verdict, one.path) for one in step.shown.verdicts} == {
        ("desk", "PASS", PLATFORM), ("door", "PASS", PLATFORM),
    }  # fmt: skip
    assert (step.shown.camera_id, step.shown.at, step.shown.masks) == ("gate", NOW, "digest")
    assert step.shown.zones == zones_digest(site(*cameras()), "gate")
    assert (step.shown.seen.shows, step.shown.seen.imprint) == ("gate", ""), "no bits of the picture are stored"


def test_a_bare_zone_fails_after_two_looks_and_waits_after_one(worker: Worker, views: ApprovedViews) -> None:
    bare = [sized(full(n, masked=False)) for n in (1, 2)]
    step = judged(worker, views, *bare)
    assert (step.status, step.shown is not None) == ("failed", True)
    assert {one.verdict for one in step.shown.verdicts} == {"FAIL"}  # type: ignore[union-attr]
    alone = judged(worker, views, bare[0])
    assert (alone.status, alone.reason) == ("unknown", "unconfirmed")


def test_a_zone_bare_in_one_look_of_two_is_unsure(worker: Worker, views: ApprovedViews) -> None:
    for looks in (((1, True), (2, False)), ((1, False), (2, True))):
        step = judged(worker, views, *(sized(full(n, masked=masked)) for n, masked in looks))
        assert step.status == "unknown", looks


@pytest.mark.parametrize("masked", [True, False])
def test_another_cameras_picture_under_this_code_is_named_and_judges_nothing(
    worker: Worker, views: ApprovedViews, masked: bool
) -> None:
    step = judged(worker, views, *(sized(full(n, masked=masked, place="parking")) for n in (1, 2)))
    assert (step.status, step.reason, step.shown) == ("failed", "another-camera", None)
    assert "hall" in str(step.what)


def test_a_scene_that_nobody_approved_judges_nothing(worker: Worker, views: ApprovedViews) -> None:
    step = judged(worker, views, *(sized(full(n, place="lobby")) for n in (1, 2)))
    assert (step.status, step.reason, step.shown) == ("unknown", "view-not-proven", None)


def test_a_change_from_one_camera_to_another_during_the_call_judges_nothing(
    worker: Worker, views: ApprovedViews
) -> None:
    step = judged(worker, views, sized(full(1, place="lobby")), sized(full(2)))
    assert (step.reason, step.shown) == ("view-not-proven", None)


@pytest.mark.parametrize("name", ["blue", "bars with words", "logo", "black"])
def test_a_card_judges_nothing(worker: Worker, views: ApprovedViews, name: str) -> None:
    card = cards_drawn.cards(3)[name]
    step = judged(worker, views, card, sized(card, 638, 358))
    assert (step.status, step.reason, step.shown) == ("unknown", "view-not-proven", None)


@pytest.mark.parametrize("masked", [True, False])
def test_an_old_picture_sent_twice_is_not_live(worker: Worker, views: ApprovedViews, masked: bool) -> None:
    old = sized(full(1, masked=masked))
    step = judged(worker, views, old, old)
    assert (step.status, step.reason, step.shown) == ("unknown", "same-picture", None)


def test_an_old_picture_with_other_bytes_around_it_is_not_live_either(worker: Worker, views: ApprovedViews) -> None:
    old = jpeg(sized(full(1)))
    step = judged(worker, views, old, old[:2] + b"\xff\xfe\x00\x07later" + old[2:])
    assert (step.status, step.reason, step.shown) == ("unknown", "same-picture", None)


def test_half_a_picture_judges_nothing(worker: Worker, views: ApprovedViews) -> None:
    whole = jpeg(sized(full(2)))
    step = judged(worker, views, sized(full(1)), whole[: len(whole) // 2] + b"\xff\xd9")
    assert (step.status, step.shown) == ("unknown", None)
    assert step.reason in ("damaged", "malformed")


def test_another_crop_is_registered_against_the_approved_view(worker: Worker, views: ApprovedViews) -> None:
    """The platform's picture shows four thirds: the desk lies elsewhere in it, and the door outside."""
    crops = [sized(np.asarray(full(n)[:, 160:-160]), 704, 528) for n in (1, 2)]
    step = judged(worker, views, *crops)
    assert step.shown is not None
    assert [(one.zone, one.verdict, one.reason) for one in step.shown.verdicts][1] == ("door", "PASS", "not-shown")
    assert step.status == "seen"
    bare = judged(worker, views, *(sized(np.asarray(full(n, masked=False)[:, 160:-160]), 704, 528) for n in (1, 2)))
    assert bare.status == "failed"


def test_another_size_is_judged(worker: Worker, views: ApprovedViews) -> None:
    assert judged(worker, views, full(1), full(2)).status == "seen"


def test_without_an_approved_view_nobody_knows_whose_picture_it_is(worker: Worker) -> None:
    step = judged(worker, ApprovedViews(), sized(full(1)), sized(full(2)))
    assert (step.status, step.reason, step.shown) == ("unknown", "no-approved-view", None)
    assert step.what.next_step


def test_a_camera_that_turns_is_not_judged_here(worker: Worker, views: ApprovedViews) -> None:
    step = judged(worker, views, sized(full(1)), zones=(), presets=(Preset("entrance", (DESK,)),))
    assert (step.status, step.reason, step.shown) == ("unknown", "camera-turns", None)


def test_of_an_unknown_code_or_a_camera_without_zones_nothing_is_judged(worker: Worker) -> None:
    behind = Behind(site=site(*cameras()), device="box")
    for code in ("14021300001320000009", OTHER):
        assert masks_judge(behind, code, worker.judge, lambda: NOW) is None
    assert masks_judge(replace(behind, device="another"), CODE, worker.judge, lambda: NOW) is None


def test_the_second_look_is_the_newest_that_came_long_enough_after_the_first() -> None:
    def came(*after_s: float) -> list[float]:
        looks: list[KeyPicture] = []
        for one in after_s:
            looks = with_look(looks, KeyPicture(b"", "h264", one))
        return [one.after_s for one in looks]

    assert came(0.5) == [0.5]
    assert came(0.5, 1.5, 2.4) == [0.5]
    assert came(0.5, 1.5, 2.7, 4.0) == [0.5, 4.0]
