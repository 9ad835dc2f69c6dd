"""What systemd is told, over real datagram sockets; and that telling it can never stop the service."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE_S

from agent.host import sd_notify


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@camwarden-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        receiver.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield receiver


def told(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().split("\n")


def test_each_state_is_one_datagram(manager: socket.socket) -> None:
    assert sd_notify.ready()
    assert told(manager) == ["READY=1"]
    assert sd_notify.ready("12 cameras")
    assert told(manager) == ["READY=1", "STATUS=12 cameras"]
    assert sd_notify.status("3 fail")
    assert told(manager) == ["STATUS=3 fail"]
    assert sd_notify.watchdog()
    assert told(manager) == ["WATCHDOG=1"]
    assert sd_notify.stopping()
    assert told(manager) == ["STOPPING=1"]


def test_a_reload_tells_the_monotonic_time(manager: socket.socket) -> None:
    before_us = time.monotonic_ns() // 1000
    assert sd_notify.reloading()
    first, second = told(manager)
    assert first == "RELOADING=1"
    assert second.startswith("MONOTONIC_USEC=")
    assert before_us <= int(second.split("=")[1]) <= time.monotonic_ns() // 1000


def test_a_status_text_cannot_smuggle_in_a_field(manager: socket.socket) -> None:
    sd_notify.status("camera\nSTOPPING=1\r\nname" + "x" * 500)
    lines = told(manager)
    assert len(lines) == 1
    assert lines[0].startswith("STATUS=camera STOPPING=1 name")
    assert len(lines[0]) == len("STATUS=") + sd_notify.STATUS_MAX_CHARS


def test_an_empty_status_sends_nothing(manager: socket.socket) -> None:
    assert not sd_notify.status("  \n")
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(100)


@pytest.mark.parametrize("address", [None, "", "vsock:2:1234", "relative", "/nowhere/notify", "@nobody-listens-here"])
def test_without_a_manager_nothing_happens(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if address is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert not sd_notify.ready("text")
    assert not sd_notify.watchdog()


def test_a_manager_that_does_not_read_cannot_hold_the_service_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sd_notify, "SEND_TIMEOUT_S", 0.05)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        answers = []
        while not answers or answers[-1]:
            answers.append(sd_notify.status("x"))
            assert len(answers) < 10_000
        assert answers[0]


@pytest.mark.parametrize(
    ("environ", "interval_s"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "120000000"}, 60.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "42"}, 60.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "43"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({"WATCHDOG_USEC": "-5"}, 0.0),
    ],
)
def test_the_watchdog_is_fed_twice_in_its_time_and_only_by_the_watched(
    environ: dict[str, str], interval_s: float
) -> None:
    assert sd_notify.watchdog_interval_s(environ, 42) == interval_s
