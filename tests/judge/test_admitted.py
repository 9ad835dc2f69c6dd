"""What counts as evidence: of this look or a turn of the last day, of the box and the video source that are judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sites import NOW, STILL, camera, observed, picture, site

from agent.judge.admitted import BEFORE_LOOK, admitted
from agent.judge.check import Check
from agent.judge.checks import table
from agent.judge.checks.table import CHECKS, run_checks
from agent.judge.claim import Held
from agent.judge.obligations import LOOK
from agent.judge.verdict import verdict
from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts, gather
from agent.observe.facts.sightings import KnownBox, box_digest, mark_of
from agent.observe.pictures.turns import KEPT, REMEMBERED
from agent.observe.remembered.value import EMPTY
from agent.site.config.site import Site
from drivers.details import VideoSource, VideoSources
from drivers.model import Clock, Identity, Masks, Observation, Provenance, Unavailable
from drivers.picture import PictureSeen, Stream, Streams

SITE = site(camera("gate"))
BOX = f"device:{SITE.cameras[0].camera.device}"
MINE, OTHERS = Identity("M", "one", "1.0", "A1"), Identity("M", "two", "1.0", "B2")
HERE = Provenance(box=box_digest(MINE), source="VS1")


def facts(*observations: Observation) -> Facts:
    return gather(observations)


def one(subject: str, value: object, where: Provenance = HERE, ago: timedelta = timedelta()) -> Observation:
    (made,) = observed(subject, value)  # type: ignore[arg-type]
    return replace(made, provenance=where, taken_at=NOW - ago)


def why(found: Facts, subject: str) -> list[str]:
    return [seen.reason for seen in found.all(subject, Unavailable)]


def test_what_was_read_in_this_look_counts_and_costs_no_copy() -> None:
    given = facts(
        one(BOX, MINE), one(BOX, Clock(0.0, 0.1)), one("camera:gate", Streams(())), one("camera:gate", Masks(()))
    )
    assert admitted(SITE, given, NOW) is given


@pytest.mark.parametrize("ago", [BEFORE_LOOK + timedelta(seconds=1), -LOOK - timedelta(seconds=1)])
def test_what_is_older_than_a_look_or_comes_from_the_future_is_missing_with_a_reason(ago: timedelta) -> None:
    found = admitted(SITE, facts(one(BOX, Clock(0.0, 0.1), ago=ago)), NOW)
    assert found.one(BOX, Clock) is None
    assert found.why_not(BOX, "clock").reason == "too-old"


def test_the_look_before_counts_only_where_it_says_that_it_is_remembered() -> None:
    quarter = timedelta(minutes=15)
    last = one("camera:gate", picture("main"), ago=quarter)
    assert admitted(SITE, facts(last), NOW).why_not("camera:gate", "picture", "main").reason == "too-old"
    turn = replace(last, method=REMEMBERED)
    assert admitted(SITE, facts(turn), NOW).one("camera:gate", PictureSeen) is not None
    slewed = one(BOX, Clock(0.0, 0.1), ago=BEFORE_LOOK)
    assert admitted(SITE, facts(slewed), NOW).one(BOX, Clock) is not None


def test_a_picture_that_was_true_days_ago_is_none_of_this_look() -> None:
    old = one("camera:gate", picture("main"), replace(HERE, true_at=NOW - timedelta(days=2)))
    assert admitted(SITE, facts(old), NOW).why_not("camera:gate", "picture", "main").reason == "too-old"


def test_a_turn_counts_for_a_day_and_the_moment_of_a_recording_is_no_age() -> None:
    turn = replace(one("camera:gate", picture("main"), ago=KEPT), method=REMEMBERED)
    late = replace(turn, taken_at=turn.taken_at - timedelta(seconds=1))
    played = one("camera:gate", picture("playback"), ago=timedelta(days=30))
    assert admitted(SITE, facts(turn, played), NOW).all("camera:gate", PictureSeen)[1].path == "playback"
    assert admitted(SITE, facts(late), NOW).why_not("camera:gate", "picture", "main").reason == "too-old"


def test_a_camera_is_judged_on_no_other_source_than_its_streams_are_of() -> None:
    streams, own = one("camera:gate", Streams(())), one("camera:gate", Masks(()))
    others = replace(own, provenance=replace(HERE, source="VS2"))
    assert why(admitted(SITE, facts(streams, others), NOW), "camera:gate") == ["other-source"]
    assert why(admitted(SITE, facts(streams, own), NOW), "camera:gate") == []


def test_a_picture_of_another_profile_than_its_path_has_counts_for_nothing() -> None:
    streams = one("camera:gate", Streams((Stream("main", "rtsp://192.0.2.1/1", profile="P1"),)))
    seen = one("camera:gate", picture("main"), replace(HERE, profile="P1", path="main"))
    others = replace(seen, provenance=replace(seen.provenance, profile="P3"))
    assert why(admitted(SITE, facts(streams, seen), NOW), "camera:gate") == []
    assert why(admitted(SITE, facts(streams, others), NOW), "camera:gate") == ["other-source"]


def test_what_another_box_said_in_the_same_look_counts_nowhere() -> None:
    elsewhere = replace(HERE, box=box_digest(OTHERS))
    given = facts(one(BOX, MINE), one(BOX, Clock(0.0, 0.1), elsewhere), one("camera:gate", Masks(()), elsewhere))
    found = admitted(SITE, given, NOW)
    assert why(found, BOX) == ["other-box"]
    assert why(found, "camera:gate") == ["other-box"]


def test_an_identity_that_memory_does_not_know_by_that_proves_nothing() -> None:
    known = replace(EMPTY, identities={SITE.cameras[0].camera.device: KnownBox(mark_of(OTHERS))})
    given = replace(facts(one(BOX, MINE), one(BOX, Clock(0.0, 0.1))), remembered=known)
    assert why(admitted(SITE, given, NOW), BOX) == ["other-box", "other-box"]


def test_footage_in_a_store_is_of_no_box() -> None:
    stored = one("camera:gate", Masks(()), Provenance(box="store disk", source="gate"))
    given = facts(one(BOX, MINE), one("camera:gate", Streams(())), stored)
    assert admitted(SITE, given, NOW) is given


def test_the_checks_see_only_what_is_admitted() -> None:
    old = facts(one(BOX, MINE), one(BOX, Clock(0.0, 0.1), ago=timedelta(days=3)))
    (finding,) = [f for f in run_checks(SITE, old, NOW) if f.check == "clock-offset"]
    assert (finding.status, finding.reason) == ("unknown", "too-old")


def test_a_check_that_claims_without_evidence_is_unknown_and_the_others_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(check: Check, *rest: object) -> tuple[Finding, ...]:
        return (verdict(check, "site", [Held("it is well", ())], {}, Message("well")),)

    broken = replace(CHECKS[0], id="mistaken", run=mistaken)
    before = run_checks(SITE, facts(one(BOX, MINE)), NOW)
    monkeypatch.setattr(table, "CHECKS", (broken, *CHECKS))
    found = run_checks(SITE, facts(one(BOX, MINE)), NOW)
    assert [(f.check, f.status, f.reason) for f in found if f not in before] == [
        ("mistaken", "unknown", "check-mistaken")
    ]


TWO = site(camera("gate"), replace(camera("yard"), camera=replace(camera("yard").camera, channel=2)))
ONE_LISTED = VideoSources((VideoSource(1, "vs2", "", 640, 360, 2),))


@pytest.mark.parametrize(
    ("a_site", "listed", "state", "reasons"),
    [
        (TWO, ONE_LISTED, "unknown", ["other-source"]),
        (TWO, ONE_LISTED, "moved", ["other-source"]),
        (TWO, ONE_LISTED, "still", []),
        (TWO, replace(ONE_LISTED, complete=True), "unknown", []),
        (TWO, VideoSources((*ONE_LISTED.sources, VideoSource(2, "vs3", "", 640, 360, 2))), "unknown", []),
        (site(camera("gate")), ONE_LISTED, "unknown", []),
        (replace(TWO, cameras=(replace(c, camera=replace(c.camera, source="vs2")) for c in TWO.cameras)), ONE_LISTED,
         "unknown", []),
    ],
)  # fmt: skip
def test_numbers_of_a_device_that_lists_fewer_sources_name_no_camera_but_by_its_view(
    a_site: Site, listed: VideoSources, state: str, reasons: list[str]
) -> None:
    """The first look ever: gate's cable is pulled, and yard answers at its number."""
    a_site = replace(a_site, cameras=tuple(a_site.cameras))
    view = replace(STILL, state=state)
    seen = facts(one(BOX, listed), one("camera:gate", picture("main")), one("camera:gate", view))
    found = admitted(a_site, seen, NOW)
    assert why(found, "camera:gate") == reasons
    assert bool(found.all("camera:gate", PictureSeen)) is not bool(reasons)
