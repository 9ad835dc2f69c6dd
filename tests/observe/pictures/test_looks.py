"""Looks in turn: the last verdict of a path counts until its next turn, and never longer than it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sites import DAY, NOW, SQUARE, ZONE, camera, healthy, observed, picture, site, without, without_path
from turned import join

from agent.judge.checks.table import run_checks
from agent.model.finding import Moment
from agent.observe.facts.facts import gather
from agent.observe.pictures.kept_turns import from_data, to_data
from agent.observe.pictures.turns import (
    PathResult,
    due,
    not_rejuvenated,
    stamped,
    with_playback,
)
from agent.site.config.site import Site
from drivers.model import Mask, Masks, Observations, Provenance, Unavailable
from drivers.picture import FootageOpened, PathName, PictureSeen, Stream, Streams, StreamSound, ZoneVerdict

HOUR = timedelta(hours=1)
NOT_DUE: tuple[PathName, ...] = ("main", "playback")


def out_of_turn(observations: Observations, *paths: PathName) -> Observations:
    """Return what a cycle observes in which these paths have no turn."""
    for path in paths:
        observations = without_path(observations, path)
    return observations + observed("camera:gate", *(Unavailable("picture", "not-looked-at", path=p) for p in paths))


def first_look(a_site: Site | None = None, observations: Observations | None = None) -> tuple[PathResult, ...]:
    _, looked = join(a_site or site(camera()), healthy() if observations is None else observations, (), NOW)
    return looked


def statuses(observations: Observations, a_site: Site | None = None) -> dict[str, str]:
    findings = run_checks(a_site or site(camera()), gather(observations), NOW)
    return {f.check: f"{f.status} {f.reason}".strip() for f in findings if f.subject == "camera:gate"}


def test_a_remembered_look_stands_in_for_a_path_without_a_turn() -> None:
    looked = first_look()
    joined, kept = join(site(camera()), out_of_turn(healthy(), *NOT_DUE), looked, NOW + 3 * HOUR)
    assert statuses(joined)["privacy-mask-effective"] == "pass"
    assert statuses(joined)["retention-days"] == "pass"
    assert kept == looked


@pytest.mark.parametrize("encodings", [("PCMA",), ()])
def test_sound_of_a_path_is_remembered_with_it_so_that_it_does_not_come_and_go(encodings: tuple[str, ...]) -> None:
    heard = (*healthy(), *observed("camera:gate", StreamSound("main", encodings)))
    looked = first_look(observations=heard)
    assert tuple(from_data(json.loads(json.dumps(to_data(one)))) for one in looked) == looked
    joined, kept = join(site(camera()), out_of_turn(healthy(), *NOT_DUE), looked, NOW + 3 * HOUR)
    assert gather(joined).all("camera:gate", StreamSound) == (StreamSound("main", encodings),)
    assert kept == looked
    assert statuses(joined)["audio-undeclared"] == ("fail audio-on" if encodings else "pass")


def test_a_look_of_an_earlier_release_says_nothing_of_sound() -> None:
    old = {name: value for name, value in to_data(first_look()[0]).items() if name != "sound"}
    assert from_data(json.loads(json.dumps(old))).sound is None


@pytest.mark.parametrize("asked", [("snapshot", "sub"), ("sub",)])
def test_a_camera_is_not_online_for_a_picture_of_hours_ago(asked: tuple[PathName, ...]) -> None:
    """What was seen on main then says nothing of now, when no live path gives a picture."""
    streams = Streams(tuple(Stream(path, f"rtsp://192.0.2.1/{path}") for path in ("main", *asked)))
    silent = without(without_path(without_path(healthy(), "sub"), "snapshot"), Streams)
    silent += observed("camera:gate", streams, *(Unavailable("picture", "deadline", path=path) for path in asked))
    joined, _ = join(site(camera()), out_of_turn(silent, *NOT_DUE), first_look(), NOW + 3 * HOUR)
    said = statuses(joined)
    assert said["camera-online"] == "fail deadline"
    assert said["retention-days"] == "pass", "what was played back then is no live picture, and still counts"


def of(observations: Observations, where: Provenance, profile: str = "P1") -> Observations:
    """Return a camera's observations with a provenance, its main stream with a profile's token."""
    streams = Streams((Stream("main", "rtsp://192.0.2.1/main", profile=profile), Stream("sub", "rtsp://192.0.2.1/sub")))
    moved = (*without(observations, Streams), *observed("camera:gate", streams))
    return tuple(
        replace(one, provenance=replace(where, profile="P1" if isinstance(one.value, PictureSeen) else ""))
        if one.subject == "camera:gate"
        else one
        for one in moved
    )


HERE = Provenance(box="a box", source="VS1")


@pytest.mark.parametrize(
    ("now_at", "profile", "holds"),
    [
        (HERE, "P1", True),
        (replace(HERE, box=""), "P1", True),
        (replace(HERE, source="VS2"), "P1", False),
        (replace(HERE, box="another box"), "P1", False),
        (HERE, "P2", False),
    ],
)
def test_a_remembered_look_is_of_its_box_source_and_profile_alone(
    now_at: Provenance, profile: str, holds: bool
) -> None:
    """A recorder that lists its sources in another order shows another camera under the same channel."""
    looked = first_look(observations=of(healthy(), HERE))
    assert (looked[0].path, looked[0].box, looked[0].source) == ("main", "a box", "VS1")
    assert looked == tuple(from_data(json.loads(json.dumps(to_data(one)))) for one in looked)
    _, kept = join(site(camera()), of(out_of_turn(healthy(), *NOT_DUE), now_at, profile), looked, NOW + 3 * HOUR)
    assert ("main" in [one.path for one in kept]) is holds


@pytest.mark.parametrize(("hours", "kept_paths"), [(0.5, ["main", "playback"]), (3, ["playback"])])
def test_a_bare_zone_on_another_path_gives_a_remembered_one_its_turn_at_once(
    hours: float, kept_paths: list[str]
) -> None:
    bare = tuple(
        replace(one, value=replace(one.value, verdict="FAIL"))
        if isinstance(one.value, ZoneVerdict) and one.value.path == "sub"
        else one
        for one in out_of_turn(healthy(), *NOT_DUE)
    )
    _, kept = join(site(camera()), bare, first_look(), NOW + hours * HOUR)
    assert [one.path for one in kept] == kept_paths
    assert ("main" in due(site(camera()), kept, NOW + hours * HOUR)["gate"]) is (hours > 1)


BOOT = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


@pytest.mark.parametrize(
    ("later", "passed", "boot", "age"),
    [
        (20 * HOUR, 20 * HOUR, BOOT, 20 * HOUR),
        (8 * HOUR, 20 * HOUR, BOOT, 20 * HOUR),  # set back by twelve hours
        (-2 * HOUR, 20 * HOUR, BOOT, 20 * HOUR),
        (40 * HOUR, HOUR, BOOT, 40 * HOUR),  # set forward, or asleep
        (8 * HOUR, HOUR, "another boot", 8 * HOUR),
        (8 * HOUR, 8 * HOUR + timedelta(seconds=30), BOOT, 8 * HOUR),  # slewed
    ],
)
def test_a_clock_that_is_set_back_makes_nothing_newer_than_it_is(
    later: timedelta, passed: timedelta, boot: str, age: timedelta
) -> None:
    looked = stamped(first_look(), Moment(NOW, 5_000, BOOT, True))
    assert tuple(from_data(json.loads(json.dumps(to_data(one)))) for one in looked) == looked
    moment = Moment(NOW + later, 5_000 + passed // timedelta(milliseconds=1), boot, True)
    assert {moment.at - one.at for one in not_rejuvenated(looked, moment)} == {age}


def test_footage_that_was_opened_in_a_store_is_of_no_box_and_holds_whatever_the_camera_lists() -> None:
    opened = replace(HERE, box="store disk", source="gate")
    looked = tuple(replace(one, box=opened.box, source=opened.source) for one in first_look())
    _, kept = join(site(camera()), of(out_of_turn(healthy(), *NOT_DUE), HERE, "P2"), looked, NOW + 3 * HOUR)
    assert "playback" in [one.path for one in kept]


def test_without_a_remembered_look_a_path_without_a_turn_is_unknown() -> None:
    joined, kept = join(site(camera()), out_of_turn(healthy(), *NOT_DUE), (), NOW)
    assert statuses(joined)["privacy-mask-effective"] == "unknown path-not-looked-at"
    assert kept == ()


def test_a_camera_that_shows_nothing_now_is_not_online_because_it_was() -> None:
    silent = out_of_turn(healthy(), *NOT_DUE)
    for path in ("snapshot", "sub"):
        silent = without_path(silent, path)
        silent += observed("camera:gate", Unavailable("picture", "fault", path=path))
    joined, kept = join(site(camera()), silent, first_look(), NOW + 3 * HOUR)
    assert statuses(joined)["camera-online"] == "unknown fault"
    assert statuses(joined)["privacy-mask-effective"].startswith("unknown")
    assert [k.path for k in kept] == ["main", "playback"], "its turn does not come earlier, and the look counts again"
    back, _ = join(site(camera()), out_of_turn(healthy(), *NOT_DUE), kept, NOW + 4 * HOUR)
    assert statuses(back)["privacy-mask-effective"] == "pass"


def test_a_look_is_forgotten_after_a_day() -> None:
    joined, kept = join(site(camera()), out_of_turn(healthy(), *NOT_DUE), first_look(), NOW + DAY + HOUR)
    assert statuses(joined)["privacy-mask-effective"] == "unknown path-not-looked-at"
    assert kept == ()


def test_a_look_from_the_future_is_one_by_a_wrong_clock_and_counts_for_nothing() -> None:
    _, kept = join(site(camera()), out_of_turn(healthy(), *NOT_DUE), first_look(), NOW - HOUR)
    assert kept == ()


def test_a_look_does_not_outlive_a_change_of_the_device_s_masks() -> None:
    changed = without(healthy(), Masks) + observed("camera:gate", Masks((Mask("m1", SQUARE, "Blurred", True),)))
    joined, kept = join(site(camera()), out_of_turn(changed, "main"), first_look(), NOW + HOUR)
    assert statuses(joined)["privacy-mask-effective"] == "unknown path-not-looked-at"
    assert [k.path for k in kept] == ["playback"]


def test_a_look_does_not_outlive_a_change_of_the_declared_zones() -> None:
    moved = site(camera(zones=(replace(ZONE, polygon=((0.1, 0.1), (0.3, 0.1), (0.3, 0.3))),)))
    assert due(moved, first_look(), NOW + HOUR)["gate"] >= set(NOT_DUE)
    _, kept = join(moved, out_of_turn(healthy(), *NOT_DUE), first_look(), NOW + HOUR)
    assert kept == ()


def test_masks_that_cannot_be_read_for_once_do_not_undo_a_look() -> None:
    silent = without(healthy(), Masks) + observed("camera:gate", Unavailable("masks", "fault"))
    joined, _ = join(site(camera()), out_of_turn(silent, *NOT_DUE), first_look(), NOW + HOUR)
    assert statuses(joined)["privacy-mask-effective"] == "pass"


@pytest.mark.parametrize("verdict", ["FAIL", "UNSURE"])
def test_a_path_in_trouble_is_looked_at_in_every_cycle(verdict: str) -> None:
    troubled = tuple(
        replace(o, value=ZoneVerdict("main", "window", verdict, "x"))  # type: ignore[arg-type]
        if isinstance(o.value, ZoneVerdict) and o.value.path == "main"
        else o
        for o in healthy()
    )
    paths = due(site(camera()), first_look(observations=troubled), NOW + timedelta(minutes=15))["gate"]
    assert "main" in paths
    assert "playback" not in paths


def test_a_path_that_gave_no_picture_is_looked_at_in_every_cycle() -> None:
    failed = without_path(healthy(), "main") + observed("camera:gate", Unavailable("picture", "deadline", path="main"))
    assert "main" in due(site(camera()), first_look(observations=failed), NOW + timedelta(minutes=15))["gate"]


@pytest.mark.parametrize("verdict", ["FAIL", "UNSURE", "no picture"])
def test_bare_playback_has_its_turn_once_an_hour_and_one_without_a_picture_in_every_cycle(verdict: str) -> None:
    (troubled,) = (
        replace(one, seen=None if verdict == "no picture" else one.seen, verdicts=(told(verdict),))
        for one in first_look()
        if one.path == "playback"
    )
    for minutes, is_due in ((15, verdict == "no picture"), (59, verdict == "no picture"), (60, True), (-15, True)):
        paths = due(site(camera()), (troubled,), NOW + timedelta(minutes=minutes))["gate"]
        assert ("playback" in paths) is is_due, minutes


def told(verdict: str) -> ZoneVerdict:
    return ZoneVerdict("playback", "window", "FAIL" if verdict == "no picture" else verdict, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("since_minutes", "is_due"), [(-1, False), (0, False), (10, True)], ids=["before", "found then", "since"]
)
def test_a_reason_to_open_footage_that_is_news_is_followed_at_once_and_else_once_an_hour(
    since_minutes: int, is_due: bool
) -> None:
    nothing: dict[str, frozenset[PathName]] = {"gate": frozenset()}
    reasons = ({}, {"gate": NOW + timedelta(minutes=since_minutes)})
    both = {"gate": {"main", "playback"}}
    at = NOW + timedelta(minutes=15)
    assert with_playback(nothing, reasons, first_look(), at) == (both if is_due else nothing)
    assert with_playback(nothing, reasons, first_look(), NOW + HOUR) == both
    assert with_playback(nothing, reasons, (), at) == both
    assert with_playback(nothing, (), first_look(), at) == nothing


def test_a_fresh_look_replaces_the_remembered_one() -> None:
    later = NOW + HOUR
    _, kept = join(site(camera()), healthy(), first_look(), later)
    assert {k.at for k in kept} == {later}


def test_an_open_stream_stays_a_finding_while_its_path_has_no_turn() -> None:
    (main, playback) = first_look()
    open_main = replace(main, anonymous=True)
    joined, _ = join(site(camera()), out_of_turn(healthy(), *NOT_DUE), (open_main, playback), NOW + HOUR)
    assert statuses(joined)["stream-auth-required"] == "fail anonymous"


def test_over_a_day_every_path_is_looked_at_and_no_cycle_looks_at_all() -> None:
    cameras = [camera(f"c{i}") for i in range(16)]
    a_site, looked, counts = site(*cameras), (), []
    for cycle in range(96):
        now = NOW + cycle * timedelta(minutes=15)
        paths = due(a_site, looked, now)
        turns = [(c, p) for c, ps in paths.items() for p in ps if p in NOT_DUE]
        counts.append(len(turns))
        fresh = tuple(
            replace(look, camera_id=c, at=now, zones=look.zones)
            for c, p in turns
            for look in first_look()
            if look.path == p
        )
        looked = tuple(k for k in looked if (k.camera_id, k.path) not in turns) + fresh
    assert counts[0] == 32
    assert max(counts[1:]) <= 4
    assert all(now - look.at < DAY for look in looked)


def test_a_look_survives_its_text() -> None:
    for look in first_look(observations=(*healthy(), *observed("camera:gate", picture("main")))):
        assert from_data(json.loads(json.dumps(to_data(look)))) == look


def test_a_picture_opened_before_it_was_recorded_over_still_proves_the_age() -> None:
    """The oldest footage moves on with every hour; what was opened 12 hours ago lies before it now."""
    looked = first_look()
    later = NOW + 12 * HOUR
    moved = healthy(kept=35 * DAY - 12 * HOUR)
    joined, _ = join(site(camera()), out_of_turn(moved, *NOT_DUE), looked, later)
    assert statuses(joined)["retention-days"] == "pass"
    assert [o.value.taken_at for o in joined if isinstance(o.value, PictureSeen) and o.value.path == "playback"]


def test_an_imprint_is_compared_within_a_look_and_never_cached() -> None:
    shown = tuple(
        replace(one, value=replace(one.value, imprint="ab"))
        if isinstance(one.value, PictureSeen | FootageOpened)
        else one
        for one in healthy()
    )
    looked = first_look(observations=shown)
    assert [one.seen.imprint for one in looked if one.seen] == [""] * len(looked)
    assert {opened.imprint for one in looked for opened in one.opened} == {""}
    assert tuple(from_data(json.loads(json.dumps(to_data(one)))) for one in looked) == looked
