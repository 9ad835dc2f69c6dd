"""The hub asks for what is missing once it does not come by itself, and does not ask for what is gone."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.envelope import COMMAND_TYP, RESULT_TYP, sign_payload, verify
from agent.contract.orders import Range, Result
from agent.contract.orders_json import write_result
from agent.contract.topics import topic
from agent.hub.domain.rows.gaps import Hole
from agent.hub.stores.intake.holes import absent
from agent.hub.workers.resend import NEAR, ORDERS_MOST, QUIET, WAIT_MOST, due, overlay, wait
from agent.model.finding import Draft, Head, Json
from agent.site.config.site import Hub

MINUTE = timedelta(minutes=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", 1883, tls=False)))


def asked(desk: Desk) -> list[dict[str, Json]]:
    """Return the ranges of every resend command, oldest first."""
    rows = desk.store.all("SELECT payload, jws FROM command WHERE name = 'resend' ORDER BY created_at, id")
    for payload, jws in rows:
        verify(payload, jws, {desk.signer.kid: desk.signer.public}, COMMAND_TYP)
    return [json.loads(payload) for payload, _ in rows]


def runs(desk: Desk) -> list[tuple[str, int, int]]:
    return [(str(one["stream"]), int(one["from_seq"]), int(one["to_seq"])) for one in asked(desk)]


def answer(
    desk: Desk, maker: Maker, command_id: str, missing: tuple[tuple[int, int], ...], **changes: object
) -> dict[str, Json]:
    """Hand in a site's result of a resend."""
    fields = {"id": command_id, "site": "S1", "city": "datong", "epoch": "e1", "name": "resend", "status": "done"}
    result = Result(**{**fields, "missing": missing, **changes})
    payload = write_result(result, NOW)
    where = topic("datong", "S1", "cmd-result", result.id)
    return desk.hand_in(where, payload, sign_payload(payload, maker.signer, RESULT_TYP))


def with_a_hole(desk: Desk, maker: Maker) -> None:
    """Have reports 1 and 4 of 4."""
    trusted(desk, maker)
    reports = chain_of(maker, 4)
    for place in (0, 3):
        desk.send(reports[place])


