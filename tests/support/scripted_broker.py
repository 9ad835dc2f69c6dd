"""A broker of MQTT 5 that answers each PUBLISH as a test says, or closes on it, or never answers."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from patience import PATIENCE_S

CONNACK = b"\x20\x03\x00\x00\x00"
"""Accepted, without a property: the broker names no limit."""
SHARES_NOTHING = b"\x20\x05\x00\x00\x02\x2a\x00"
"""As RabbitMQ says it, which grants a shared subscription all the same, and delivers nothing."""
TOO_LARGE = 0x95
NOT_AUTHORIZED = 0x87
NO_SUBSCRIBERS = 0x10


@dataclass(frozen=True)
class Ack:
    """Answer with PUBACK and this reason code."""

    code: int = 0


@dataclass(frozen=True)
class Close:
    """Close the connection; with `code` after a DISCONNECT that has it, without one as RabbitMQ does."""

    code: int | None = None


@dataclass(frozen=True)
class Silence:
    """Answer nothing, and go on: pings are answered."""


Answer = Callable[[str, bytes], Ack | Close | Silence]
"""What to answer a PUBLISH, by its topic and the whole packet."""


class ScriptedBroker:
    """Serves one client after the other. `came`: the topics of all that came, in order. A context manager."""

    def __init__(self, answer: Answer, connack: bytes = CONNACK) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.answer = answer
        self._connack = connack
        self.came: list[str] = []
        self.connects = 0
        self.pings = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client, suppress(OSError, EOFError):
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(PATIENCE_S)
        stream = client.makefile("rb")
        while True:
            kind, body = _packet(stream.read)
            if kind >> 4 == 1:
                self.connects += 1
                client.sendall(self._connack)
            elif kind >> 4 == 3:
                if not self._published(client, kind, body):
                    return
            elif kind >> 4 == 8:
                filters = body.count(b"vss/v1/")
                client.sendall(bytes((0x90, 3 + filters)) + body[:2] + b"\x00" + b"\x01" * filters)
            elif kind >> 4 == 12:
                self.pings += 1
                client.sendall(b"\xd0\x00")
            elif kind >> 4 == 14:
                return

    def _published(self, client: socket.socket, kind: int, body: bytes) -> bool:
        """Answer a PUBLISH; return whether the connection goes on."""
        length = int.from_bytes(body[:2], "big")
        topic, mid = body[2 : 2 + length].decode(), body[2 + length : 4 + length]
        self.came.append(topic)
        answer = self.answer(topic, body)
        if isinstance(answer, Silence):
            return True
        if isinstance(answer, Ack):
            client.sendall(b"\x40\x03" + mid + bytes((answer.code,)))
            return True
        if answer.code is not None:
            client.sendall(bytes((0xE0, 1, answer.code)))
        # Nothing unread may be left: a reset would overtake what was said.
        client.shutdown(socket.SHUT_WR)
        client.settimeout(PATIENCE_S)
        with suppress(OSError):
            while client.recv(65_536):
                pass
        return False

    def __enter__(self) -> ScriptedBroker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(PATIENCE_S)


def _packet(read: Callable[[int], bytes]) -> tuple[int, bytes]:
    """Read one packet: its first byte, and what follows its length. Source: MQTT 5.0 section 2.1.4."""
    (kind,) = _exactly(read, 1)
    length, shift = 0, 0
    while True:
        (byte,) = struct.unpack("B", _exactly(read, 1))
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return kind, _exactly(read, length)
        shift += 7


def _exactly(read: Callable[[int], bytes], number: int) -> bytes:
    data = read(number)
    if len(data) < number:
        raise EOFError
    return data
