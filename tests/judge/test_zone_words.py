"""The word of a zone on a path is the check's at every door: what a picture alone thinks is a reason behind it."""

from dataclasses import replace

import pytest
from sites import NOW, PATHS, ZONE, camera, healthy, observed, site, without

from agent.judge.checks.pictures.masks import EFFECTIVE
from agent.judge.checks.table import run_checks
from agent.judge.zone_words import drawn_words, zone_words
from agent.observe.approvals.approvals import Approval, approve
from agent.observe.approvals.signed_masks import SignedMask
from agent.observe.facts.facts import gather
from drivers.model import Mask, Observations
from drivers.picture import PictureSeen, ZoneVerdict

CAMERA = camera(zones=(replace(ZONE, effect="blurred"),))
SITE = site(CAMERA)
BLUR = (("hidden_probability", 0.99), ("sigma_px", 8.4))
GLASS = ZoneVerdict("main", ZONE.name, "PASS", "blur", BLUR)
APPROVED = replace(
    approve(SITE, "gate", "Li Na", NOW, "", (Mask("m1", ZONE.polygon, "Blurred", True),)),
    signatures=(SignedMask("main", ZONE.name, (("width_px", 640.0), ("sigma_px", 8.4))),),
)


def told(*verdicts: ZoneVerdict) -> Observations:
    """Return a camera in order with these verdicts, and solid ones on its other paths."""
    paths = {one.path for one in verdicts}
    rest = (ZoneVerdict(path, ZONE.name, "PASS", "solid") for path in (*PATHS, "playback") if path not in paths)
    return without(healthy(), ZoneVerdict) + observed("camera:gate", *verdicts, *rest)


@pytest.mark.parametrize(
    ("verdict", "approvals", "word"),
    [
        (GLASS, {}, ("unknown", "like-glass")),
        (GLASS, {"gate": APPROVED}, ("pass", "blur")),
        (replace(GLASS, verdict="FAIL", reason="not-hidden"), {"gate": APPROVED}, ("fail", "not-hidden")),
        (replace(GLASS, verdict="UNSURE", reason="not-clean"), {}, ("unknown", "not-clean")),
    ],
)
def test_the_word_is_that_of_the_check(
    verdict: ZoneVerdict, approvals: dict[str, Approval], word: tuple[str, str]
) -> None:
    facts = gather(told(verdict), approvals=approvals)
    found = {one.path: one for one in zone_words(EFFECTIVE, facts, CAMERA, NOW)}
    assert (found["main"].status, found["main"].reason) == word
    assert found["main"].picture is verdict, "the picture's own opinion stands behind it"
    checked = {one.key: one for one in run_checks(SITE, facts, NOW)}["privacy-mask-effective camera:gate"]
    assert (checked.status, checked.reason) == (word[0], "" if word[0] == "pass" else word[1])


def test_a_path_without_a_picture_of_its_own_hides_nothing() -> None:
    only = tuple(o for o in told(GLASS) if not isinstance(o.value, PictureSeen))
    facts = gather(only, approvals={"gate": APPROVED})
    assert {one.status for one in zone_words(EFFECTIVE, facts, CAMERA, NOW)} == {"unknown"}


def test_what_is_only_drawn_yet_is_unknown_until_somebody_approved_it() -> None:
    assert [one.status for one in drawn_words(gather(()), CAMERA, (GLASS,))] == ["unknown"]
    known = gather((), approvals={"gate": APPROVED})
    assert [one.status for one in drawn_words(known, CAMERA, (GLASS,))] == ["pass"]
    moved = replace(CAMERA, zones=(replace(CAMERA.zones[0], polygon=((0.0, 0.0), (0.1, 0.0), (0.1, 0.1))),))
    assert [one.status for one in drawn_words(known, moved, (GLASS,))] == ["unknown"], "drawn anew"
