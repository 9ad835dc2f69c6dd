"""A broker as it was before MQTT 5: mosquitto behind a door that turns version 5 away, in one of the known ways."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mosquitto import Broker, free_port
from patience import PATIENCE_S

CODE_1 = b"\x20\x02\x00\x01"
"""CONNACK of MQTT 3.1.1: unacceptable protocol version."""
CODE_0X84 = b"\x20\x03\x00\x84\x00"
"""CONNACK of MQTT 5: unsupported protocol version."""
CLOSED = b""
"""Some only close."""


class OldDoor:
    """A door before a broker that answers a CONNECT of version 5 as old brokers do, and lets others through."""

    def __init__(self, behind: int, answer: bytes = CODE_1, all_closed: bool = False) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.versions: list[int] = []
        self.behind = behind
        self.shut = True
        self._answer = answer
        self._all_closed = all_closed
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with suppress(OSError):
                self._greet(client)

    def _greet(self, client: socket.socket) -> None:
        first = client.recv(4096)
        if not first:
            client.close()
            return
        version = first[first.index(b"MQTT") + 4]
        self.versions.append(version)
        if self.shut and (version == 5 or self._all_closed):
            client.sendall(self._answer)
            client.close()
            return
        try:
            broker = socket.create_connection(("127.0.0.1", self.behind))
        except OSError:
            client.close()
            raise
        broker.sendall(first)
        threading.Thread(target=_join, args=(client, broker), daemon=True).start()

    def __enter__(self) -> OldDoor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(PATIENCE_S)


def _join(client: socket.socket, broker: socket.socket) -> None:
    back = threading.Thread(target=_pour, args=(broker, client), daemon=True)
    back.start()
    _pour(client, broker)
    back.join()
    client.close()
    broker.close()


def _pour(one: socket.socket, other: socket.socket) -> None:
    """Hand on all of one direction, then end that one alone: what is under way in the other still arrives."""
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


class OldBroker(Broker):
    """Speaks only 3.1.1 on `port`; `behind` is a listener that speaks MQTT 5 too. Use as a context manager."""

    def __init__(self, directory: Path, lines: Sequence[str] = ("allow_anonymous true",)) -> None:
        self.behind = free_port()
        super().__init__(directory, [f"listener {self.behind} 127.0.0.1", *lines], listener=False)
        self.door = OldDoor(self.behind)
        self.port, self._ports = self.door.port, [self.behind]

    def __enter__(self) -> OldBroker:
        self.start()
        self.door.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.door.__exit__()
        self.stop()
