"""How what a config report says is known, and how old the oldest of its evidence is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from agent.judge.checks.known import BY_PEOPLE, KNOWN, level_of
from agent.judge.checks.table import CHECKS
from agent.judge.memory.memory import Memory
from agent.model.finding import NOTHING_KNOWN, Basis, Finding, Level, Message, Source
from agent.observe.facts.facts import Facts, gather
from agent.observe.footage.days import CameraFootage, RecordedDay, source_of
from agent.observe.pictures.view_memory import CameraQuality, CameraView, IndicatorMark
from agent.observe.remembered.value import Remembered
from agent.report.basis import bases
from agent.report.build import build_reports
from agent.report.config_findings import SubjectIds, encoded, write_findings
from agent.report.plain_findings import plain_findings
from agent.site.config.site import CameraConfig, PrivateZone, Site
from drivers.footage import Channels
from drivers.model import Camera, Device, Identity, Masks, Observation, Recordings, Span
from drivers.picture import Access, FootageOpened, PictureSeen, PresetSeen, StreamSample, ZoneVerdict
from masking.view.model import QualitySeen, ViewSeen

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
H = timedelta(hours=1)
NAMES = SubjectIds(("a", "b"), ("box",))
ZONE = PrivateZone("door", ((0.2, 0.2), (0.5, 0.2), (0.5, 0.5)))
SITE = Site(
    "S1", "datong", "140200", "School",
    devices=(Device("box", "198.18.0.1", 80, "onvif"),),
    cameras=tuple(CameraConfig(Camera(n, "box", "Gate", ""), zones=(ZONE,), recorded=True) for n in NAMES.cameras),
    digest="c" * 64,
)  # fmt: skip
SEEN_IN = {FootageOpened, PictureSeen, ZoneVerdict, PresetSeen, StreamSample, QualitySeen, ViewSeen}
"""What only a delivered picture, live or recorded, gives."""


def finding(check: str, subject: str = "camera:a", status: Any = "pass", reason: str = "", **evidence: Any) -> Finding:
    return Finding(check, subject, status, "major", Message("said"), Source("rule", "1"), reason, evidence)


def seen(path: Any, ago: timedelta, subject: str = "camera:a") -> Observation:
    return Observation(subject, PictureSeen(path, NOW - ago, "00" * 32, 640, 360, 90.0, 30.0), NOW - ago, "remembered")


def age_s(facts: Facts, one: Finding, now: datetime = NOW) -> int | None:
    return bases(SITE, facts, [one], now)[one.key].oldest_age_s


def test_every_check_has_its_row_in_the_table_and_no_row_is_left_over() -> None:
    assert set(KNOWN) == {check.id for check in CHECKS}


def test_only_a_check_that_rests_on_pictures_is_ever_said_to_have_seen() -> None:
    for check, row in KNOWN.items():
        levels = {row.level, row.of_site, *row.reasons.values(), *row.members.values()}
        assert levels <= {*get_args(Level), None}
        if levels & {"seen", "both"} and "tested_at" not in row.dated:  # a self-test has seen a picture of its own
            assert SEEN_IN & set(row.kinds), check


def test_each_reason_and_member_of_the_table_is_one_that_checks_write() -> None:
    pages = [page for page in (ROOT / "agent").glob("**/*.py") if page.name != "known.py"]
    written = "".join(page.read_text("utf-8") for page in pages)
    named = {*BY_PEOPLE, *(name for row in KNOWN.values() for name in (*row.reasons, *row.members, *row.dated))}
    assert [name for name in named if f'"{name}"' not in written] == []


@pytest.mark.parametrize(
    ("one", "level"),
    [
        (finding("privacy-mask-present"), "told"),
        (finding("privacy-mask-present", status="not_applicable", reason="no-private-area"), "declared"),
        (finding("privacy-mask-geometry"), "both"),
        (finding("privacy-mask-geometry", status="fail", reason="uncovered"), "told"),
        (finding("privacy-mask-geometry", status="unknown", reason="not-confirmed-by-picture"), "told"),
        (finding("privacy-mask-effective", paths=[{"path": "main", "verdict": "PASS"}]), "seen"),
        (finding("privacy-mask-effective", status="unknown", reason="unsupported"), None),
        (finding("privacy-mask-effective", status="unknown", reason="path-not-looked-at",
                 paths=[{"path": "main", "verdict": "not looked at"}]), None),
        (finding("privacy-mask-effective", status="unknown", reason="path-not-looked-at",
                 paths=[{"path": "main", "verdict": "PASS"}, {"path": "sub", "verdict": "not looked at"}]), "seen"),
        (finding("privacy-mask-ptz"), "seen"),
        (finding("privacy-mask-ptz", status="unknown", reason="movable-not-told"), None),
        (finding("camera-online", paths=["main"]), "seen"),
        (finding("camera-online", "device:box"), "own"),
        (finding("camera-online", status="fail", reason="unreachable"), "own"),
        (finding("camera-online", status="fail", reason="channel-offline"), "told"),
        (finding("camera-online", status="unknown", reason="refused"), None),
        (finding("retention-days"), "both"),
        (finding("retention-days", status="fail", reason="too-short"), "told"),
        (finding("retention-days", status="unknown", reason="isolated-clip"), "told"),
        (finding("recording-tamper"), "told"),
        (finding("audio-undeclared"), "told"),
        (finding("audio-undeclared", untold=["main"]), "declared"),
        (finding("audio-undeclared", status="unknown", reason="sound-not-told", untold=["main"]), None),
        (finding("storage-health", "device:box"), "told"),
        (finding("storage-health", "site"), "own"),
        (finding("signage-declared", "site"), "declared"),
        (finding("signage-declared", "site", "not_applicable", "none"), "declared"),
        (finding("signage-declared", "site", "not_applicable", "profile"), None),
        (finding("signage-declared", "site", "unknown", "not-declared"), None),
        (finding("report-signed", "site"), "own"),
        (finding("of-a-later-version"), None),
    ],
)  # fmt: skip
def test_a_level_never_says_more_than_what_the_finding_rests_on(one: Finding, level: Level | None) -> None:
    assert level_of(one) == level


def test_the_age_is_that_of_the_oldest_look_that_a_finding_rests_on() -> None:
    verdict = Observation("camera:a", ZoneVerdict("main", "door", "PASS", ""), NOW - 2 * H, "remembered")
    facts = gather(
        [seen("snapshot", H), seen("main", 2 * H), verdict, seen("playback", 5 * H), seen("main", 9 * H, "camera:b")]
    )
    assert age_s(facts, finding("privacy-mask-effective", paths=[{"path": "main", "verdict": "PASS"}])) == 5 * 3600
    assert age_s(facts, finding("camera-online", paths=["main"])) == 2 * 3600, (
        "what the past shows proves no camera online"
    )
    assert age_s(facts, finding("privacy-mask-present")) is None, "nothing of it was read"
    assert age_s(facts, finding("privacy-mask-effective", status="unknown", reason="dark")) is None, "nothing is known"


def test_footage_that_was_played_in_this_look_is_not_as_old_as_the_moment_that_it_shows() -> None:
    played = replace(seen("playback", 35 * 24 * H), method="look")
    facts = gather([seen("main", 2 * H), played])
    assert age_s(facts, finding("privacy-mask-effective", paths=[{"path": "main", "verdict": "PASS"}])) == 2 * 3600
    assert age_s(facts, finding("stream-auth-required")) == 2 * 3600


def test_an_open_door_on_a_path_without_a_turn_is_as_old_as_the_look_at_it() -> None:
    facts = gather([Observation("camera:a", Access(("rtsp main",), ()), NOW, "x"), seen("main", 3 * H)])
    assert age_s(facts, finding("stream-auth-required")) == 3 * 3600


def test_a_finding_about_the_site_is_as_old_as_what_was_read_first_of_all_subjects() -> None:
    of = [Observation(f"device:{n}", Identity("m", "x", "1", "2"), NOW - n * H, "x") for n in (1, 4, 2)]
    assert age_s(gather(of), finding("filing-device-list-match", "site")) == 4 * 3600


def test_what_a_recorder_says_of_a_camera_counts_for_the_camera() -> None:
    facts = gather([Observation("device:box", Channels(()), NOW - 2 * H, "x")])
    assert age_s(facts, finding("camera-online", status="fail", reason="channel-offline")) == 2 * 3600


def test_what_earlier_looks_left_is_as_old_as_they_are() -> None:
    days = ((date(2026, 11, 20), NOW - 85 * H), (date(2026, 11, 22), NOW - 37 * H), (date(2026, 9, 1), NOW - 2000 * H))
    listed = tuple(RecordedDay(day, 86_400, read_at=at) for day, at in days)
    footage = CameraFootage("a", source_of(SITE, SITE.cameras[0]), NOW, NOW, NOW, days=listed)
    recorded = Observation("camera:a", Recordings((Span(NOW - H, NOW),)), NOW, "x")
    known = Remembered(
        footage={"a": footage},
        views={"a": CameraView("", held_at=NOW - 6 * H)},
        quality={
            "a": CameraQuality(marks=(IndicatorMark("black", NOW - 7 * H), IndicatorMark("covered", NOW - 8 * H)))
        },
    )
    facts = gather([recorded], remembered=known)
    assert age_s(facts, finding("camera-moved")) == 6 * 3600
    assert age_s(facts, finding("video-quality")) == 8 * 3600
    assert age_s(facts, finding("camera-occluded")) == 8 * 3600
    complete = age_s(facts, finding("recording-completeness"))
    assert complete == 85 * 3600, "a day before the window is no evidence"


def test_what_a_finding_says_of_its_own_time_counts() -> None:
    at = "2026-11-23T12:00:00Z"
    assert age_s(gather([]), finding("default-credential", "device:box", tried_at=at)) == 86_400
    assert age_s(gather([]), finding("recording-tamper", read_again_at=at)) == 86_400
    changes = [{"found_at": at}, {"found_at": "2026-11-24T11:59:59Z"}]
    assert age_s(gather([]), finding("recording-tamper", status="fail", reason="changed", changes=changes)) == 86_400
    looks = [{"preset": "p", "paths": [{"at": at}, {"at": "no time"}, {"at": "2026-11-01"}]}]
    assert age_s(gather([]), finding("privacy-mask-ptz", presets=looks)) == 86_400
    assert age_s(gather([]), finding("default-credential", "device:box", tried_at=None)) is None


def test_what_was_read_while_the_cycle_ran_has_no_age_below_zero() -> None:
    facts = gather([Observation("camera:a", Masks(()), NOW + timedelta(seconds=20), "x")])
    assert age_s(facts, finding("privacy-mask-present")) == 0


def rows(found: list[Finding], of: Mapping[str, Basis]) -> list[dict[str, Any]]:
    told: Any = json.loads(encoded(write_findings(found, NAMES, 1_000_000, of)))
    return [*told["open"], *told["rest"]]


def test_rows_group_by_level_and_tell_the_oldest_age_of_their_members() -> None:
    found = [finding("x", "camera:a"), finding("x", "camera:b"), finding("x", "device:box"), finding("y", "site")]
    of = {
        found[0].key: Basis("seen", 5), found[1].key: Basis("seen", 70), found[2].key: Basis("told"),
        found[3].key: NOTHING_KNOWN,
    }  # fmt: skip
    told = rows(found, of)
    assert [row.get("level") for row in told] == ["seen", "told", None]
    assert [row.get("oldest_age_s") for row in told] == [70, None, None]
    assert [row["subjects"] for row in told] == [{"cameras_but": []}, {"devices_but": []}, {"site": True}]
    assert all("level" not in row and "oldest_age_s" not in row for row in told if row["check"] == "y")
    body = {"form": 2, "cameras": [{"id": n} for n in NAMES.cameras], "devices": [{"id": "box"}], "rest": told}
    read = [(one["subject"], one.get("level"), one.get("oldest_age_s")) for one in plain_findings(body)]
    assert read == [
        ("camera:a", "seen", 70),
        ("camera:b", "seen", 70),
        ("device:box", "told", None),
        ("site", None, None),
    ]


@pytest.mark.parametrize(("level", "age"), [("guessed", -1), (["seen"], "7"), (None, True), ({}, 1.5), (1, 2**60)])
def test_what_is_no_level_and_no_age_is_not_read_as_one(level: Any, age: Any) -> None:
    row = {"check": "x", "subjects": {"site": True}, "level": level, "oldest_age_s": age}
    (read,) = plain_findings({"form": 2, "open": [row]})
    assert "level" not in read and "oldest_age_s" not in read


def test_an_age_that_grows_makes_no_new_report_and_a_level_that_changes_does() -> None:
    def sent(found: Finding, memory: Memory, now: datetime) -> tuple[list[Any], Memory]:
        drafts, after = build_reports(SITE, facts, (found,), (), memory, now, {})
        return [draft.body for draft in drafts if draft.stream == "config"], after

    facts = gather([Observation("camera:a", Masks(()), NOW - H, "x")])
    (first,), memory = sent(finding("privacy-mask-present"), Memory(), NOW)
    assert first["rest"][0]["oldest_age_s"] == 3600 and first["rest"][0]["level"] == "told"
    later, memory = sent(finding("privacy-mask-present"), memory, NOW + H)
    assert later == [] and bases(SITE, facts, [finding("privacy-mask-present")], NOW + H) != bases(
        SITE, facts, [finding("privacy-mask-present")], NOW
    )
    of_device, memory = sent(finding("audio-undeclared"), memory, NOW + H)
    assert of_device[0]["rest"][0]["level"] == "told"
    of_people, _ = sent(finding("audio-undeclared", untold=["main"]), memory, NOW + H)
    assert of_people[0]["rest"][0]["level"] == "declared"
