"""A connection that comes about as the time ends is closed, not left to the garbage collection."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from patience import PATIENCE_S
from urllib3.connection import HTTPConnection

from drivers.deadline import Deadline, connect
from drivers.errors import DeadlineExceeded
from drivers.http.connections import Connections


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        yield server


def was_closed(server: socket.socket) -> bool:
    """Tell whether the other end of the connection that came is closed already."""
    accepted, _ = server.accept()
    with accepted:
        accepted.settimeout(PATIENCE_S)
        return accepted.recv(1) == b""


def test_a_connection_that_came_about_at_the_last_moment_is_closed(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_s = iter([PATIENCE_S])

    def remaining_s(deadline: Deadline) -> float:
        for one in left_s:
            return one
        raise DeadlineExceeded("used up")

    monkeypatch.setattr(Deadline, "remaining_s", remaining_s)
    with pytest.raises(DeadlineExceeded):
        connect(("127.0.0.1",), listening.getsockname()[1], Deadline(PATIENCE_S))
    assert was_closed(listening)


def test_a_connection_that_cannot_be_guarded_is_closed(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_descriptor(deadline: Deadline, sock: socket.socket) -> None:
        raise OSError(24, "too many open files")

    monkeypatch.setattr(Deadline, "guard", no_descriptor)
    connections = Connections(("127.0.0.1",), Deadline(PATIENCE_S))
    with pytest.raises(OSError, match="too many open files"):
        connections.open(HTTPConnection("127.0.0.1", listening.getsockname()[1]))
    assert was_closed(listening)
