"""A zone is hidden where each path that the device lists, or that is due, shows it hidden; all else is no pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from footage_looks import facts_of
from sites import DAY, NOW, PATHS, ZONE, camera, healthy, observed, picture, site, without, without_path

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from drivers.model import Observation, Observations, RecordedBeside, Recordings, Span, Value
from drivers.picture import PathName, PictureSeen, Stream, Streams, StreamSound, ZoneVerdict

DUE: tuple[PathName, ...] = (*PATHS, "playback")


def judge(observations: tuple[Observation, ...]) -> dict[str, Finding]:
    a_site = site(camera())
    found = run_checks(a_site, facts_of(a_site, observations), NOW)
    return {one.check: one for one in found if one.subject == "camera:gate"}


def test_a_pass_names_the_picture_of_every_path_that_it_rests_on() -> None:
    found = judge(healthy())
    for check in ("privacy-mask-effective", "privacy-mask-geometry"):
        assert found[check].status == "pass"
        seen = {(one.kind, one.path, one.level) for one in found[check].rests_on if one.level == "seen"}
        assert seen == {(kind, path, "seen") for path in DUE for kind in ("PictureSeen", "ZoneVerdict")}
    assert {one.kind for one in found["privacy-mask-present"].rests_on} == {"Masks"}
    assert {one.kind for one in found["privacy-mask-geometry"].rests_on} == {"Masks", "PictureSeen", "ZoneVerdict"}


@pytest.mark.parametrize("path", DUE)
def test_coordinates_pass_only_where_every_due_path_agrees_with_them(path: PathName) -> None:
    found = judge(without_path(healthy(), path))
    assert (found["privacy-mask-effective"].status, found["privacy-mask-geometry"].status) == ("unknown", "unknown")
    assert found["privacy-mask-geometry"].reason == "not-confirmed-by-picture"
    assert found["privacy-mask-geometry"].caused_by == found["privacy-mask-effective"].key


@pytest.mark.parametrize("kind", [PictureSeen, ZoneVerdict])
def test_neither_a_picture_without_a_verdict_nor_a_verdict_without_a_picture_passes(kind: type) -> None:
    assert judge(without(healthy(), kind))["privacy-mask-effective"].status == "unknown"


def test_a_listed_stream_at_which_nobody_looks_confirms_nothing() -> None:
    third = tuple(
        replace(one, value=replace(one.value, further=("third",))) if isinstance(one.value, Streams) else one
        for one in healthy()
    )
    found = judge(third)
    assert found["privacy-mask-effective"].reason == "path-not-looked-at"
    assert found["privacy-mask-geometry"].status == "unknown"


def with_third(*seen: Value) -> Observations:
    """Return a camera in order that lists a third stream, which showed and said this."""
    more = Stream("stream-3", "rtsp://192.0.2.1/stream-3")
    listed = tuple(
        replace(one, value=replace(one.value, streams=(*one.value.streams, more)))
        if isinstance(one.value, Streams) else one
        for one in healthy()
    )  # fmt: skip
    return (*listed, *observed("camera:gate", *seen))


def test_a_third_stream_is_due_like_the_others() -> None:
    hides, sound = ZoneVerdict("stream-3", ZONE.name, "PASS", "solid"), StreamSound("stream-3", ())
    assert judge(with_third())["privacy-mask-effective"].reason == "path-not-looked-at"
    assert judge(with_third())["audio-undeclared"].reason == "sound-not-described"
    assert judge(with_third())["stream-auth-required"].reason == "path-not-looked-at"
    whole = judge(with_third(picture("stream-3"), hides, sound))
    assert (whole["privacy-mask-effective"].status, whole["audio-undeclared"].status) == ("pass", "pass")
    shows = judge(with_third(picture("stream-3"), replace(hides, verdict="FAIL", reason="not-hidden"), sound))
    assert str(shows["privacy-mask-effective"].message.values["paths"]) == "stream-3"
    assert shows["privacy-mask-effective"].status == "fail"


def test_what_the_device_records_besides_the_store_has_to_hide_as_well() -> None:
    beside = RecordedBeside(Recordings((Span(NOW - DAY, NOW),), "rtsp://192.0.2.1/card"))
    hides = ZoneVerdict("playback-beside", ZONE.name, "PASS", "solid")
    shown = picture("playback-beside", NOW - DAY)
    listed = (*healthy(), *observed("camera:gate", beside))
    found = judge(listed)["privacy-mask-effective"]
    assert (found.status, found.evidence["missing"]) == ("unknown", "playback-beside")
    assert judge((*listed, *observed("camera:gate", shown, hides)))["privacy-mask-effective"].status == "pass"
    shows = replace(hides, verdict="FAIL", reason="not-hidden")
    found = judge((*listed, *observed("camera:gate", shown, shows)))["privacy-mask-effective"]
    assert (found.status, str(found.message.values["paths"])) == ("fail", "playback-beside")
    assert judge(without(listed, Recordings))["retention-days"].status != "pass", "it satisfies no duty to keep footage"


@pytest.mark.parametrize("bare_first", [True, False])
def test_a_zone_that_was_bare_at_one_moment_fails_whatever_another_moment_showed(bare_first: bool) -> None:
    hides = ZoneVerdict("playback", ZONE.name, "PASS", "solid")
    shows = replace(hides, verdict="FAIL", reason="not-hidden")
    others = tuple(
        one for one in healthy() if not (isinstance(one.value, ZoneVerdict) and one.value.path == "playback")
    )
    moments = (shows, hides) if bare_first else (hides, shows)
    found = judge((*others, *observed("camera:gate", *moments)))["privacy-mask-effective"]
    assert (found.status, str(found.message.values["paths"])) == ("fail", "playback")


def test_a_bare_zone_speaks_before_a_path_that_is_missing() -> None:
    bare = tuple(
        replace(one, value=replace(one.value, verdict="FAIL", reason="not-hidden"))
        if isinstance(one.value, ZoneVerdict) and one.value.path == "sub" else one
        for one in without_path(healthy(), "main")
    )  # fmt: skip
    effective = judge(bare)["privacy-mask-effective"]
    assert (effective.status, effective.reason) == ("fail", "not-hidden")
    assert str(effective.message.values["paths"]) == "sub"
    assert effective.message.values["zone"] == ZONE.name


@pytest.mark.parametrize("path", ["playback", "playback-beside"])
def test_a_mask_in_what_another_camera_recorded_proves_nothing_of_this_ones_footage(path: PathName) -> None:
    mine = [one for one in healthy() if not (isinstance(one.value, PictureSeen) and one.value.path == path)]
    theirs = observed(
        "camera:gate", replace(picture(path), shows="yard"), ZoneVerdict(path, ZONE.name, "PASS", "solid")
    )
    found = judge((*mine, *theirs))
    masks = found["privacy-mask-effective"]
    assert (masks.status, masks.reason) == ("unknown", "not-its-footage")
    assert masks.caused_by == found["retention-days"].key
