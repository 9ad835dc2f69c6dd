"""An answer counts only if it is one: signed by the site's key, for this order, by a report that is here."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, trusted

from agent.contract.chain import utc_text
from agent.contract.envelope import REPORTED_TYP, RESULT_TYP, sign_payload
from agent.contract.orders import Command
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.contract.topics import topic
from agent.hub.views.status import write_orders
from agent.hub.workers import orders
from agent.model.finding import Draft, Envelope, Json
from tests.hub.workers.test_hub_orders import HOUR, publish, reported, result_of, status


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def check(desk: Desk, cameras: tuple[str, ...] = (), checks: tuple[str, ...] = ()) -> tuple[Command, dict[str, Json]]:
    """Order a spot check; return it, and an answer to it as an honest site writes it."""
    command = orders.order_check_now(desk.store, desk.signer, "S1", NOW, cameras, checks)
    assert command.spot_check is not None
    begun, ended = utc_text(NOW + timedelta(seconds=5)), utc_text(NOW + timedelta(seconds=9))
    answer: dict[str, Json] = {
        "cmd": command.id, "nonce": command.spot_check.nonce, "cameras": list(cameras), "checks": list(checks),
        "looked_from": begun, "looked_until": ended,
    }  # fmt: skip
    return command, answer


def report_with(maker: Maker, answer: Json, stream: str = "config") -> Envelope:
    body = {**delivery.config_report().body, "answers": [answer]}
    (made,), _ = maker.envelopes([Draft(stream, body)], {}, "e1")
    return made


@pytest.mark.parametrize("report_first", [True, False])
def test_a_spot_check_is_answered_once_result_and_report_are_here(desk: Desk, maker: Maker, report_first: bool) -> None:
    trusted(desk, maker)
    command, answer = check(desk, ("c1",), ("camera-online",))
    report = report_with(maker, answer)
    if report_first:
        desk.send(report)
    assert result_of(desk, maker, command.id, "check-now", report)["event"] == "answer-waits"
    if not report_first:
        assert status(desk, command) == ("waits", "")
        desk.send(report)
    assert status(desk, command) == ("answered", "")
    assert [event["event"] for event in desk.told] == ["answered"]
    assert result_of(desk, maker, command.id, "check-now", None, status="refused")["event"] == "duplicate-answer"
    assert status(desk, command) == ("answered", "")


EARLY = utc_text(NOW - timedelta(minutes=2))
LATE = utc_text(NOW + HOUR + timedelta(minutes=2))
BAD = {
    "another nonce": ({"nonce": "n" * 32}, "nonce"),
    "another order": ({"cmd": "c" * 16}, "nonce"),
    "a camera left out": ({"cameras": ["c2"]}, "cameras"),
    "names no camera": ({"cameras": None}, "cameras"),
    "a check left out": ({"checks": []}, "checks"),
    "looked before the order": ({"looked_from": EARLY}, "stale"),
    "no time": ({"looked_from": "soon"}, "future"),
    "a local time": ({"looked_from": "2026-11-24T15:04:05"}, "future"),
    "ended before it began": ({"looked_until": utc_text(NOW)}, "future"),
    "looks ahead": ({"looked_until": LATE}, "future"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_report_that_is_no_answer_to_the_spot_check_does_not_count(desk: Desk, maker: Maker, name: str) -> None:
    change, reason = BAD[name]
    trusted(desk, maker)
    command, answer = check(desk, ("c1",), ("camera-online",))
    report = report_with(maker, {**answer, **change})
    desk.send(report)
    result_of(desk, maker, command.id, "check-now", report)
    assert status(desk, command) == ("answer-refused", reason)
    assert [event["event"] for event in desk.told] == ["answer-refused"]


def test_a_look_by_a_clock_that_was_not_synchronised_does_not_count(
    desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted(desk, maker)
    command, answer = check(desk)
    unsure = delivery.moment()
    monkeypatch.setattr(delivery, "moment", lambda at=NOW: type(unsure)(at, 1, unsure.boot_id, False))
    report = report_with(maker, answer)
    desk.send(report)
    result_of(desk, maker, command.id, "check-now", report)
    assert status(desk, command) == ("answer-refused", "clock")


@pytest.mark.parametrize(
    ("declared", "state"), [("trusted", ("answered", "")), ("checked", ("answer-refused", "clock"))]
)
def test_a_look_by_a_clock_that_the_site_declares_right_counts(
    desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch, declared: str, state: tuple[str, str]
) -> None:
    trusted(desk, maker)
    unsure = delivery.moment()
    monkeypatch.setattr(delivery, "moment", lambda at=NOW: type(unsure)(at, 1, unsure.boot_id, False))
    command, answer = check(desk)
    report = report_with(maker, {**answer, "own_clock": declared})
    desk.send(report)
    result_of(desk, maker, command.id, "check-now", report)
    assert status(desk, command) == state


def test_a_declared_clock_that_is_ahead_of_the_hubs_does_not_count(
    desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted(desk, maker)
    unsure = delivery.moment()
    monkeypatch.setattr(delivery, "moment", lambda at=NOW: type(unsure)(at, 1, unsure.boot_id, False))
    command, answer = check(desk)
    report = report_with(maker, {**answer, "own_clock": "trusted", "looked_until": LATE})
    desk.send(report)
    result_of(desk, maker, command.id, "check-now", report)
    assert status(desk, command) == ("answer-refused", "future")


def test_a_look_after_the_order_had_expired_is_late(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    command, answer = check(desk)
    report = report_with(maker, {**answer, "looked_from": LATE, "looked_until": LATE})
    desk.send(report, at=NOW + 2 * HOUR)
    result_of(desk, maker, command.id, "check-now", report)
    assert status(desk, command) == ("answer-refused", "late")


def test_a_named_report_of_another_digest_stream_or_none_at_all_does_not_count(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    first, answer = check(desk)
    report = report_with(maker, answer)
    desk.send(report)
    other = report_with(maker, {**answer, "nonce": "another"})
    result_of(desk, maker, first.id, "check-now", other)
    assert status(desk, first) == ("answer-refused", "digest")
    second, answer = check(desk)
    event = report_with(maker, answer, "event")
    desk.send(event)
    result_of(desk, maker, second.id, "check-now", event)
    assert status(desk, second) == ("answer-refused", "stream")
    third, _ = check(desk)
    result_of(desk, maker, third.id, "check-now", None)
    assert status(desk, third) == ("answer-refused", "no-report")
    fourth, _ = check(desk)
    result_of(desk, maker, fourth.id, "report-now", report)
    assert status(desk, fourth) == ("answer-refused", "command")


def test_an_answer_by_another_key_for_another_site_or_to_no_order_is_refused(
    desk: Desk, maker: Maker, tmp_path: Path
) -> None:
    trusted(desk, maker)
    command, _ = check(desk)
    thief = Maker(tmp_path / "site", delivery.site("S2"), key="thief.pem")
    desk.vouch(thief)
    desk.birth(thief, "e1")
    assert result_of(desk, thief, command.id, "check-now", None)["reason"] == "key-of-another-site"
    assert result_of(desk, maker, command.id, "check-now", None, site="S2")["reason"] == "site"
    assert result_of(desk, maker, command.id, "check-now", None, city="beijing")["reason"] == "site"
    assert result_of(desk, maker, "no-such-order", "check-now", None)["reason"] == "unknown-command"
    assert result_of(desk, maker, command.id, "check-now", None, id="another-order")["reason"] == "topic"
    name = topic("datong", "S1", "cmd-result", command.id)
    assert desk.hand_in(name, b"{}", "")["reason"] == "unsigned"
    assert desk.hand_in(name, b" " * (PAYLOAD_MAX_BYTES + 1), "")["reason"] == "size"
    half = b'{"why":"\\ud800"}'
    assert desk.hand_in(name, half, sign_payload(half, maker.signer, RESULT_TYP))["reason"] == "payload"
    assert desk.hand_in(name, b"{}", sign_payload(b"{}", maker.signer, RESULT_TYP))["reason"] == "payload"
    assert desk.hand_in(name, b"{}", sign_payload(b"{}", maker.signer, REPORTED_TYP))["reason"] == "typ"
    assert desk.hand_in(name, b"{ }", sign_payload(b"{}", maker.signer, RESULT_TYP))["reason"] == "signature"
    assert desk.hand_in("vss/v1/datong/S1/cmd-result/a/b", b"{}", "")["reason"] == "topic"
    assert status(desk, command) == ("", "")


def test_what_is_shown_of_an_order_is_how_far_it_has_come(desk: Desk, maker: Maker) -> None:
    def shown(now: datetime = NOW) -> object:
        return [row["state"] for row in write_orders(desk.store, "S1", now)["orders"]]  # type: ignore[index,union-attr]

    trusted(desk, maker)
    command, answer = check(desk)
    assert (shown(), shown(NOW + 2 * HOUR)) == (["waiting"], ["expired"])
    publish(desk)
    assert (shown(), shown(NOW + 2 * HOUR)) == (["sent"], ["expired"])
    report = report_with(maker, answer)
    result_of(desk, maker, command.id, "check-now", report)
    assert (shown(), shown(NOW + 2 * HOUR)) == (["answer-expected"], ["answer-expected"])
    desk.send(report)
    assert shown(NOW + 2 * HOUR) == ["answered"]


def test_what_an_unknown_key_reports_to_be_in_force_waits_for_trust(desk: Desk, maker: Maker) -> None:
    desk.birth(maker, "e1")
    assert reported(desk, maker, 1)["event"] == "untrusted"
    assert desk.store.all("SELECT * FROM reported") == []
    assert [event["event"] for event in desk.vouch(maker)] == ["state", "reported"]
