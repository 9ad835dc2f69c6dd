"""What a pass is worth is measured once a day for each zone and path, kept, and said; where it is worth nothing, so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sites import NOW, ZONE, camera, healthy, observed, site

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.pictures.judge import Questions, judge_pictures
from agent.observe.pictures.sensitivities import (
    AGAIN_AFTER,
    DOUBTED_AGAIN_AFTER,
    EACH,
    FORGOTTEN_AFTER,
    Sensitivities,
    cameras_in_turn,
    due_zones,
    from_data,
    to_data,
    updated,
)
from agent.observe.remembered.value import EMPTY, without_pictures
from drivers.model import Observations, Picture
from drivers.picture import LIVE, ZoneSensitivity
from masking.model import Job, Judged, Verdict
from masking.worth.sensitivity import MOST_ZONES, Sensitivity

SITE = site(camera())
HERE = ("gate",)
FOUND = ZoneSensitivity("main", ZONE.name, 6.0, 4, 0, 0.93, 1920)
NOTHING = ZoneSensitivity("main", ZONE.name, None, 4, 4, None, 1920)
UNTRIED = ZoneSensitivity("main", ZONE.name, None, 0, 0, None, 1920)


def effective(*found: ZoneSensitivity) -> Finding:
    told = (*healthy(), *observed("camera:gate", *found))
    return {f.key: f for f in run_checks(SITE, gather(told), NOW)}["privacy-mask-effective camera:gate"]


def known(one: ZoneSensitivity) -> dict[str, Any]:
    return dict(updated(SITE, observed("camera:gate", one), {}, NOW))


def test_a_pass_says_the_smallest_fault_that_would_have_been_found() -> None:
    finding = effective(FOUND, replace(FOUND, path="sub", gap_px=8.0, opacity_ratio=0.95))
    assert finding.status == "pass"
    assert "a gap of 8 px at 640 px width would have been found, and 93 % opacity" in str(finding.message)
    rows = finding.evidence["paths"]
    assert isinstance(rows, list)
    (row,) = [row for row in rows if isinstance(row, dict) and row["path"] == "main"]
    assert row["would_find"] == {"gap_px_at_640": 6.0, "opacity_ratio": 0.93, "sides": 4, "blind_sides": 0}


def test_sides_on_which_nothing_would_have_been_found_are_told() -> None:
    finding = effective(replace(FOUND, blind_sides=1))
    assert finding.status == "pass" and "but not along 1 sides" in str(finding.message)


def test_where_a_bare_zone_would_have_passed_a_pass_is_unknown() -> None:
    finding = effective(NOTHING)
    assert (finding.status, finding.reason) == ("unknown", "not-calibrated")
    assert "a bare zone would not have been found here" in str(finding.message)
    assert effective(replace(FOUND, opacity_ratio=None)).status == "unknown"


def test_what_could_not_be_tried_takes_nothing_away() -> None:
    assert effective(UNTRIED).status == "pass"
    assert effective().status == "pass"
    assert "would have been found" not in str(effective(UNTRIED).message)


def test_what_is_remembered_counts_in_the_looks_between() -> None:
    facts = gather(healthy(), remembered=replace(EMPTY, sensitivity=known(NOTHING)))
    found = {f.key: f for f in run_checks(SITE, facts, NOW)}
    assert found["privacy-mask-effective camera:gate"].reason == "not-calibrated"


@pytest.mark.parametrize(
    ("found", "after", "due"),
    [
        (FOUND, timedelta(0), False),
        (FOUND, AGAIN_AFTER - timedelta(seconds=1), False),
        (FOUND, AGAIN_AFTER, True),
        (NOTHING, DOUBTED_AGAIN_AFTER, True),
        (NOTHING, DOUBTED_AGAIN_AFTER - timedelta(seconds=1), False),
        (UNTRIED, DOUBTED_AGAIN_AFTER, False),
        (FOUND, -timedelta(seconds=1), True),
    ],
)
def test_a_zone_is_tried_once_a_day_and_sooner_where_nothing_would_be_found(
    found: ZoneSensitivity, after: timedelta, due: bool
) -> None:
    assert due_zones(known(found), SITE, HERE, "gate", "main", NOW + after) == ((ZONE.name,) if due else ())


def test_each_path_and_each_zone_has_its_own_turn_and_recordings_have_none() -> None:
    assert due_zones({}, SITE, HERE, "gate", "main", NOW) and due_zones(known(FOUND), SITE, HERE, "gate", "sub", NOW)
    assert not due_zones({}, SITE, HERE, "gate", "playback", NOW)
    assert not due_zones({}, site(camera(zones=())), HERE, "gate", "main", NOW) and not due_zones(
        {}, SITE, ("nobody",), "nobody", "main", NOW
    )


def test_few_zones_are_tried_in_one_picture_and_the_others_in_the_next() -> None:
    zones = tuple(replace(ZONE, name=f"zone {number}") for number in range(MOST_ZONES + 1))
    many = site(camera(zones=zones))
    first = due_zones({}, many, HERE, "gate", "main", NOW)
    assert first == tuple(zone.name for zone in zones[:MOST_ZONES])
    tried = updated(many, observed("camera:gate", *(replace(FOUND, zone=name) for name in first)), {}, NOW)
    assert due_zones(tried, many, HERE, "gate", "main", NOW) == (zones[-1].name,)


def test_cameras_come_again_few_at_a_time_and_each_path_within_a_day() -> None:
    many = site(*(camera(f"cam-{number:02}") for number in range(64)))
    names = {one.camera.id for one in many.cameras}
    kept: Sensitivities = {}

    def look(moment: datetime) -> frozenset[str]:
        nonlocal kept
        turn = cameras_in_turn(kept, many, moment)
        for name in turn:
            tries = [(path, due_zones(kept, many, turn, name, path, moment)) for path in LIVE]
            path, zones = next((path, zones) for path, zones in tries if zones)
            found = observed(f"camera:{name}", *(replace(FOUND, path=path, zone=zone) for zone in zones))
            kept = updated(many, found, kept, moment)
        return turn

    assert look(NOW) == names, "each is tried at once where nothing is known of it"
    turns = [look(NOW + timedelta(minutes=15 * number)) for number in range(1, 96)]
    assert {len(turn) for turn in turns} == {3}
    assert frozenset().union(*turns) == names
    assert look(NOW + timedelta(hours=1)) != look(NOW + timedelta(hours=1, minutes=15)), "drawn anew for each"


def test_a_new_zone_is_tried_at_once_beside_those_whose_turn_it_is() -> None:
    many = site(*(camera(f"cam-{number:02}") for number in range(EACH)))
    kept = {one.camera.id: updated(many, observed(f"camera:{one.camera.id}", FOUND), {}, NOW) for one in many.cameras}
    known_of_all = {name: tried[name] for name, tried in kept.items() if name != "cam-07"}
    later = NOW + AGAIN_AFTER
    turn = cameras_in_turn(known_of_all, many, later)
    assert "cam-07" in turn and len(turn) == 2
    assert not due_zones(known_of_all, many, turn, next(n for n in kept if n not in turn), "main", later)


def test_a_zone_in_which_nothing_would_have_been_found_waits_for_no_draw() -> None:
    """Until it is tried again its PASS is unknown: a large site must not hold that back."""
    many = site(*(camera(f"cam-{number:02}") for number in range(4 * EACH)))
    later = NOW + DOUBTED_AGAIN_AFTER
    found = {one.camera.id: FOUND for one in many.cameras} | {"cam-07": NOTHING}
    seen = [one for name, value in found.items() for one in observed(f"camera:{name}", value)]
    kept = updated(many, tuple(seen), {}, NOW)
    assert "cam-07" in cameras_in_turn(kept, many, later)
    assert "cam-07" not in cameras_in_turn(kept, many, later - timedelta(seconds=1))


def test_a_zone_that_was_drawn_anew_is_tried_anew() -> None:
    other = site(camera(zones=(replace(ZONE, effect="blurred"),)))
    assert due_zones(known(FOUND), other, HERE, "gate", "main", NOW)
    assert updated(other, (), known(FOUND), NOW) == {}
    assert updated(SITE, (), known(FOUND), NOW + FORGOTTEN_AFTER) == {}
    assert without_pictures(replace(EMPTY, sensitivity=known(FOUND)), {"gate"}).sensitivity == {}


def test_what_was_found_comes_back_from_text_and_nothing_else_does() -> None:
    for one in (FOUND, NOTHING, UNTRIED):
        tried = known(one)["gate"]
        assert from_data(json.loads(json.dumps(to_data(tried)))) == tried
    for bad in ([["x"]], [[NOW.isoformat(), "d", "cellar", "z", 1, 4, 0, 0.9, 640]], "x", [None]):
        with pytest.raises((ValueError, KeyError, TypeError)):
            from_data(bad)


def test_the_worker_is_asked_only_where_it_is_due_and_its_answer_is_observed() -> None:
    asked: list[Job] = []

    def judge(job: Job) -> Judged:
        asked.append(job)
        found = (Sensitivity(6.0, 4, 0, 0.93),) if job.calibrate else ()
        return Judged(1920, 1080, 90.0, 30.0, (Verdict(ZONE.name, "PASS", "solid"),), sensitivities=found)

    pictures = tuple(Picture("gate", path, NOW, b"x", "jpeg") for path in ("main", "sub"))  # type: ignore[arg-type]
    questions = Questions(calibrated=lambda _, path: (ZONE.name,) if path == "main" else ())
    seen: Observations = judge_pictures(SITE, pictures, judge, asked=questions)
    assert [job.calibrate for job in asked] == [(ZONE.name,), ()]
    assert [o.value for o in seen if isinstance(o.value, ZoneSensitivity)] == [FOUND]


def test_one_path_of_a_camera_is_tried_in_a_look_and_streams_come_first() -> None:
    asked: list[Job] = []

    def judge(job: Job) -> Judged:
        asked.append(job)
        found = (Sensitivity(6.0, 4, 0, 0.93),) if job.calibrate else ()
        return Judged(1920, 1080, 90.0, 30.0, (Verdict(ZONE.name, "PASS", "solid"),), sensitivities=found)

    pictures = tuple(Picture("gate", path, NOW, path.encode(), "jpeg") for path in ("snapshot", "sub", "main"))  # type: ignore[arg-type]
    judge_pictures(
        SITE,
        pictures,
        judge,
        asked=Questions(calibrated=lambda camera_id, path: due_zones({}, SITE, HERE, camera_id, path, NOW)),
    )
    assert {job.data: job.calibrate for job in asked} == {b"snapshot": (), b"sub": (), b"main": (ZONE.name,)}
