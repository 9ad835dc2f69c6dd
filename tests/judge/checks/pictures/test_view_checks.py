"""A camera that was moved is found when three pictures agree, and what its masks then leave bare is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sights import MOVED, REFERENCES, STEP, of, played, quality, seen, view
from sites import DAY, NOW, camera, healthy, observed, site, without_path

from agent.judge.checks.table import run_checks
from agent.observe.facts.facts import gather
from agent.observe.pictures.compact import view_data, view_from
from agent.observe.pictures.view_memory import CameraView
from agent.site.config.site import Mute
from drivers.model import Unavailable

SITE = site(camera())
CHECK = "camera-moved"


def states(*looks: str) -> list[str]:
    """Return the status after each of these looks."""
    _, _, told = played(SITE, [seen(view(look), quality()) for look in looks])
    return [f"{of(one, CHECK).status} {of(one, CHECK).reason}".strip() for one in told]


def test_a_view_passes_when_three_pictures_agree() -> None:
    assert states("still", "still", "still", "still") == ["unknown not-settled"] * 2 + ["pass"] * 2


def test_a_move_fails_when_three_pictures_agree_and_says_how_far() -> None:
    _, _, told = played(SITE, [seen(view(look), quality()) for look in ["still"] * 3 + ["moved"] * 3])
    assert [of(one, CHECK).status for one in told[2:]] == ["pass", "unknown", "unknown", "fail"]
    finding = of(told[-1], CHECK)
    assert finding.severity == "major"
    assert finding.source.article == "article 23(2)"
    assert "6.2 %" in str(finding.message)
    assert "1.5 degrees" in str(finding.message)
    assert finding.evidence["right_percent"] == MOVED.right_percent


def test_one_picture_of_a_passing_lorry_fails_nothing_and_passes_nothing() -> None:
    held = "unknown newest-differs"
    told = states("still", "still", "still", "moved", "still", "unknown", "still")
    assert told[2:] == ["pass", held, "pass", held, "pass"]


def test_zones_that_the_masks_no_longer_cover_are_named() -> None:
    _, _, told = played(SITE, [seen(view("moved"), quality())] * 3)
    finding = of(told[-1], CHECK)
    assert "no longer cover window" in str(finding.message)
    (zone,) = finding.evidence["zones"]  # type: ignore[misc]
    assert zone["zone"] == "window"
    assert zone["uncovered_before_ratio"] == 0
    assert zone["uncovered_ratio"] > 0.05


def test_a_zone_that_was_never_covered_is_not_said_to_be_uncovered_by_the_move() -> None:
    _, _, told = played(SITE, [seen(view("moved"), quality(), zone_mask=False)] * 3)
    assert "no longer cover" not in str(of(told[-1], CHECK).message)


def test_without_an_approved_view_there_is_one_open_item_and_no_finding_of_a_camera() -> None:
    two = site(camera(), camera("yard"))
    findings = run_checks(two, gather(healthy() + healthy("yard")), NOW)
    judged = [f for f in findings if f.check == CHECK and f.subject != "site"]
    assert {(f.status, f.caused_by) for f in judged} == {("unknown", f"{CHECK} site")}
    item = of(findings, CHECK, "site")
    assert (item.status, item.reason, item.evidence["cameras"]) == ("unknown", "no-baseline", ["gate", "yard"])
    assert "camwarden masks adopt" in str(item.message)
    assert item.caused_by == "mask-approval site", "whoever is asked to approve the camera is not asked twice"
    assert of(findings, "camera-occluded").caused_by == f"{CHECK} site"


def test_where_every_view_is_approved_nothing_is_open() -> None:
    _, _, (findings,) = played(SITE, [seen(view(), quality())])
    assert [f for f in findings if (f.check, f.subject) == (CHECK, "site")] == []


@pytest.mark.parametrize("reason", ["unreachable", "deadline", "refused", "malformed"])
def test_a_camera_without_a_picture_is_unknown_whatever_was_settled(reason: str) -> None:
    views, known, _ = played(SITE, [seen(view(), quality())] * 3)
    silent = without_path(without_path(seen(), "main"), "sub") + observed(
        "camera:gate",
        *(Unavailable("picture", reason, path=path) for path in ("main", "sub")),  # type: ignore[arg-type]
    )
    _, _, (findings,) = played(SITE, [silent], views, known, NOW + 3 * STEP)
    for check in (CHECK, "camera-occluded", "video-quality"):
        finding = of(findings, check)
        assert (finding.status, finding.reason) == ("unknown", reason)
        assert finding.caused_by == "camera-online camera:gate"


def test_night_without_a_night_reference_changes_nothing_for_a_day() -> None:
    views, known, _ = played(SITE, [seen(view(), quality())] * 3)
    dusk = seen(view("unknown", "infrared", reason="other-light"), quality(light="infrared"))
    views, known, told = played(SITE, [dusk] * 40, views, known, NOW + 3 * STEP)
    assert {of(one, CHECK).status for one in told} == {"pass"}
    _, _, told = played(SITE, [dusk], views, known, NOW + DAY + 6 * STEP)
    assert (of(told[0], CHECK).status, of(told[0], CHECK).reason) == ("unknown", "not-settled")


def test_pictures_that_cannot_be_judged_in_their_own_light_make_the_view_unknown() -> None:
    assert states(*["still"] * 3, *["unknown"] * 3)[-3:] == [*["unknown newest-differs"] * 2, "unknown no-match"]


def test_a_camera_that_shows_another_scene_three_times_is_turned_away_and_not_covered() -> None:
    away = seen(view("unknown", reason="other-scene"), quality(covered_ratio=0.9))
    views, known, _ = played(SITE, [seen(view(), quality())] * 3)
    views, known, told = played(SITE, [away] * 3, views, known, NOW + 3 * STEP)
    found = [(of(one, CHECK).status, of(one, CHECK).reason) for one in told]
    assert found == [*[("unknown", "newest-differs")] * 2, ("fail", "turned-away")]
    assert "turned away" in str(of(told[-1], CHECK).message)
    assert of(told[-1], "camera-occluded").status != "fail"
    _, _, told = played(SITE, [away] * 30, views, known, NOW + 6 * STEP)
    assert of(told[-1], CHECK).reason == "turned-away", "further pictures confirm it"


def test_a_dark_picture_is_the_cause_of_a_view_that_is_not_to_be_seen() -> None:
    dark = tuple(
        replace(o, value=replace(o.value, mean_luma=2.0, contrast=0.5)) if hasattr(o.value, "mean_luma") else o
        for o in seen(view("unknown"), quality(luma=2.0, contrast=0.5))
    )
    _, _, told = played(SITE, [dark] * 3)
    assert of(told[-1], CHECK).status == "unknown"
    assert of(told[-1], CHECK).caused_by == "camera-online camera:gate"


def test_a_view_that_was_approved_anew_begins_anew() -> None:
    views, known, _ = played(SITE, [seen(view("moved"), quality())] * 3)
    again = {"gate": (b"approved anew",)}
    _, _, told = played(SITE, [seen(view(), quality())], views, known, NOW + 3 * STEP, again)
    assert of(told[0], CHECK).reason == "not-settled"
    _, _, told = played(SITE, [seen(view(), quality())], views, known, NOW + 3 * STEP, {})
    assert of(told[0], CHECK).reason == "no-baseline"


def test_a_muted_view_is_not_told_until_its_day_is_over() -> None:
    muted = site(camera(mutes=(Mute("moved", NOW.date(), "Li Na"),)))
    looks = [seen(view("moved"), quality())] * 3
    _, _, told = played(muted, looks)
    assert (of(told[-1], CHECK).status, of(told[-1], CHECK).reason) == ("not_applicable", "muted")
    _, _, told = played(muted, looks, at=NOW + DAY)
    assert of(told[-1], CHECK).status == "fail"


@pytest.mark.parametrize("state", ["still", "moved", "unknown"])
def test_a_view_survives_its_text(state: str) -> None:
    views, _, _ = played(SITE, [seen(view(state), quality())] * 3)
    again = view_from(json.loads(json.dumps(view_data(views["gate"]))))
    assert view_data(again) == view_data(views["gate"])
    assert again.settled(NOW + 2 * STEP) is not None
    empty = CameraView("digest")
    assert view_from(view_data(empty)) == empty


@pytest.mark.parametrize("data", [None, [], ["d", ["gone"], [], 0, None], ["d", None, [], 0, "soon"]])
def test_what_is_no_text_of_a_view_is_an_error(data: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        view_from(data)


def test_a_result_from_the_future_is_one_by_a_wrong_clock() -> None:
    views, _, _ = played(SITE, [seen(view(), quality())] * 3)
    assert views["gate"].settled(NOW - timedelta(days=2)) is None
    assert REFERENCES["gate"][0] not in repr(views).encode()
