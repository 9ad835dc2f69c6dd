"""A camera that can turn is locked and seen to be so, or unknown: a declaration alone passes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sights import REFERENCES, STEP, of, played, quality, seen, view
from sites import NOW, ZONE, camera, healthy, observed, site, without, without_path

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding, is_waiting
from agent.observe.facts.facts import gather
from agent.site.config.site import CameraConfig, NoPrivateArea, Preset, PtzLock, Site
from drivers.details import Movable
from drivers.model import Observations, Unavailable

CHECK = "privacy-mask-ptz"
LOCK = PtzLock("Li Na", "2026-01-31")
LOCKED = site(camera(ptz_lock=LOCK))
PRESETS = (Preset("entrance", (ZONE,)), Preset("street"))
TURNS = observed("camera:gate", Movable(True))


def judged(config: CameraConfig, *more: Observations) -> dict[str, Finding]:
    """Return the findings on a healthy site with these facts added."""
    facts = gather(sum(more, healthy()))
    return {f.key: f for f in run_checks(site(config), facts, NOW)}


def after(*looks: str, a_site: Site = LOCKED) -> Finding:
    """Return the finding after pictures that say these of the view."""
    return of(played(a_site, [seen(view(look), quality()) for look in looks])[2][-1], CHECK)


def test_a_locked_camera_passes_when_its_view_is_settled_as_the_approved_one() -> None:
    finding = after("still", "still", "still")
    assert (finding.status, finding.severity, finding.evidence["by"]) == ("pass", "major", "Li Na")
    assert finding.source.article == "article 5(2); article 13"


@pytest.mark.parametrize("looks", [("still",), ("still", "still"), ("unknown",) * 3])
def test_a_word_that_no_pictures_bear_out_is_no_pass(looks: tuple[str, ...]) -> None:
    finding = after(*looks)
    assert (finding.status, finding.caused_by) == ("unknown", "camera-moved camera:gate")


def test_a_locked_camera_that_moved_fails_with_the_move_as_its_cause() -> None:
    finding = after("moved", "moved", "moved")
    assert (finding.status, finding.reason, finding.caused_by) == ("fail", "moved", "camera-moved camera:gate")


def test_a_locked_camera_without_an_approved_view_is_unknown() -> None:
    finding = judged(camera(ptz_lock=LOCK), TURNS)[f"{CHECK} camera:gate"]
    assert (finding.status, finding.reason, finding.caused_by) == ("unknown", "no-baseline", "camera-moved site")


def test_a_locked_camera_that_delivers_no_picture_is_unknown_whatever_was_settled() -> None:
    views, known, _ = played(LOCKED, [seen(view(), quality())] * 3)
    silent = without_path(without_path(seen(), "main"), "sub") + observed(
        "camera:gate",
        *(Unavailable("picture", "unreachable", path=path) for path in ("main", "sub")),  # type: ignore[arg-type]
    )
    _, _, (findings,) = played(LOCKED, [silent], views, known, NOW + 3 * STEP, REFERENCES)
    assert (of(findings, CHECK).status, of(findings, CHECK).reason) == ("unknown", "unreachable")


def test_presets_that_nobody_approved_are_unknown_and_each_with_zones_is_named() -> None:
    finding = judged(camera(presets=PRESETS))[f"{CHECK} camera:gate"]
    assert (finding.status, finding.reason) == ("unknown", "preset-not-approved")
    assert "nobody approved what presets entrance look like" in str(finding.message)
    assert [row["preset"] for row in finding.evidence["presets"]] == ["entrance"]  # type: ignore[index, union-attr, call-overload]


def test_presets_at_which_nothing_is_private_have_nothing_to_prove() -> None:
    finding = judged(camera(zones=(), presets=(Preset("street"), Preset("sky"))))[f"{CHECK} camera:gate"]
    assert (finding.status, finding.reason) == ("not_applicable", "no-zones")


def test_zones_of_presets_are_a_declaration_and_no_proof_of_masks() -> None:
    findings = judged(camera(zones=(), presets=PRESETS), TURNS)
    assert "privacy-mask-present site" not in findings, "whoever declared presets is not asked what is private"
    assert "privacy-mask-present camera:gate" not in findings
    assert findings[f"{CHECK} camera:gate"].status == "unknown"


def test_cameras_that_turn_and_of_which_nobody_said_how_are_one_open_item() -> None:
    two = site(camera(), camera("yard"))
    facts = gather(healthy() + healthy("yard") + TURNS + observed("camera:yard", Movable(True)))
    (finding,) = [f for f in run_checks(two, facts, NOW) if f.check == CHECK]
    assert (finding.subject, finding.status, finding.reason) == ("site", "unknown", "ptz-not-declared")
    assert finding.evidence["cameras"] == ["gate", "yard"]


def test_a_word_that_nothing_private_is_in_view_holds_wherever_a_camera_turns() -> None:
    word = camera(zones=(), no_private_area=NoPrivateArea("Li Na", "2026-01-31"))
    finding = judged(word, TURNS)[f"{CHECK} camera:gate"]
    assert (finding.status, finding.reason) == ("not_applicable", "no-private-area")


def test_of_a_camera_that_cannot_turn_nothing_is_due_and_one_that_does_not_tell_is_unknown() -> None:
    assert f"{CHECK} camera:gate" not in judged(camera(), observed("camera:gate", Movable(False)))
    silent = judged(camera(), observed("camera:gate"))[f"{CHECK} camera:gate"]
    assert (silent.status, silent.reason, is_waiting(silent)) == ("unknown", "movable-not-told", True)


def test_a_silent_camera_is_unknown_for_the_cause_of_its_silence() -> None:
    reasons = observed("camera:gate", Unavailable("streams", "unreachable"))
    a_site = site(replace(camera(), recorded=False))
    silent = tuple(o for o in without(healthy(), Movable) if o.subject != "camera:gate") + reasons
    finding = of(run_checks(a_site, gather(silent), NOW), CHECK)
    assert (finding.status, finding.reason) == ("unknown", "unreachable")
    assert finding.caused_by == "camera-online camera:gate"
