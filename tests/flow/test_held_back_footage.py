"""Through the whole cycle, on recorders that lie: footage that rests on it is held back, as one item and unheard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import lies
import pytest
from held_items import GATE, HALL, LIBRARY, NVR, PORCH, RECORDER, held, status, unheard
from told_site import Told, told_site
from warm import judging_worker

from agent.demo.world.cameras import DemoCamera, DemoDevice, RecordingPlan
from agent.judge.checks.known import level_of
from masking.worker.client import Worker


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with judging_worker() as running:
        yield running


RETENTION = "retention-days"


def undeclare(told: Told, duty: str) -> None:
    """Take a declaration of the site away."""
    text, times = re.subn(
        rf'\[\[declaration\]\]\nduty = "{duty}"\n(?:\w+ = .*\n?)+', "", told.config.read_text("utf-8")
    )
    assert times == 1
    told.config.write_text(text, "utf-8")


@pytest.mark.parametrize(("days", "found"), [(91, ("pass", "")), (60, ("unknown", "floor-not-declared"))])
def test_footage_under_ninety_days_does_not_pass_where_nobody_says_whether_the_place_is_a_key_target(
    tmp_path: Path, worker: Worker, days: int, found: tuple[str, str]
) -> None:
    cameras = tuple(replace(one, recording=RecordingPlan(days)) for one in (GATE, PORCH))
    with told_site(tmp_path, worker, (RECORDER,), cameras) as told:
        told.cycle()
        assert status(told, f"{RETENTION} camera:gate") == ("pass", "")
        undeclare(told, "key-target")
        told.cycle(4)
        for camera in cameras:
            assert status(told, f"{RETENTION} camera:{camera.id}") == found
        if found[1]:
            causes = {told.findings[f"{RETENTION} camera:{camera.id}"].caused_by for camera in cameras}
            assert causes == {"declarations site"}, "what is not declared is told once"
        assert unheard(told, RETENTION)


def test_footage_that_is_too_short_for_either_floor_still_fails_where_the_key_target_is_not_declared(
    tmp_path: Path, worker: Worker
) -> None:
    with told_site(tmp_path, worker, (RECORDER,), (replace(GATE, recording=RecordingPlan(20)),)) as told:
        undeclare(told, "key-target")
        told.cycle(2)
        assert status(told, f"{RETENTION} camera:gate")[0] == "fail"


def set_ahead(told: Told, days: int) -> None:
    """Set the recorder's clock; what it holds keeps the dates that it was given."""
    told.devices.replace(replace(RECORDER, clock_offset_s=days * 86_400.0))