def test_a_hole_is_asked_for_when_nothing_late_has_come_for_ten_minutes(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    assert desk.look(NOW + QUIET - MINUTE) == []
    (event,) = desk.look(NOW + QUIET)
    assert (event["event"], event["from_seq"], event["to_seq"]) == ("asked", 2, 3)
    assert runs(desk) == [("event", 2, 3)]


def test_a_backlog_row_that_comes_puts_the_question_off(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 5)
    for place in (0, 4):
        desk.send(reports[place])
    desk.send(reports[2], at=NOW + QUIET - MINUTE)  # the backlog is still coming
    assert desk.look(NOW + QUIET) == []
    assert len(desk.look(NOW + 2 * QUIET - MINUTE)) == 1
    assert runs(desk) == [("event", 2, 4)]  # two holes near each other, one order


def test_a_row_that_comes_once_more_is_no_backlog(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 4)
    for place in (0, 3):
        desk.send(reports[place])
    assert desk.send(reports[3], at=NOW + QUIET - MINUTE)["event"] == "duplicate"
    assert len(desk.look(NOW + QUIET)) == 1


def test_live_reports_that_continue_a_stream_do_not_put_the_question_off(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    for report in chain_of(maker, 6)[4:]:
        desk.send(report, at=NOW + QUIET - MINUTE)
    assert len(desk.look(NOW + QUIET)) == 1


def test_what_is_newly_found_missing_gets_its_own_ten_minutes(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    desk.send(chain_of(maker, 9)[8], at=NOW + QUIET - MINUTE)
    assert desk.look(NOW + QUIET) == []


def test_a_lost_tail_that_only_heads_tell_of_is_asked_for(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.birth(maker, "e1", 2, heads={"event": Head(2, "2" * 64)})
    assert len(desk.look(NOW + QUIET)) == 1
    assert runs(desk) == [("event", 1, 2)]


def test_a_site_that_is_away_or_confirms_by_files_is_not_asked(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    desk.birth(maker, "e1", 1, "lost")
    assert desk.look(NOW + QUIET) == []
    desk.birth(maker, "e1", 2)
    with desk.store.transaction():
        desk.store.run("UPDATE site SET confirm = 'file'")
    assert desk.look(NOW + QUIET) == []


def test_an_unanswered_hole_is_asked_for_again_after_waits_that_double(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    at = NOW + QUIET
    for times in range(1, 12):
        assert len(desk.look(at)) == 1, times
        assert desk.look(at + wait(times) - MINUTE) == []
        at += wait(times)
    assert wait(1) == QUIET
    assert wait(2) == 2 * QUIET
    assert wait(11) == wait(1000) == WAIT_MOST
    assert runs(desk) == [("event", 2, 3)] * 11


def test_an_order_that_a_site_has_not_answered_counts_among_the_few_at_a_time(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, (NEAR + 3) * 5)
    holes = [number * (NEAR + 3) for number in range(1, 5)]
    for report in reports:
        if report.report.seq not in holes:
            desk.send(report)
    assert len(desk.look(NOW + QUIET)) == ORDERS_MOST
    assert desk.look(NOW + QUIET + MINUTE) == []
    assert answer(desk, maker, str(asked(desk)[0]["id"]), ())["event"] == "answered"
    assert len(desk.look(NOW + QUIET + MINUTE)) == 1


def test_what_the_site_no_longer_has_is_lost_and_not_asked_for_again(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    desk.look(NOW + QUIET)
    assert answer(desk, maker, str(asked(desk)[0]["id"]), ((2, 3),))["event"] == "answered"
    lost = {"event": "lost", "site": "S1", "epoch": "e1", "stream": "event", "from_seq": 2, "to_seq": 3}
    assert desk.told == [lost]
    assert desk.holes() == [("event", 2, 3, "missing", "lost")]
    run: dict[str, Json] = {"epoch": "e1", "stream": "event", "from_seq": 2, "to_seq": 3}
    assert desk.status()["gaps"] == {"missing": [run], "lost": [run], "explained": [], "accepted": []}
    assert desk.look(NOW + timedelta(days=30)) == []
    assert desk.watermark("e1") == {"event": 1}  # never past a hole that nobody explains


def test_only_the_part_that_is_gone_is_lost(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 9)
    for place in (0, 8):
        desk.send(reports[place])
    desk.look(NOW + QUIET)
    answer(desk, maker, str(asked(desk)[0]["id"]), ((1, 2), (5, 5), (8, 20)))
    assert [(event["from_seq"], event["to_seq"]) for event in desk.told] == [(2, 2), (5, 5), (8, 8)]
    desk.look(NOW + 2 * QUIET)
    assert runs(desk)[1:] == [("event", 3, 7)]  # what is left lies near: one order, and 5 is dropped if it comes
    assert [hole for hole in desk.holes() if hole[4] == "lost"] == [
        ("event", 2, 2, "missing", "lost"), ("event", 5, 5, "missing", "lost"), ("event", 8, 8, "missing", "lost")
    ]  # fmt: skip


def test_a_lost_run_that_comes_after_all_or_is_explained_is_no_longer_lost(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    reports = chain_of(maker, 4)
    desk.look(NOW + QUIET)
    answer(desk, maker, str(asked(desk)[0]["id"]), ((2, 3),))
    desk.send(reports[1])
    body = {"stream": "event", "epoch": "e1", "from_seq": 3, "to_seq": 3, "count": 1, "reason": "damaged"}
    (record,), _ = maker.envelopes([Draft("gap", {**body, "last_digest": reports[2].report.digest})], {}, "e1")
    desk.send(record)
    assert desk.status()["gaps"]["lost"] == []  # at once, not only after the next look
    desk.look(NOW + 2 * QUIET)
    assert desk.holes() == []
    assert desk.watermark("e1") == {"event": 4, "gap": 1}


def test_a_site_cannot_talk_the_hub_out_of_what_it_has(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    desk.look(NOW + QUIET)
    answer(desk, maker, str(asked(desk)[0]["id"]), ((1, 2**52),))
    assert [(event["from_seq"], event["to_seq"]) for event in desk.told] == [(2, 3)]
    assert desk.watermark("e1") == {"event": 1}


def test_a_refused_resend_is_no_loss(desk: Desk, maker: Maker) -> None:
    with_a_hole(desk, maker)
    desk.look(NOW + QUIET)
    event = answer(desk, maker, str(asked(desk)[0]["id"]), (), status="refused", reason="too-often")
    assert (event["event"], event["status"], event["reason"]) == ("answered", "refused", "too-often")
    assert desk.told == []
    assert len(desk.look(NOW + 2 * QUIET)) == 1


NUMBERS = st.sets(st.integers(1, 30))


@given(NUMBERS, NUMBERS)
def test_absent_runs_are_exactly_the_numbers_that_nobody_has_or_explains(stored: set[int], explained: set[int]) -> None:
    holes = [Hole("e1", "event", number, number) for number in range(1, 31) if number not in stored | explained]
    joined = overlay([], holes)
    assert {n for hole in joined for n in range(hole.first, hole.last + 1)} == set(range(1, 31)) - stored - explained
    assert all(later.first > earlier.last + 1 for earlier, later in pairwise(joined))


@given(NUMBERS, NUMBERS)
def test_what_is_known_about_a_hole_stays_with_each_number_of_it(before: set[int], after: set[int]) -> None:
    known = [Hole("e1", "event", n, n, times=1 + n % 3, asked_at="then") for n in sorted(before)]
    found = overlay(known, [Hole("e1", "event", n, n) for n in sorted(after)])
    each = {n: hole.times for hole in found for n in range(hole.first, hole.last + 1)}
    assert each == {n: 1 + n % 3 if n in before else 0 for n in after}


def test_runs_in_the_database_are_those_between_reports_and_gaps(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 12)
    for place in (1, 2, 6, 9):
        desk.send(reports[place])
    (first, *_), _ = maker.envelopes([delivery.event(99)], {"event": Head(6, "f" * 64)}, "e1")
    assert desk.send(first)["event"] == "fork"  # is here, too
    with desk.store.transaction():
        desk.store.run("INSERT INTO gap VALUES ('S1', 'e1', 'event', 3, 5, 'damaged', ?)", "a" * 64)
    assert absent(desk.store, "S1", "e1", "event", 0, 12) == [(1, 1), (6, 6), (8, 9), (11, 12)]
    assert absent(desk.store, "S1", "e1", "event", 3, 8) == [(6, 6), (8, 8)]
    assert absent(desk.store, "S1", "e1", "event", 12, 12) == []
    assert absent(desk.store, "S1", "e9", "event", 0, 3) == [(1, 3)]


def test_what_is_missing_is_asked_for_before_what_was_confirmed_before() -> None:
    holes = [Hole("e1", "event", 1, 5, "before"), Hole("e1", "health", 7, 9), Hole("e1", "config", 2, 2, state="lost")]
    assert due(holes, NOW, 3) == [Range("e1", "health", 7, 9), Range("e1", "event", 1, 5)]
    assert due(holes, NOW, 1) == [Range("e1", "health", 7, 9)]
    assert due(holes, NOW, 0) == []
