"""Two cameras that show one picture fail, ones that are merely alike are unknown, and only other scenes pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from imprints import imprint
from sites import NOW, camera, healthy, healthy_device, observed, picture, site, without

from agent.judge.checks.pictures.same import CHECK
from agent.judge.checks.table import run_checks
from agent.model.finding import Finding, Listed, is_waiting
from agent.observe.facts.facts import gather
from agent.observe.pictures.moments import EqualMoment, Moments, update_moments
from agent.observe.remembered.value import EMPTY
from drivers.model import Provenance
from drivers.picture import PictureSeen

KEY = "same-picture site"
EQUAL = tuple(
    EqualMoment({"gate": 0, "yard": 0}, "snapshot", NOW - timedelta(hours=n), (1 << 99 * n) - 1) for n in (1, 2)
)
PLAYED_LIVE = tuple(replace(one, cameras={"gate": 0, "": 0}) for one in EQUAL)


def judge(gate: str, yard: str, moments: Moments = ()) -> dict[str, Finding]:
    """Judge two cameras of one recorder whose snapshots have these imprints."""
    seen = healthy_device()
    for name, bits in (("gate", gate), ("yard", yard)):
        (one,) = observed(f"camera:{name}", replace(picture("snapshot"), imprint=bits))
        seen += (*without(healthy(name), PictureSeen), one)
    facts = gather(seen, remembered=replace(EMPTY, moments=moments))
    return {one.key: one for one in run_checks(site(camera("gate"), camera("yard")), facts, NOW)}


def test_other_scenes_pass() -> None:
    found = judge(imprint(1, 1), imprint(2, 1))[KEY]
    assert (found.status, found.evidence["compared"], found.evidence["left_out"]) == ("pass", 2, [])


def test_scenes_that_are_alike_are_unknown() -> None:
    found = judge(imprint(1, 1), imprint(1, 2))[KEY]
    assert (found.status, found.reason, found.evidence["alike"]) == ("unknown", "alike", [["gate", "yard"]])


def test_one_equal_moment_is_unknown_and_two_fail() -> None:
    same = imprint(1, 1), imprint(1, 1)
    once, twice = judge(*same, EQUAL[:1])[KEY], judge(*same, EQUAL)[KEY]
    assert (once.status, once.reason) == ("unknown", "alike")
    assert (twice.status, twice.reason, twice.evidence["same"]) == ("fail", "same-moments", [["gate", "yard"]])


def test_all_channels_of_a_recorder_that_sends_one_picture_for_each_fail_and_are_named() -> None:
    """In pairs they would be thousands, of which a few would be kept and named."""
    names = [f"c{number:02}" for number in range(64)]
    looks = [
        tuple(
            one
            for name in names
            for one in observed(f"camera:{name}", replace(picture("snapshot"), imprint=imprint(1, moment)))
        )
        for moment in (1, 2)
    ]
    moments = update_moments(looks[1], update_moments(looks[0], (), NOW - timedelta(hours=1)), NOW)
    facts = gather(looks[1], remembered=replace(EMPTY, moments=moments))
    (found,) = CHECK.run(CHECK, site(*map(camera, names)), facts, NOW)
    assert (found.status, found.reason) == ("fail", "same-moments")
    assert found.message.values["cameras"] == Listed((" + ".join([*names[:16], "..."]),), "; ")
    assert "alike" not in found.evidence


@pytest.mark.parametrize(("gate", "yard"), [("", ""), (imprint(1, 1), ""), ("", imprint(1, 1))])
def test_of_cards_and_dark_pictures_nothing_is_said(gate: str, yard: str) -> None:
    found = judge(gate, yard)[KEY]
    assert (found.status, found.reason) == ("unknown", "nothing-to-compare")
    assert is_waiting(found)


def test_a_camera_that_is_configured_twice_is_one_finding() -> None:
    where = Provenance(box="b", source="s", path="snapshot")
    seen = observed("camera:gate", picture("snapshot")) + observed("camera:yard", picture("snapshot"))
    facts = gather(
        tuple(replace(one, value=replace(one.value, imprint=imprint(1, 1)), provenance=where) for one in seen),  # type: ignore[type-var,call-arg]
        remembered=replace(EMPTY, moments=EQUAL),
    )
    (found,) = CHECK.run(CHECK, site(camera("gate"), camera("yard")), facts, NOW)
    assert (found.status, found.reason, found.evidence["twice"]) == ("fail", "configured-twice", [["gate", "yard"]])
    assert "same" not in found.evidence


def test_a_site_of_one_camera_has_nothing_to_compare() -> None:
    found = run_checks(site(camera("gate")), gather(healthy("gate")), NOW)
    assert not [one for one in found if one.check == "same-picture"]


@pytest.mark.parametrize(
    ("moments", "status", "reason"),
    [((), "pass", ""), (PLAYED_LIVE[:1], "unknown", "may-be-live"), (PLAYED_LIVE, "fail", "playback-is-live")],
)
def test_footage_that_shows_what_is_live_fails_and_one_such_moment_proves_no_footage(
    moments: Moments, status: str, reason: str
) -> None:
    """Whoever looks once must not read a pass: a recorder whose disk is gone plays what it has."""
    known = replace(gather(healthy("gate")), remembered=replace(EMPTY, moments=moments))
    found = {one.key: one for one in run_checks(site(camera("gate")), known, NOW)}
    retention, masks = found["retention-days camera:gate"], found["privacy-mask-effective camera:gate"]
    assert (retention.status, retention.reason) == (status, reason)
    if moments:
        assert (masks.status, masks.reason, masks.caused_by) == ("unknown", "not-its-footage", retention.key)