def test_footage_does_not_grow_old_by_a_recorder_whose_clock_is_set_ahead(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty-one days by the new clock are eleven by the old one, by which they were dated."""
    cameras = tuple(replace(one, recording=RecordingPlan(31)) for one in (GATE, PORCH))
    with told_site(tmp_path, worker, (RECORDER,), cameras) as told:
        told.cycle(2)
        assert status(told, f"{RETENTION} camera:gate") == ("pass", "")
        set_ahead(told, 20)
        told.cycle(7, timedelta(hours=4))  # until the oldest moment had its turn
        one = held(told, RETENTION, "camera:gate", "camera:porch")
        assert one.reason == "clock-not-trusted" and "clock jumped on 2026-11-24" in str(one.message)
        assert not [one for one in told.events if one["finding"]["reason"] == "clock-not-trusted"]
        told.cycle(1, timedelta(days=31))
        told.cycle()
        assert status(told, f"{RETENTION} camera:gate") == ("pass", ""), "all of it was dated after the jump"


def test_a_recorder_whose_clock_is_off_at_the_first_look_does_not_pass_and_one_that_is_short_fails(
    tmp_path: Path, worker: Worker
) -> None:
    short = replace(PORCH, recording=RecordingPlan(12))
    with told_site(tmp_path, worker, (replace(RECORDER, clock_offset_s=7_200.0),), (GATE, short)) as told:
        told.cycle()
        assert held(told, RETENTION, "camera:gate").reason == "clock-not-trusted"
        assert status(told, f"{RETENTION} camera:porch") == ("fail", "too-short")


def test_retention_does_not_pass_by_a_clock_of_ours_that_nothing_synchronises(tmp_path: Path, worker: Worker) -> None:
    with told_site(tmp_path, worker, (RECORDER,), (GATE, PORCH)) as told:
        told.synced = False
        text = told.config.read_text("utf-8")
        assert text.count('own_clock = "trusted"') == 1
        told.config.write_text(text.replace('own_clock = "trusted"', 'own_clock = "kernel"'), "utf-8")
        told.cycle(4)
        one = held(told, RETENTION, "camera:gate", "camera:porch")
        assert one.reason == "clock-not-trusted" and "our own clock" in str(one.message)
        assert unheard(told, RETENTION)


def test_retention_does_not_pass_where_the_clock_of_the_recorder_cannot_be_read(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told_site(tmp_path, worker, (NVR,), (LIBRARY, HALL)) as told:
        lies.over_isapi(monkeypatch, lies.changed("System/time", "<localTime>.*</localTime>", ""))
        told.cycle(4)
        one = held(told, RETENTION, "camera:library", "camera:hall")
        assert one.reason == "clock-not-trusted" and "could not be read" in str(one.message)


COMPLETE = "recording-completeness"


def test_footage_that_only_the_order_of_a_list_gives_to_a_camera_does_not_pass_for_its_own(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recordings that name none of the device's video sources: as many as there are, in whatever order."""
    with told_site(tmp_path, worker, (RECORDER,), (GATE, PORCH)) as told:
        told.cycle()
        assert status(told, f"{RETENTION} camera:gate") == ("pass", "")
        assert status(told, f"{COMPLETE} camera:gate") == ("pass", "")
        lies.over_soap(monkeypatch, lies.nameless)
        told.cycle(4)
        one = held(told, RETENTION, "camera:gate", "camera:porch")
        assert one.reason == "owner-guessed"
        for camera in ("gate", "porch"):
            found = told.findings[f"{COMPLETE} camera:{camera}"]
            assert (found.status, found.reason, found.caused_by) == ("unknown", "owner-guessed", one.key)
        assert unheard(told, RETENTION, COMPLETE)


def test_what_is_short_fails_whoever_it_belongs_to_and_one_recording_of_one_source_is_no_guess(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    lies.over_soap(monkeypatch, lies.nameless)
    with told_site(tmp_path / "a", worker, (RECORDER,), (GATE, replace(PORCH, recording=RecordingPlan(12)))) as told:
        told.cycle()
        assert status(told, f"{RETENTION} camera:porch") == ("fail", "too-short")
    with told_site(tmp_path / "b", worker, (RECORDER,), (GATE,)) as told:
        told.cycle()
        assert status(told, f"{RETENTION} camera:gate") == ("pass", "")


def by_motion(told: Told, patch: pytest.MonkeyPatch) -> None:
    for camera in ("library", "hall"):
        told.devices.change(camera, "motion-only")


def by_day(told: Told, patch: pytest.MonkeyPatch) -> None:
    lies.over_isapi(patch, lies.changed("record/tracks", "<TimeOfDay>00:00:00", "<TimeOfDay>08:00:00"))


def not_on_sundays(told: Told, patch: pytest.MonkeyPatch) -> None:
    sunday = "<ScheduleAction>(?:(?!</ScheduleAction>).)*<DayOfWeek>Sunday.*?</ScheduleAction>"
    lies.over_isapi(patch, lies.changed("record/tracks", sunday, ""))


@pytest.mark.parametrize(("plan", "hours"), [(by_motion, "0.0"), (by_day, "112.0"), (not_on_sundays, "144.0")])
def test_a_recorder_whose_own_plan_leaves_out_what_is_due_does_not_pass(
    tmp_path: Path,
    worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
    plan: Callable[[Told, pytest.MonkeyPatch], None],
    hours: str,
) -> None:
    with told_site(tmp_path, worker, (NVR,), (LIBRARY, HALL)) as told:
        plan(told, monkeypatch)
        told.cycle(4)
        one = held(told, RETENTION, "camera:library", "camera:hall")
        assert one.reason == "plan-covers-less" and f"records {hours} of the 168 hours" in str(one.message)
        assert unheard(told, RETENTION, COMPLETE)
        found = told.findings[f"{COMPLETE} camera:library"]
        assert (found.status, found.reason) == (
            "unknown",
            "plan-covers-less" if plan is by_motion else "not-all-listed",
        )


def test_a_hole_within_the_plan_still_fails(tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    holed = replace(LIBRARY, recording=RecordingPlan(35, gap_hours=24, gap_days_ago=1, gap_from_midnight=True))
    with told_site(tmp_path, worker, (NVR,), (holed,)) as told:
        by_day(told, monkeypatch)
        told.cycle(3)
        assert status(told, f"{COMPLETE} camera:library") == ("fail", "gap")


CLIP_OVER_RING = RecordingPlan(35, gap_hours=22 * 24, gap_days_ago=34)
"""A day of 35 days ago that somebody locked, and the last twelve days."""


@pytest.mark.parametrize(("box", "one", "other"), [(RECORDER, GATE, PORCH), (NVR, LIBRARY, HALL)])
def test_an_old_clip_over_a_younger_ring_does_not_pass_for_footage_that_is_kept(
    tmp_path: Path, worker: Worker, box: DemoDevice, one: DemoCamera, other: DemoCamera
) -> None:
    cameras = tuple(replace(camera, recording=CLIP_OVER_RING) for camera in (one, other))
    with told_site(tmp_path, worker, (box,), cameras) as told:
        for count in (1, 3):
            told.cycle(count)
            item = held(told, RETENTION, f"camera:{one.id}", f"camera:{other.id}")
            assert item.reason == "isolated-clip"
            assert re.match(r"what is older than 1[12]\.\d days stands alone", str(item.message))
        assert unheard(told, RETENTION)


def test_an_outage_of_a_whole_day_isolates_nothing(tmp_path: Path, worker: Worker) -> None:
    holed = RecordingPlan(35, gap_hours=24, gap_days_ago=5, gap_from_midnight=True)
    with told_site(tmp_path, worker, (RECORDER,), (replace(GATE, recording=holed),)) as told:
        told.cycle(2)
        assert status(told, f"{RETENTION} camera:gate") == ("pass", "")
        assert status(told, f"{COMPLETE} camera:gate") == ("fail", "gap")


def test_a_recorder_whose_pictures_do_not_say_when_they_were_recorded_passes_by_its_word_and_the_pass_says_so(
    tmp_path: Path, worker: Worker
) -> None:
    short = replace(LIBRARY, id="short", channel=3, code="14020000001320000097", recording=RecordingPlan(12))
    with told_site(tmp_path, worker, (RECORDER, NVR), (GATE, LIBRARY, HALL, short)) as told:
        told.cycle(4)
        for camera in ("library", "hall"):
            one = told.findings[f"{RETENTION} camera:{camera}"]
            assert (one.status, one.reason) == ("pass", "")
            assert "35.1 days ago was asked for and came, by the recorder's word" in str(one.message)
            assert level_of(one) == "told" and {ground.level for ground in one.rests_on} <= {"told", "own", "declared"}
        gate = told.findings[f"{RETENTION} camera:gate"]
        assert (gate.status, level_of(gate)) == ("pass", "both"), "ONVIF tells the time with the picture"
        assert status(told, f"{RETENTION} camera:short") == ("fail", "too-short")
        assert not [e for e in told.events if e["finding"]["check"] == RETENTION and "short" not in str(e["finding"])]


def test_a_recorder_that_plays_what_is_of_today_for_every_moment_is_not_believed(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told_site(tmp_path, worker, (NVR,), (LIBRARY, HALL)) as told:
        lies.plays_today(monkeypatch)
        told.cycle(4)
        item = held(told, RETENTION, "camera:library", "camera:hall")
        assert item.reason == "one-for-several"


@pytest.mark.parametrize(("today", "found"), [(False, ("pass", "")), (True, ("unknown", "oldest-not-opened"))])
def test_a_recorder_whose_pictures_say_when_they_were_recorded_is_taken_at_their_word(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch, today: bool, found: tuple[str, str]
) -> None:
    with told_site(tmp_path, worker, (NVR,), (LIBRARY,)) as told:
        lies.tells_times(monkeypatch)
        if today:
            lies.plays_today(monkeypatch)
        told.cycle()
        assert status(told, f"{RETENTION} camera:library") == found
