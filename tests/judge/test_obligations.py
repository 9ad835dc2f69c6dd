"""Each obligation has a longest age: what is older holds nothing, and what is from an earlier look says its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.judge.check import Check
from agent.judge.checks.table import CHECKS
from agent.judge.claim import Held
from agent.judge.obligations import LOOK, OBLIGATIONS, TURN, obligation_of
from agent.judge.verdict import EARLIER, verdict
from agent.model.finding import Finding, Ground, Level, Message, Source

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
ROW = Check("privacy-mask-effective", lambda *_: (), "critical", Source("a rule", "1"), "A duty.", at=NOW)
SECOND = timedelta(seconds=1)


def judged(ago: timedelta, check: Check = ROW, key: str = "hidden door main", **of: object) -> Finding:
    ground = replace(Ground("ZoneVerdict", "camera:a", "seen", NOW - ago, "main"), **of)
    return verdict(check, "camera:a", [Held(key, (ground,))], {}, Message("all is hidden"))


def test_every_check_has_its_obligations_and_no_other_is_listed() -> None:
    assert OBLIGATIONS.keys() == {one.id for one in CHECKS}
    for rows in OBLIGATIONS.values():
        assert len({one.family for one in rows}) == len(rows)


@pytest.mark.parametrize(
    ("ago", "status"), [(TURN, "pass"), (TURN + SECOND, "unknown"), (-LOOK, "pass"), (-LOOK - SECOND, "unknown")]
)
def test_a_path_counts_for_its_turn_and_no_longer(ago: timedelta, status: str) -> None:
    found = judged(ago)
    assert (found.status, found.reason) == (status, "" if status == "pass" else "too-old")


def test_what_a_device_says_holds_nothing_that_has_to_be_seen() -> None:
    assert judged(SECOND).status == "pass"
    assert judged(SECOND, level="told").reason == "not-seen"
    assert judged(SECOND, replace(ROW, id="recording-completeness"), "newest opened", level="told").status == "pass"


def test_another_check_of_the_same_evidence_is_stricter() -> None:
    online = replace(ROW, id="camera-online")
    assert judged(2 * LOOK, online, "moving").status == "pass"
    assert judged(2 * LOOK, online, "pictures").reason == "too-old"


def test_an_obligation_that_nobody_listed_is_as_old_as_a_look_at_most() -> None:
    assert obligation_of(ROW.id, "something new") is None
    assert judged(LOOK, key="something new").status == "pass"
    assert judged(LOOK + SECOND, key="something new").reason == "too-old"


def test_what_was_seen_in_an_earlier_look_says_when() -> None:
    found = judged(timedelta(hours=3), remembered=True)
    assert found.evidence == {EARLIER: {"main": "2026-11-28T05:00:00Z"}}
    assert str(found.message) == "all is hidden (main as seen at 2026-11-28T05:00:00Z)"
    assert judged(timedelta(hours=3)).evidence == {}


def test_the_moment_of_a_recording_is_no_age_but_the_turn_of_playback_is() -> None:
    month = timedelta(days=30)
    assert judged(month, key="hidden door playback", path="playback").status == "pass"
    assert judged(month, key="hidden door playback", path="playback", remembered=True).reason == "too-old"


@pytest.mark.parametrize(("kind", "status"), [("views", "pass"), ("ViewSeen", "unknown")])
def test_a_history_is_cut_to_no_age_and_what_it_is_compared_with_is(kind: str, status: str) -> None:
    found = judged(timedelta(days=9), replace(ROW, id="camera-moved"), "approved view", kind=kind, path="")
    assert found.status == status


@pytest.mark.parametrize(
    ("check", "key", "levels"),
    [
        ("privacy-mask-ptz", "hidden gate door main", ("seen",)),
        ("declarations", "key-target", ("declared",)),
        ("declarations", "asked", ("own",)),
        ("recording-completeness", "holes", ("told",)),
    ],
)
def test_a_key_is_of_the_row_that_fits_it_best(check: str, key: str, levels: tuple[Level, ...]) -> None:
    found = obligation_of(check, key)
    assert found is not None
    assert found.levels == levels
