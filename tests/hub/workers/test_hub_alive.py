"""The running hub tells its service manager that it is up, what it does, and that it makes progress."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from hubside import RunningHub, site_on
from mosquitto import Broker
from patience import PATIENCE_S

from agent.hub.workers.alive import Alive


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(str(tmp_path / "notify"))
    receiver.settimeout(PATIENCE_S)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    return receiver


def until(manager: socket.socket, wanted: str) -> list[str]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        lines = manager.recv(4096).decode().split("\n")
        if any(line.startswith(wanted) for line in lines):
            return lines
    raise AssertionError(f"{wanted} was not told")


def test_a_hub_is_up_feeds_the_watchdog_says_that_its_broker_is_gone_and_when_it_stops(
    tmp_path: Path, broker: Broker, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub:
        assert until(manager, "READY=1") == ["READY=1", "STATUS=opening the database"]
        until(manager, f"STATUS=receiving from 127.0.0.1:{broker.port}")
        until(manager, "WATCHDOG=1")
        broker.kill()
        hub.tell.wait(lambda _: bool(hub.tell.of("offline")))
        until(manager, "STATUS=without a broker: ")
    with manager:
        until(manager, "STOPPING=1")


def test_the_watchdog_is_fed_as_often_as_its_limit_asks_and_not_without_one(manager: socket.socket) -> None:
    manager.setblocking(False)
    for alive in (Alive(3600.0), Alive(0.0)):
        for _ in range(100):
            alive.beat()
    assert manager.recv(4096) == b"WATCHDOG=1"
    with manager, pytest.raises(BlockingIOError):
        manager.recv(4096)
