"""An endpoint is told what a person with its bindings would see; its answer decides when it is tried again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hooked import hook

from agent.contract.chain import utc_text
from agent.hub.domain.rows.webhooks import KINDS, Delivery, Happening, Progress
from agent.hub.domain.scope import Scope, SitePlace
from agent.hub.domain.webhooks import (
    RETRY_AFTER_MOST,
    TRIED_FOR,
    WAIT_LAST,
    after,
    asked_wait,
    body_of,
    enabled,
    event_id,
    goes_to,
    is_taken,
    secrets_of,
    wait,
)

NOW = datetime.fromisoformat("2026-11-27T06:30:00Z")
FAILED = Happening(
    id="evt_1", kind="finding.failed", at=utc_text(NOW), told={"site": "S1"},
    place=SitePlace(("140202",), "Datong East", ("Company One", "Wang")),
)  # fmt: skip
WAITS = Delivery(hook="tickets", no=1, id="evt_1", body=b"{}", made_at=utc_text(NOW))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(everything=True), True), (Scope(), False), (Scope(divisions=("140200",)), True),
        (Scope(divisions=("1403",)), False),
        (Scope(operators=("Datong East",)), True), (Scope(operators=("Datong",)), False),
        (Scope(maintainers=("Company One",)), True), (Scope(maintainers=("Wang",)), True),
        (Scope(maintainers=("Company",)), False), (Scope(divisions=("1403",), maintainers=("Wang",)), True),
    ],
)  # fmt: skip
def test_an_endpoint_is_told_of_its_own_alone(scope: Scope, expected: bool) -> None:
    assert goes_to(hook(scope=scope), Progress(), FAILED) == expected


def test_what_nobody_has_named_goes_to_no_endpoint_that_is_bound() -> None:
    nowhere = replace(FAILED, place=SitePlace())
    for scope in (Scope(divisions=("14",)), Scope(operators=("",)), Scope(maintainers=("",)), Scope(divisions=("",))):
        assert not goes_to(hook(scope=scope), Progress(), nowhere)
    assert goes_to(hook(), Progress(), nowhere)


def test_an_endpoint_is_told_of_the_kinds_that_it_wants_while_it_is_active() -> None:
    for kind in KINDS:
        one = replace(FAILED, kind=kind)
        assert goes_to(hook(kinds=(kind,)), Progress(), one)
        assert not goes_to(hook(kinds=tuple(other for other in KINDS if other != kind)), Progress(), one)
    assert not goes_to(hook(disabled_at=utc_text(NOW)), Progress(), FAILED)
    assert not goes_to(hook(), Progress(stopped_at=utc_text(NOW)), FAILED)


def answered(
    status: int, progress: Progress | None = None, retry_after: str = "", at: datetime = NOW, waits: Delivery = WAITS
) -> tuple[Progress, Delivery | None]:
    return after(progress or Progress(), waits, (status, "" if status else "timed out"), retry_after, at, 0.5)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_what_was_taken_waits_no_more_and_the_endpoint_is_well(status: int) -> None:
    failing = Progress(failing_since=utc_text(NOW), tries=4, next_at=utc_text(NOW), delivered=7)
    progress, waits = answered(status, failing)
    assert waits is None
    assert (progress.delivered, progress.failing_since, progress.tries, progress.next_at) == (8, "", 0, "")


@pytest.mark.parametrize(
    "status", [0, 100, 199, 300, 301, 302, 307, 308, 401, 403, 404, 408, 429, 500, 502, 503, 504, 599]
)
def test_no_answer_a_redirect_or_a_failure_holds_up_the_whole_endpoint(status: int) -> None:
    assert not is_taken(status)
    progress, waits = answered(status)
    assert waits == WAITS, "the same message, with the same id"
    assert (progress.tries, progress.failing_since, progress.delivered) == (1, utc_text(NOW), 0)
    assert progress.next_at == utc_text(NOW + timedelta(seconds=10))
    again, _ = answered(status, progress, at=NOW + timedelta(seconds=10))
    assert again.next_at == utc_text(NOW + timedelta(seconds=40))
    assert again.failing_since == utc_text(NOW)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_message_that_is_refused_waits_and_lets_the_next_one_by(status: int) -> None:
    progress, waits = answered(status)
    assert progress.next_at == "" and progress.failing_since == utc_text(NOW)
    assert waits == replace(WAITS, tries=1, next_at=utc_text(NOW + timedelta(seconds=10)))


def test_an_endpoint_that_is_gone_is_stopped_at_once_and_its_messages_stay() -> None:
    progress, waits = answered(410)
    assert progress.stopped_at == utc_text(NOW) and waits == WAITS
    assert enabled(progress).stopped_at == ""


def test_an_endpoint_that_took_nothing_for_three_days_is_stopped_and_an_old_message_is_counted() -> None:
    failing = Progress(failing_since=utc_text(NOW - TRIED_FOR + timedelta(seconds=1)), tries=20)
    progress, waits = answered(500, failing, waits=replace(WAITS, made_at=failing.failing_since))
    assert (progress.stopped_at, progress.given_up) == ("", 0) and waits is not None
    progress, waits = answered(500, failing, at=NOW + timedelta(seconds=1))
    assert progress.stopped_at == utc_text(NOW + timedelta(seconds=1)) and waits is not None, "this one is young"
    progress, waits = answered(500, Progress(), waits=replace(WAITS, made_at=utc_text(NOW - TRIED_FOR)))
    assert (progress.given_up, waits) == (1, None)


def test_waits_grow_to_six_hours_spread_and_end_within_three_days_in_few_tries() -> None:
    assert [wait(n, 0.5).total_seconds() for n in (1, 2, 3, 4)] == [10, 30, 90, 270]
    assert wait(1, 0) < wait(1, 0.5) < wait(1, 1)
    assert wait(10**6, 1) <= WAIT_LAST * 1.25
    at, tries = timedelta(), 0
    while at < TRIED_FOR:
        tries += 1
        at += wait(tries, 0)
    assert tries < 30


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120), (" 5 ", 5), ("0", 0), ("-5", 0), ("1e3", 0), ("", 0), ("soon", 0), ("٣", 0), ("9" * 500, 86400),
        ("Fri, 27 Nov 2026 06:31:00 GMT", 60), ("Fri, 27 Nov 2026 06:00:00 GMT", 0),
        ("Fri, 27 Nov 9999 06:00:00 GMT", 86400),
        ("Fri, 99 Nov 2026 06:00:00 GMT", 0), ("Fri, 27 Nov 2026 06:31:00 -0000", 60), ("\x00", 0), ("Fri, 27 Nov", 0),
    ],
)  # fmt: skip
def test_an_answer_says_when_to_come_again_within_bounds(said: str, seconds: float) -> None:
    assert asked_wait(said, NOW).total_seconds() == seconds
    assert asked_wait(said, NOW) <= RETRY_AFTER_MOST
    progress, _ = answered(429, retry_after=said)
    assert progress.next_at == utc_text(NOW + timedelta(seconds=max(10, seconds)))


def test_the_same_has_the_same_id_and_parts_do_not_run_together() -> None:
    assert event_id("a", "b") == event_id("a", "b") != event_id("ab", "") != event_id("", "ab")


def test_a_body_is_json_with_kind_id_number_and_time() -> None:
    assert json.loads(body_of("finding.failed", "evt_1", 3, "2026-11-27T06:30:00.000Z", {"site": "大同"})) == {
        "schema": "camwarden-hub-webhook/1", "type": "finding.failed", "id": "evt_1", "sequence": 3,
        "timestamp": "2026-11-27T06:30:00.000Z", "data": {"site": "大同"},
    }  # fmt: skip


def test_the_secret_before_signs_along_for_a_day() -> None:
    exchanged = hook(secret="new", secret_before="old", before_until=utc_text(NOW + timedelta(days=1)))
    assert secrets_of(exchanged, NOW) == ("new", "old")
    assert secrets_of(exchanged, NOW + timedelta(days=1)) == ("new",)
    assert secrets_of(hook(secret="new"), NOW) == ("new",)
