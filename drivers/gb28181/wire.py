"""Receives and sends SIP of one device over UDP and TCP on one port, within bounds.

Bound to one address of this machine, and open to one numeric address of a device: what comes from any other is dropped
unread and leaves a count and the last address, nothing else. One thread, no waiting but in `next`.

Source: RFC 3261 section 18; GB/T 28181-2022, annex M (what is longer than a packet goes over TCP).
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Literal

from drivers.errors import Malformed
from drivers.gb28181.sip import MAX_DATAGRAM_BYTES, Sip, first_size, parse, render

MAX_CONNECTIONS: Final = 8
AT_ONCE: Final = 64
SEND_WITHIN_S: Final = 2.0
_RECEIVE_BUFFER_BYTES: Final = 4 * 1024 * 1024
_CHUNK_BYTES: Final = 64 * 1024

Transport = Literal["UDP", "TCP"]


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a message came from, and where its answer goes: the port of a datagram, or a connection by its number."""

    transport: Transport
    host: str
    port: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of the device, and its way."""

    message: Sip
    flow: Flow


@dataclass(slots=True)
class Dropped:
    """What was not read: counts, and the last foreign address, as a hint for a person."""

    strangers: int = 0
    last_stranger: str = ""
    malformed: int = 0
    why_malformed: str = ""


@dataclass(slots=True)
class _Connection:
    sock: socket.socket
    flow: Flow
    buffer: bytearray = field(default_factory=bytearray)


def address_towards(host: str) -> str:
    """Return this machine's address that packets to a numeric host leave from; nothing is sent. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((host, 9))
        return str(probe.getsockname()[0])


class Wire:
    """The two sockets of a test, and the connections of its device."""

    def __init__(self, local: str, port: int, peer: str) -> None:
        """Bind both sockets. Raises OSError, as where another program has the port."""
        self.peer = peer
        self.dropped = Dropped()
        self._made = 0
        self._ready: list[Incoming] = []
        self._connections: dict[int, _Connection] = {}
        self._selector = selectors.DefaultSelector()
        family = socket.AF_INET6 if ":" in local else socket.AF_INET
        with contextlib.ExitStack() as opened:
            self._tcp = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
            self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._tcp.bind((local, port))
            self.local, self.port = str(local), int(self._tcp.getsockname()[1])
            self._udp = opened.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            self._udp.bind((local, self.port))
            self._tcp.listen(MAX_CONNECTIONS)
            for sock in (self._tcp, self._udp):
                sock.setblocking(False)
                self._selector.register(sock, selectors.EVENT_READ)
            self._opened = opened.pop_all()

    def __enter__(self) -> Wire:
        """Return itself: leaving the block closes everything."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all sockets, so that nothing can reach this machine any more."""
        for number in list(self._connections):
            self._hang_up(number)
        self._selector.close()
        self._opened.close()

    def next(self, within_s: float) -> Incoming | None:
        """Return the next message of the device, None where none came in time."""
        until_mono = time.monotonic() + max(0.0, within_s)
        while not self._ready:
            left_s = until_mono - time.monotonic()
            if left_s <= 0:
                return None
            for key, _ in self._selector.select(left_s):
                self._read(key)
        return self._ready.pop(0)

    def send(self, flow: Flow, message: Sip) -> bool:
        """Send a message back on its way; False where that is gone."""
        data = render(message)
        try:
            if flow.transport == "UDP":
                self._udp.sendto(data, (flow.host, flow.port))
                return True
            connection = self._connections.get(flow.number)
            if connection is None:
                return False
            connection.sock.settimeout(SEND_WITHIN_S)
            connection.sock.sendall(data)
        except OSError:
            if flow.transport == "TCP":
                self._hang_up(flow.number)
            return False
        return True

    def _read(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._udp:
            self._read_datagrams()
        elif key.fileobj is self._tcp:
            self._accept()
        elif isinstance(key.data, int) and key.data in self._connections:
            self._read_stream(self._connections[key.data])

    def _read_datagrams(self) -> None:
        """Read what waits, and no more than some: strangers must not fill the buffer before the device is read."""
        for _ in range(AT_ONCE):
            try:
                data, (host, port, *_) = self._udp.recvfrom(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:  # a port of the device that is closed is told here too
                continue
            if not self._is_strange(host) and data.strip(b"\r\n\x00 "):
                self._take(data, Flow("UDP", host, port))

    def _accept(self) -> None:
        try:
            sock, (host, port, *_) = self._tcp.accept()
        except OSError:
            return
        if self._is_strange(host):
            sock.close()
            return
        if len(self._connections) >= MAX_CONNECTIONS:
            self._hang_up(next(iter(self._connections)))
        self._made += 1
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[self._made] = _Connection(sock, Flow("TCP", host, port, self._made))
        self._selector.register(sock, selectors.EVENT_READ, self._made)

    def _read_stream(self, connection: _Connection) -> None:
        try:
            data = connection.sock.recv(_CHUNK_BYTES)
        except OSError:
            data = b""
        if not data:
            self._hang_up(connection.flow.number)
            return
        connection.buffer += data
        if connection.buffer.startswith((b"\r", b"\n")):  # they keep a connection open, and must not fill it
            connection.buffer = bytearray(connection.buffer.lstrip(b"\r\n"))
        try:
            while (size := first_size(connection.buffer)) is not None and size <= len(connection.buffer):
                whole = bytes(connection.buffer[:size])
                del connection.buffer[:size]
                self._take(whole, connection.flow)
        except Malformed as error:  # where the next message begins is not known any more
            self._count_malformed(error)
            self._hang_up(connection.flow.number)

    def _take(self, data: bytes, flow: Flow) -> None:
        try:
            self._ready.append(Incoming(parse(data), flow))
        except Malformed as error:
            self._count_malformed(error)

    def _is_strange(self, host: str) -> bool:
        if host == self.peer:
            return False
        self.dropped.strangers += 1
        self.dropped.last_stranger = host
        return True

    def _count_malformed(self, error: Malformed) -> None:
        self.dropped.malformed += 1
        self.dropped.why_malformed = str(error)

    def _hang_up(self, number: int) -> None:
        connection = self._connections.pop(number, None)
        if connection is not None:
            self._selector.unregister(connection.sock)
            connection.sock.close()
