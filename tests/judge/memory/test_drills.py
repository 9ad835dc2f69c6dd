"""A drill hides what it provokes, for its minutes, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sites import NOW
from sites import site as a_site

from agent.judge.checks.table import CHECKS
from agent.judge.memory.drills import (
    MOST,
    Drill,
    drill_json,
    is_judged,
    is_set_aside,
    not_well,
    provoked,
    set_aside,
)
from agent.judge.memory.exercises import EXERCISES
from agent.judge.memory.notes import active_notes, drills_of, from_data, read_notes, to_data, write_note
from agent.model.finding import Finding, Message, Source, Status
from agent.observe.inventory.owners import Owner

MINUTE = timedelta(minutes=1)
PRESENT, EFFECTIVE = "privacy-mask-present", "privacy-mask-effective"


def drill(exercise: str = "mask", subject: str = "camera:gate", **changes: datetime) -> Drill:
    made = Drill(
        exercise=exercise, subject=subject, start_at=NOW, until=NOW + 15 * MINUTE, by="王工", at=NOW, owner=Owner("S1")
    )
    return replace(made, **changes)


def finding(check: str = PRESENT, status: Status = "fail", reason: str = "missing", **more: str) -> Finding:
    subject, caused_by = more.get("subject", "camera:gate"), more.get("caused_by", "")
    return Finding(check, subject, status, "critical", Message("x"), Source("a", "1"), reason, {"a": 1}, caused_by)


def aside(
    *findings: Finding, of: Drill | None = None, at: datetime = NOW, open_keys: tuple[str, ...] = ()
) -> list[str]:
    """Return the keys of the findings that a drill sets aside in a look of five seconds."""
    after = set_aside(findings, (of or drill(),), frozenset(open_keys), at, at + timedelta(seconds=5))
    assert len(after) == len(findings)
    for before, now in zip(findings, after, strict=True):
        assert now == before or (now.key == before.key and now.status == "not_applicable" and is_set_aside(now))
    return [one.key for one in after if is_set_aside(one)]


def test_what_it_provokes_is_not_due_and_says_who_drilled_and_what_was_found() -> None:
    (after,) = set_aside([finding()], [drill()], frozenset(), NOW, NOW)
    assert (after.status, after.reason, str(after.message)) == ("not_applicable", "drill", "a drill of 王工: x")
    assert after.evidence == {
        "found": "fail",
        "found_reason": "missing",
        "freed_by": {"declaration": "drill", "by": "王工", "at": "2026-11-24T12:00:00Z"},
    }


@pytest.mark.parametrize(
    "other",
    [
        finding(subject="camera:yard"),
        finding(subject="device:gate"),
        finding("camera-online", "fail", "unreachable"),
        finding("camera-occluded", "fail", "covered"),
        finding("camera-moved", "fail", "moved"),
        finding("recording-completeness", "fail", "gap"),
        finding(PRESENT, "unknown", "unreachable"),
        finding(EFFECTIVE, "warn", "nearly"),
        finding(PRESENT, "pass", ""),
    ],
)
def test_everything_else_is_judged_as_ever(other: Finding) -> None:
    assert aside(other, finding()) == [finding().key]


def test_a_covered_lens_hides_no_camera_that_is_gone() -> None:
    lens = drill("lens")
    covered, dark = finding("camera-occluded", "fail", "covered"), finding("camera-online", "warn", "dark")
    gone = finding("camera-online", "fail", "unreachable")
    assert aside(covered, dark, finding(), of=lens) == [covered.key, dark.key]
    assert aside(gone, of=lens) == []


def test_what_was_not_well_before_is_no_drill() -> None:
    assert aside(finding(), open_keys=(finding().key,)) == []


@pytest.mark.parametrize(
    ("at", "of", "counts"),
    [
        (NOW - 6 * timedelta(seconds=1), drill(), False),
        (NOW - 3 * timedelta(seconds=1), drill(), True),
        (NOW + 14 * MINUTE, drill(), True),
        (NOW + 15 * MINUTE, drill(), False),
        (NOW + 4 * MINUTE, drill(ended_at=NOW + 5 * MINUTE), True),
        (NOW + 5 * MINUTE, drill(ended_at=NOW + 5 * MINUTE), False),
        (NOW + 29 * MINUTE, drill(until=NOW + timedelta(days=300)), True),
        (NOW + MOST, drill(until=NOW + timedelta(days=300)), False),
        (NOW + MOST, drill(until=NOW + timedelta(days=300), ended_at=NOW + timedelta(days=200)), False),
        (NOW + MINUTE, drill(until=NOW - MINUTE), False),
    ],
)
def test_it_ends_by_itself_and_after_thirty_minutes_whatever_its_note_says(
    at: datetime, of: Drill, counts: bool
) -> None:
    assert bool(aside(finding(), of=of, at=at)) is counts


def test_what_came_of_it() -> None:
    end, found = NOW + 5 * MINUTE, {"found_at": NOW + MINUTE}
    late = NOW + 20 * MINUTE
    assert drill().outcome(NOW) == "under-way"
    assert drill().outcome(late) == "broken-off", "nobody ended it"
    assert drill(ended_at=end).outcome(late) == "broken-off"
    assert drill(ended_at=NOW + 15 * MINUTE).outcome(late) == "not-found"
    assert drill(**found).outcome(late) == drill(**found, ended_at=end).outcome(late) == "not-recovered"
    assert drill(**found, recovered_at=end, ended_at=end).outcome(late) == "recovered"
    told = drill_json(drill(**found, recovered_at=end, ended_at=end), late)
    assert (told["from"], told["until"], told["found_at"]) == (
        "2026-11-24T12:00:00Z", "2026-11-24T12:05:00Z", "2026-11-24T12:01:00Z",
    )  # fmt: skip


def test_the_cause_is_what_was_found_and_all_proofs_must_pass_again() -> None:
    shown = finding(EFFECTIVE, "fail", "not-hidden", caused_by=f"{PRESENT} camera:gate")
    assert provoked("mask", "camera:gate", [shown, finding()]) == finding()
    assert provoked("mask", "camera:gate", [shown]) == shown
    assert provoked("mask", "camera:yard", [shown]) is None
    well = [finding(PRESENT, "pass", ""), finding(EFFECTIVE, "pass", "")]
    assert not_well("mask", "camera:gate", well) == () and is_judged("mask", "camera:gate", well)
    assert not is_judged("mask", "camera:gate", well[:1])
    unknown = finding(EFFECTIVE, "unknown", "dark")
    assert not_well("mask", "camera:gate", [well[0], unknown]) == (unknown,)
    geometry = finding("privacy-mask-geometry", "fail", "uncovered")
    assert not_well("mask", "camera:gate", [*well, geometry]) == (geometry,)


@pytest.mark.parametrize("one", [drill(), drill(found_at=NOW, ended_at=NOW + MINUTE, recovered_at=NOW)])
def test_its_note_is_stored_and_read(one: Drill, tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert from_data(to_data(one)) == one
    write_note(tmp_path, one, NOW)
    assert read_notes(tmp_path, "S1") == (one,)
    assert active_notes(a_site(), (one,), NOW).drills == drills_of((one,)) == (one,)
    write_note(tmp_path, replace(one, ended_at=NOW + 2 * MINUTE), NOW)
    assert len(read_notes(tmp_path, "S1")) == 1, "the same drill again"


@pytest.mark.parametrize("wrong", [{"exercise": "nap"}, {"until": "2026-11-24T12:00:00"}, {"found_at": 1}, {"x": "y"}])
def test_a_damaged_note_is_no_drill(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        from_data({**to_data(drill()), **wrong})


def test_every_exercise_names_checks_that_there_are() -> None:
    known = {check.id for check in CHECKS}
    assert all({*one.provokes, *one.proof} <= known for one in EXERCISES.values())
