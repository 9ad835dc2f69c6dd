"""What people say about findings: what it silences, for how long, and that it never makes anything well."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lived import ONLINE, STEP, acked, finding, live, story, the_open
from sites import NOW, camera, site

from agent.judge.memory.episodes import open_episodes, times_json
from agent.judge.memory.notes import (
    FOLDER,
    Acknowledgement,
    ActiveNotes,
    Plan,
    Proof,
    Settled,
    active_notes,
    name_of,
    read_notes,
    remove_note,
    settled_changes,
    write_note,
)
from agent.judge.memory.transitions import transitions
from agent.model.errors import Forbidden


def test_an_acknowledged_finding_stays_open_and_is_told_no_more_until_it_is_well() -> None:
    _, memory = live("f")
    noted = acked(the_open(memory))
    changed, memory = live("uuuf", memory=memory, noted=noted, start=NOW + STEP)
    assert story(changed) == "uf"
    assert the_open(memory).acknowledged == noted.acknowledged["clock-offset camera:gate"]
    changed, _ = live("p", memory=memory, noted=noted, start=NOW + 5 * STEP)
    assert story(changed) == "P"
    episode = changed[0].episode
    assert episode is not None
    assert times_json(episode)["acknowledged"] == {
        "by": "Wang", "at": "2026-11-24T12:00:00Z", "why": "new camera is ordered", "until": "2026-12-01T12:00:00Z",
    }  # fmt: skip


def test_an_acknowledged_warning_that_becomes_a_failure_is_told() -> None:
    _, memory = live("w")
    noted = acked(the_open(memory))
    changed, memory = live("f", memory=memory, noted=noted, start=NOW + STEP)
    assert story(changed) == "F"
    _, memory = live("w", memory=memory, noted=noted, start=NOW + 2 * STEP)
    assert the_open(memory).acknowledged is None, "nobody knows that it was that bad"


def test_who_knows_of_a_failure_knows_of_it_whatever_it_is_called_meanwhile() -> None:
    _, memory = live("fuuu")
    changed, _ = live("f", memory=memory, noted=acked(the_open(memory)), start=NOW + 4 * STEP)
    assert story(changed) == "f"


def test_an_acknowledgement_is_of_one_episode_and_not_of_the_next() -> None:
    _, memory = live("f")
    noted = acked(the_open(memory))
    changed, memory = live("pf", memory=memory, noted=noted, start=NOW + STEP)
    assert story(changed) == "PF"
    assert the_open(memory).acknowledged is None


@pytest.mark.parametrize(("after", "counts"), [(timedelta(days=7), False), (timedelta(days=7) - STEP, True)])
def test_an_expired_acknowledgement_counts_no_longer(after: timedelta, counts: bool) -> None:
    _, memory = live("f")
    episode = the_open(memory)
    note = Acknowledgement(episode.key, episode.detected_at, episode.worst, "Wang", NOW, "x", NOW + timedelta(days=7))
    noted = active_notes(site(camera()), (note,), NOW + after)
    _, memory = transitions((finding("fail"),), memory, NOW + after, noted)
    assert (the_open(memory).acknowledged is not None) is counts


PLAN = Plan("device:box", NOW, NOW + timedelta(hours=2), "Li", NOW, "disk is changed")


def planned(now: datetime, plan: Plan = PLAN) -> ActiveNotes:
    return active_notes(site(camera("gate", "box"), camera("yard", "other")), (plan,), now)


@pytest.mark.parametrize(
    ("subject", "now", "covers"),
    [
        ("device:box", NOW, True),
        ("camera:gate", NOW, True),
        ("camera:yard", NOW, False),
        ("device:other", NOW, False),
        ("site", NOW, False),
        ("camera:gate", NOW - STEP, False),
        ("camera:gate", NOW + timedelta(hours=2), False),
    ],
)
def test_a_plan_covers_a_device_and_its_cameras_within_its_time(subject: str, now: datetime, covers: bool) -> None:
    assert (subject in planned(now).planned) is covers


def test_a_plan_of_the_site_covers_everything() -> None:
    everything = planned(NOW, replace(PLAN, subject="site")).planned
    assert everything == {"site", "device:box", "device:other", "camera:gate", "camera:yard"}


@pytest.mark.parametrize("known", ["p", ""])
def test_an_outage_within_planned_work_is_no_episode(known: str) -> None:
    _, memory = live(known, start=NOW - STEP)
    changed, memory = live("fuff", memory=memory, noted=planned(NOW))
    assert (changed, open_episodes(memory.known)) == ([], ())
    changed, _ = live("p", memory=memory, noted=planned(NOW))
    assert changed == []


@pytest.mark.parametrize("known", ["p", ""])
def test_what_is_still_broken_after_planned_work_is_told_then(known: str) -> None:
    _, memory = live(known, start=NOW - STEP)
    _, memory = live("ff", memory=memory, noted=planned(NOW))
    changed, memory = live("f", memory=memory, start=PLAN.until)
    assert story(changed) == "F"
    assert the_open(memory).detected_at == PLAN.until


def test_what_was_broken_before_and_is_repaired_by_the_planned_work_is_told() -> None:
    _, memory = live("f", start=NOW - STEP)
    changed, _ = live("uup", memory=memory, noted=planned(NOW))
    assert story(changed) == "P"


def test_a_proof_by_a_job_closes_at_the_first_good_look() -> None:
    _, memory = live("ff", ONLINE)
    episode = the_open(memory)
    proved = ActiveNotes(proved={episode.key: Proof(episode.key, episode.detected_at, NOW, "job-1")})
    changed, _ = live("p", ONLINE, memory, proved, start=NOW + 2 * STEP)
    assert story(changed) == "P"


@pytest.mark.parametrize("look", ["f", "u"])
def test_a_proof_closes_nothing_that_is_not_seen_well(look: str) -> None:
    _, memory = live("ff", ONLINE)
    episode = the_open(memory)
    proved = ActiveNotes(proved={episode.key: Proof(episode.key, episode.detected_at, NOW, "job-1")})
    changed, memory = live(look, ONLINE, memory, proved, start=NOW + 2 * STEP)
    assert changed == []
    assert the_open(memory).verified_at is None


def test_a_proof_of_an_earlier_episode_proves_nothing_of_this_one() -> None:
    _, memory = live("ff", ONLINE)
    proved = ActiveNotes(proved={f"{ONLINE} camera:gate": Proof(f"{ONLINE} camera:gate", NOW - STEP, NOW, "job-1")})
    changed, _ = live("p", ONLINE, memory, proved, start=NOW + 2 * STEP)
    assert changed == []


# On disk

ACK = Acknowledgement("clock-offset camera:gate", NOW, "fail", "王工", NOW, "等配件\u202e", NOW + timedelta(days=7))
NOTES = (
    ACK,
    PLAN,
    Proof("clock-offset camera:gate", NOW, NOW, "job-1"),
    Settled("recording-tamper camera:gate", ("a1", "b2"), "Li", NOW, "a disk was changed"),
)


def test_each_kind_of_note_survives_its_file(tmp_path: Path) -> None:
    for note in NOTES:
        write_note(tmp_path, note, NOW)
    assert set(read_notes(tmp_path, "dt0001")) == set(NOTES)
    assert settled_changes(read_notes(tmp_path, "dt0001")) == {"a1", "b2"}
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / FOLDER).iterdir()}
    assert ((tmp_path / FOLDER).stat().st_mode & 0o777, modes) == (0o700, {0o600})


def test_a_note_takes_the_place_of_the_one_before_about_the_same(tmp_path: Path) -> None:
    write_note(tmp_path, ACK, NOW)
    write_note(tmp_path, replace(ACK, by="Li"), NOW)
    assert read_notes(tmp_path, "dt0001") == (replace(ACK, by="Li"),)
    assert remove_note(tmp_path, name_of(ACK))
    assert not remove_note(tmp_path, name_of(ACK))
    assert read_notes(tmp_path, "dt0001") == ()


def test_what_has_not_counted_for_a_month_is_removed_with_the_next_note(tmp_path: Path) -> None:
    write_note(tmp_path, ACK, NOW)
    write_note(tmp_path, PLAN, NOW + timedelta(days=37))
    assert set(read_notes(tmp_path, "dt0001")) == {ACK, PLAN}
    write_note(tmp_path, replace(PLAN, start_at=NOW + timedelta(days=39)), NOW + timedelta(days=39))
    assert ACK not in read_notes(tmp_path, "dt0001")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff" * 40,
        b"[" * 100_000,
        b'{"schema": "other/1", "kind": "ack"}',
        b'{"schema": "camwarden-note/1", "kind": "word"}',
        b'{"schema": "camwarden-note/1", "kind": "ack", "key": "x"}',
        b'{"schema": "camwarden-note/1", "kind": "proof", "key": "x", "detected_at": "2026-11-24T12:00:00", "at":'
        b' "2026-11-24T12:00:00+00:00", "job": "x"}',
    ],
)
def test_a_damaged_note_is_named_in_the_log_and_counts_for_nothing(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    write_note(tmp_path, ACK, NOW)
    (tmp_path / FOLDER / "ack-0000.json").write_bytes(content)
    assert read_notes(tmp_path, "dt0001") == (ACK,)
    assert "ack-0000.json: this note is damaged" in caplog.text


def test_a_note_under_the_name_of_another_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / FOLDER / write_note(tmp_path, ACK, NOW)
    path.rename(path.with_name("ack-0123456789abcdef.json"))
    assert read_notes(tmp_path, "dt0001") == ()


def test_without_a_folder_there_are_no_notes(tmp_path: Path) -> None:
    assert read_notes(tmp_path / "nowhere", "dt0001") == ()


def test_where_nothing_may_be_written_one_line_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_bytes(b"")
    with pytest.raises(Forbidden, match="name a folder of your own with"):
        write_note(tmp_path, ACK, NOW)
