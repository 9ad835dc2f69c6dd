"""A digest is sent beside the cycle: whatever a webhook does, cycles go on, and nothing is lost or sent in a storm."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from digest_room import MORNING, WITHIN_S, Desk, here, online
from webhook_server import serving

from agent.judge.memory.episodes import FindingState
from agent.service.alerts import digest_text
from agent.service.alerts.digest_desk import DigestDesk
from drivers.model import Credential


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_end_while_sending_costs_a_delay_and_no_storm(desk: Desk) -> None:
    over = threading.Event()

    def hanging(*_: object) -> str:
        over.wait(WITHIN_S)
        return "the process had ended"

    left = desk.desk = DigestDesk(desk.folder, lambda: desk.at, hanging)
    desk.look(online("gate", "fail"), within_s=0)
    desk.start()
    assert desk.look(online("gate", "fail")) == []
    assert desk.look(online("gate", "fail"), after=timedelta(minutes=5)) == [("camera:gate", None, "fail")]
    over.set()
    left.wait(WITHIN_S)


def test_a_fault_of_ours_while_sending_is_one_line_without_the_address(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*_: object) -> str:
        raise RuntimeError("https://example.org/?key=TOKEN-1")

    desk.desk = DigestDesk(desk.folder, lambda: desk.at, fault)
    desk.look(online("gate", "fail"))
    (record,) = caplog.records
    assert "attempt 1: RuntimeError; tried again after 2026-11-25T00:10" in record.getMessage()
    assert "TOKEN-1" not in caplog.text
    desk.start()
    assert desk.look(online("gate", "fail"), after=timedelta(minutes=5)) == [("camera:gate", None, "fail")]


def test_a_webhook_that_does_not_answer_holds_up_no_cycle(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    at = [MORNING]
    known = {"camera-online camera:gate": FindingState("fail", MORNING)}
    with serving() as hook:
        hook.silent = True
        desk = DigestDesk(tmp_path, lambda: at[0], digest_text.send)
        configured = here(credential=Credential("digest", "robot", hook.url()))
        for _ in range(100):  # each of them would have waited until the webhook gave up
            desk.cycle_done(configured, (online("gate", "fail"),), lambda: known)
            at[0] += timedelta(hours=1)
        assert desk.is_sending
        assert hook.asked.wait(WITHIN_S)
        hook.ended.set()  # now it hangs up
        desk.wait(WITHIN_S)
        assert len(hook.requests) == 1
        (record,) = caplog.records
        assert record.getMessage().startswith("the daily digest was not delivered, attempt 1: ")
        hook.silent = False
        desk.cycle_done(configured, (online("gate", "fail"),), lambda: known)
        desk.wait(WITHIN_S)
        first, second = hook.bodies()
        assert first == second


def test_a_digest_reaches_a_real_webhook_after_one_that_failed(tmp_path: Path) -> None:
    at = [MORNING]
    with serving() as hook:
        desk = DigestDesk(tmp_path, lambda: at[0], digest_text.send)
        configured = here(kind="wecom", credential=Credential("digest", "robot", hook.url()), lang="zh_CN")
        known = {"camera-online camera:gate": FindingState("fail", MORNING)}
        hook.answer = b'{"errcode":45009}'
        for _ in range(3):
            desk.cycle_done(configured, (online("gate", "fail"),), lambda: known)
            desk.wait(WITHIN_S)
        assert len(hook.requests) == 1
        hook.answer = b'{"errcode":0}'
        at[0] += timedelta(minutes=5)
        for _ in range(3):
            desk.cycle_done(configured, (online("gate", "fail"),), lambda: known)
            desk.wait(WITHIN_S)
        first, second = hook.bodies()
        assert first == second
        assert "新增或变差：1 项" in second["text"]["content"]  # noqa: RUF001 - Chinese
