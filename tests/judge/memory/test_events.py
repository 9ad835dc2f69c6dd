"""Transitions: what is told, what stays quiet, and what the memory keeps from one cycle to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sites import NOW

from agent.judge.memory.memory import Memory, from_json, to_json
from agent.judge.memory.transitions import Transition, spool_incident, transitions
from agent.model.finding import Finding, Message, Source, Status


def finding(status: Status, check: str = "clock-offset", caused_by: str = "") -> Finding:
    return Finding(check, "camera:gate", status, "major", Message("x"), Source("rule", "1"), caused_by=caused_by)


def told_over(*cycles: tuple[Finding, ...], memory: Memory | None = None) -> list[tuple[Transition, ...]]:
    memory = memory or Memory()
    told = []
    for index, findings in enumerate(cycles):
        transition, memory = transitions(findings, memory, NOW + timedelta(minutes=15 * index))
        memory = from_json(to_json(memory))
        told.append(tuple(one for one in transition if one.told))
    return told


def statuses(told: list[tuple[Transition, ...]]) -> list[list[tuple[Status | None, Status]]]:
    return [[(t.before, t.finding.status) for t in cycle] for cycle in told]


def test_a_healthy_site_makes_no_events() -> None:
    assert statuses(told_over(*[(finding("pass"),)] * 5)) == [[]] * 5


def test_a_fail_is_told_at_once_and_once_and_so_is_its_end() -> None:
    cycles = [(finding(s),) for s in ("pass", "fail", "fail", "pass", "pass")]
    assert statuses(told_over(*cycles)) == [[], [("pass", "fail")], [], [("fail", "pass")], []]


def test_what_fails_when_first_seen_is_told() -> None:
    assert statuses(told_over((finding("fail"),))) == [[(None, "fail")]]


def test_what_is_unknown_when_first_seen_is_not_told() -> None:
    assert statuses(told_over((finding("unknown"),))) == [[]]


def test_one_lost_answer_is_weather() -> None:
    cycles = [(finding(s),) for s in ("pass", "unknown", "pass", "unknown", "pass")]
    assert statuses(told_over(*cycles)) == [[]] * 5


def test_unknown_three_times_in_a_row_is_told_once() -> None:
    cycles = [(finding(s),) for s in ("pass", "unknown", "unknown", "unknown", "unknown")]
    assert statuses(told_over(*cycles)) == [[], [], [], [("pass", "unknown")], []]


def test_a_camera_that_goes_silent_is_told_the_third_time() -> None:
    cycles = [(finding(s, check="camera-online"),) for s in ("pass", "fail", "fail", "fail")]
    assert statuses(told_over(*cycles)) == [[], [], [], [("pass", "fail")]]


def test_a_finding_that_shares_a_cause_is_not_told_and_its_old_status_is_kept() -> None:
    cycles = [
        (finding("pass"),),
        (finding("unknown", caused_by="camera-online camera:gate"),),
        (finding("unknown", caused_by="camera-online camera:gate"),),
        (finding("pass"),),
    ]
    assert statuses(told_over(*cycles)) == [[]] * 4


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "[" * 100_000, '{"schema": "other/1"}', '{"schema": "camwarden-memory/1"}']
)
def test_an_unreadable_memory_is_forgotten_not_fatal(text: str | None) -> None:
    assert from_json(text) == Memory()


def test_memory_survives_its_text() -> None:
    _, memory = transitions((finding("fail"), replace(finding("unknown"), subject="site")), Memory(), NOW)
    memory = replace(memory, config_digest="ab", config_sent_at=NOW)
    assert from_json(to_json(memory)) == memory


@pytest.mark.parametrize("kind", ["spool-corrupt", "spool-restored", "something-new"])
def test_what_happened_to_the_spool_is_told_as_a_failure_of_the_site(kind: str) -> None:
    told = spool_incident(kind, "spool.db.damaged-1")
    assert (told.finding.subject, told.finding.status, told.finding.reason) == ("site", "fail", kind)
    assert told.finding.evidence == {"detail": "spool.db.damaged-1"}
