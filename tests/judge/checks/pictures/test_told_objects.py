"""A masked picture beside metadata that tells where each person stands is no pass; silence proves nothing."""

from __future__ import annotations

import json

import pytest
from sites import NOW, ZONE, camera, healthy, observed, site

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.pictures.kept_turns import from_data, to_data
from agent.observe.pictures.turns import PathResult
from agent.text.translate import render
from drivers.picture import ObjectsTold, PictureTold, Place, ZoneVerdict

SITE = site(camera())


def effective(*told: ObjectsTold) -> dict[str, Finding]:
    return {f.key: f for f in run_checks(SITE, gather((*healthy(), *observed("camera:gate", *told))), NOW)}


def test_objects_inside_a_zone_warn_and_the_picture_stays_what_it_is() -> None:
    found = effective(ObjectsTold("main", documents=30, objects=3, inside=((ZONE.name, 2),)))
    finding = found["privacy-mask-effective camera:gate"]
    assert (finding.status, finding.reason) == ("warn", "told-by-metadata")
    assert "the camera tells 2 objects inside zone window" in str(finding.message)
    assert "\u5143\u6570\u636e" in render(finding.message, "zh_CN")
    assert finding.evidence["metadata"] == [{"path": "metadata", "stream": "main", "zone": "window", "objects": 2}]
    assert found["privacy-mask-geometry camera:gate"].status == "pass"


@pytest.mark.parametrize(
    "told",
    [(), (ObjectsTold("main", documents=30, objects=3),), (ObjectsTold("main"),)],
    ids=["none", "outside", "silent"],
)
def test_objects_elsewhere_and_silence_change_nothing(told: tuple[ObjectsTold, ...]) -> None:
    assert effective(*told)["privacy-mask-effective camera:gate"].status == "pass"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (ObjectsTold("main", reason="deadline"), "was not listened to (deadline)"),
        (ObjectsTold("main", documents=9, objects=2, unplaced=2), "tells 2 objects without a place that is known"),
        (ObjectsTold("main", documents=9, pictures=4), "comes with pictures of events (4 in a few seconds)"),
        (ObjectsTold("main", documents=9, unread=3), "too long to be read (3 in a few seconds)"),
        (ObjectsTold("main", documents=9, pictures=4, crops=4), "pictures of single objects (4 in a few seconds)"),
        (ObjectsTold("main", documents=9, pictures=4, elsewhere=4), "no other host is asked for them"),
    ],
)
def test_what_is_offered_and_not_looked_at_is_no_pass(told: ObjectsTold, words: str) -> None:
    finding = effective(told)["privacy-mask-effective camera:gate"]
    assert (finding.status, finding.reason) == ("unknown", "path-not-looked-at")
    assert words in str(finding.message)


def test_a_zone_that_two_streams_tell_of_is_one_breach() -> None:
    both = (ObjectsTold(path, documents=9, objects=1, inside=((ZONE.name, 1),)) for path in ("main", "stream-3"))
    assert effective(*both)["privacy-mask-effective camera:gate"].status == "warn"  # type: ignore[arg-type]


def test_what_was_told_is_remembered_with_its_path_and_where_somebody_stood_is_not() -> None:
    told = ObjectsTold("main", 9, 2, 1, 0, "", (("window", 1),), unread=1)
    look = PathResult("gate", "main", NOW, "z", "m", told=told)
    assert from_data(json.loads(json.dumps(to_data(look)))) == look
    kept = to_data(
        PathResult("gate", "main", NOW, "z", "m", told=ObjectsTold("main", places=(Place(1, 0.123, 0.456),)))
    )
    assert "0.123" not in json.dumps(kept)


def told_picture(verdict: str = "", reason: str = "", shows: str = "gate", why: str = "") -> PictureTold:
    of = (ZoneVerdict("metadata", ZONE.name, verdict, reason),) if verdict else ()  # type: ignore[arg-type]
    return PictureTold(path="metadata", stream="main", reason=why, shows=shows, digest="d", verdicts=of)


OFFERED = ObjectsTold("main", documents=9, pictures=4)


def test_a_bare_zone_in_a_picture_that_metadata_brings_fails_though_live_paths_hide_it() -> None:
    finding = effective(OFFERED, told_picture("FAIL", "not-hidden"))["privacy-mask-effective camera:gate"]
    assert (finding.status, finding.reason) == ("fail", "not-hidden")
    assert "zone window is not hidden on metadata" in str(finding.message)
    told = {"path": "metadata", "stream": "main", "zone": "window", "reason": "not-hidden"}
    assert finding.evidence["metadata"] == [told]


def test_a_picture_that_shows_every_zone_hidden_holds_no_pass_back_and_proves_none() -> None:
    hidden = told_picture("PASS", "solid")
    assert effective(OFFERED, hidden)["privacy-mask-effective camera:gate"].status == "pass"
    alone = {f.key: f for f in run_checks(SITE, gather(observed("camera:gate", OFFERED, hidden)), NOW)}
    assert alone["privacy-mask-effective camera:gate"].status == "unknown", "nothing says how old it is"


@pytest.mark.parametrize(
    ("shown", "words", "reason"),
    [
        (told_picture(shows=""), "is not proven to show the approved view", "path-not-looked-at"),
        (told_picture(shows="yard"), "shows another camera's view", "path-not-looked-at"),
        (told_picture(shows="", why="damaged"), "was not looked at (damaged)", "path-not-looked-at"),
        (told_picture("UNSURE", "unconfirmed"), "zone window on path metadata: cannot be told", "unconfirmed"),
    ],
)
def test_a_picture_that_proves_nothing_holds_the_pass_back_with_its_reason(
    shown: PictureTold, words: str, reason: str
) -> None:
    finding = effective(OFFERED, shown)["privacy-mask-effective camera:gate"]
    assert (finding.status, finding.reason) == ("unknown", reason) and words in str(finding.message)
    assert render(finding.message, "zh_CN") != str(finding.message)
