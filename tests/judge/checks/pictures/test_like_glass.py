"""A pane of frosted glass in a zone looks like a blur: until somebody approved that look, no pass rests on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import cv2
import numpy as np
import pictures
import pytest
from patience import PATIENCE_S
from sites import NOW, PATHS, ZONE, camera, healthy, observed, site, without

from agent.judge.checks.table import run_checks
from agent.judge.wording.held import is_held
from agent.model.finding import Finding
from agent.observe.approvals.approvals import Approval, approve
from agent.observe.approvals.signed_masks import SignedMask, signed_masks
from agent.observe.facts.facts import gather
from agent.observe.pictures.zone_verdicts import zone_verdict
from drivers.model import Mask, Observations
from drivers.picture import PathName, ZoneVerdict
from masking.model import Job, Verdict, Zone
from masking.worker.client import Worker

SITE = site(camera(zones=(replace(ZONE, effect="blurred"),)))
BLUR = (("hidden_probability", 0.99), ("sigma_px", 8.4))
SIGNED = SignedMask("main", ZONE.name, (("width_px", 640.0), ("sigma_px", 8.4)))
OWN = approve(SITE, "gate", "Li Na", NOW, "", (Mask("m1", ZONE.polygon, "Blurred", True),))
RECORDED: PathName = "playback"


def seen(*verdicts: ZoneVerdict) -> Observations:
    """Return a camera in order with these verdicts, and solid ones on its other paths."""
    paths = {one.path for one in verdicts}
    rest = (ZoneVerdict(path, ZONE.name, "PASS", "solid") for path in (*PATHS, RECORDED) if path not in paths)
    return without(healthy(), ZoneVerdict) + observed("camera:gate", *verdicts, *rest)


def blurred(path: PathName = "main", **changes: object) -> ZoneVerdict:
    return replace(ZoneVerdict(path, ZONE.name, "PASS", "blur", BLUR), **changes)  # type: ignore[arg-type]


def effective(told: Observations, approval: Approval | None = None) -> Finding:
    approvals: Mapping[str, Approval] = {} if approval is None else {"gate": approval}
    found = run_checks(SITE, gather(told, approvals=approvals), NOW)
    return {f.key: f for f in found}["privacy-mask-effective camera:gate"]


def test_a_blur_that_nobody_approved_is_held_back_and_says_what_to_do() -> None:
    one = effective(seen(blurred()))
    assert (one.status, one.reason, one.evidence["held_back"]) == ("unknown", "like-glass", ["like-glass"])
    assert is_held(one), "no event: nothing has changed"
    assert "zone window on path main" in str(one.message).replace(ZONE.name, "window")
    assert "frosted glass" in str(one.message) and "camwarden masks adopt" in str(one.message)


def test_a_blur_whose_look_was_approved_passes_on_every_path() -> None:
    approval = replace(OWN, signatures=(SIGNED,))
    assert effective(seen(*(blurred(path) for path in (*PATHS, RECORDED))), approval).status == "pass"


@pytest.mark.parametrize(
    "approval",
    [
        OWN,
        replace(OWN, signatures=(replace(SIGNED, zone="another"),)),
        replace(OWN, signatures=(SignedMask("main", ZONE.name, (("luma", 16.0), ("cr", 128.0), ("cb", 128.0))),)),
        replace(OWN, signatures=(SIGNED,), zones_digest="0" * 64),
    ],
    ids=["no look kept", "another zone", "it was one colour then", "the zone was declared anew"],
)
def test_an_approval_of_something_else_is_none(approval: Approval) -> None:
    assert effective(seen(blurred()), approval).reason == "like-glass"


def test_a_mask_of_one_colour_or_of_blocks_is_no_glass() -> None:
    solid = blurred(numbers=(("covered_ratio", 1.0),))
    assert effective(seen(solid)).status == "pass"
    assert effective(seen(blurred(numbers=(("block_px", 12.0),)))).status == "pass"


def test_glass_excuses_no_bare_path_and_no_doubt_of_another_kind() -> None:
    assert effective(seen(blurred(), blurred("sub", verdict="FAIL", reason="not-hidden"))).status == "fail"
    both = effective(seen(blurred(), blurred("sub", verdict="UNSURE", reason="not-clean")))
    assert (both.status, both.reason) == ("unknown", "not-clean")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


def judged(worker: Worker, *, drawn_by_camera: bool) -> Verdict:
    """Judge a blur over the zone: drawn behind the sensor's noise, or a pane of glass before it."""
    left, top, right, bottom = (round(share * side) for share, side in zip(pictures.ZONE, (640, 360) * 2, strict=True))
    inside = (slice(top, bottom), slice(left, right))
    picture = pictures.scene(21).astype(np.float32)
    noise = np.random.default_rng(5).normal(0, 0.8, picture.shape)
    if drawn_by_camera:
        picture += noise
    picture[inside] = cv2.GaussianBlur(picture, (0, 0), 9)[inside]
    if not drawn_by_camera:
        picture += noise
    data = cv2.imencode(".jpg", np.clip(picture, 0, 255), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    zone = Zone(ZONE.name, pictures.polygon(pictures.ZONE), "blurred")
    (verdict,) = worker.judge(Job(data, "jpeg", (zone,))).verdicts
    return verdict


def test_the_worker_passes_a_pane_and_the_check_does_not_until_its_look_is_approved(worker: Worker) -> None:
    """What no picture tells: both pass as a blur, and both leave the signature of one."""
    mask, pane = (zone_verdict("main", judged(worker, drawn_by_camera=drawn)) for drawn in (True, False))
    assert (mask.verdict, pane.verdict) == ("PASS", "PASS")
    for one in (mask, pane):
        assert effective(seen(one)).reason == "like-glass"
        assert effective(seen(one), replace(OWN, signatures=signed_masks([one]))).status == "pass"
