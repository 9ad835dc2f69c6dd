"""Receives the RTP packets of one picture over TCP or UDP, from one device, within bounds.

Over TCP the device connects to us, so that it needs no hole in its own firewall; where it cannot, we connect to it, and
to no other address that its answer may name. Nothing of what comes is stored: a packet is handed on once.

Source: GB/T 28181-2022, annex D; RFC 4571 section 2.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from collections import deque
from types import TracebackType
from typing import Final

from drivers.errors import Malformed
from drivers.gb28181.invitation import Way
from drivers.rtsp.rtp import Packet, parse_packet

MAX_BYTES: Final = 256 * 1024 * 1024
"""How much is read of one picture's stream: a minute and a half of a large camera."""
CONNECTS: Final = 3
CONNECT_EACH_S: Final = 1.0
"""Source: GB/T 28181-2022, annex D: three times at least, a second apart at least."""
PORTS: Final = range(30000, 50000, 2)
AT_ONCE: Final = 512
_CHUNK_BYTES: Final = 64 * 1024
_TRIES: Final = 50
_INTERLEAVED: Final = 0x24


def _bind_even(sock: socket.socket, local: str) -> int:
    """Bind a free port with an even number: devices send nothing to others. Source: RFC 3550 section 11."""
    for left in reversed(range(_TRIES)):
        port = secrets.choice(PORTS)
        try:
            sock.bind((local, port))
        except OSError:
            if not left:
                raise
            continue
        return port
    raise AssertionError("there is a try")


class Media:
    """The port of one picture."""

    def __init__(self, way: Way, local: str, peer: str) -> None:
        """Open a port. Raises OSError where none is free."""
        self.way, self.peer, self._local = way, peer, local
        self.came_bytes = 0
        self.last_stranger = ""
        self._towards = 0
        self._connects_at_s: deque[float] = deque()
        self._stream: socket.socket | None = None
        self._buffer = bytearray()
        family = socket.AF_INET6 if ":" in local else socket.AF_INET
        kind = socket.SOCK_DGRAM if way == "UDP" else socket.SOCK_STREAM
        with contextlib.ExitStack() as opened:
            self._sock = opened.enter_context(socket.socket(family, kind))
            self.port = _bind_even(self._sock, local)
            if way == "TCP":
                self._sock.listen(1)
            elif way == "UDP":
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
            self._sock.setblocking(False)
            self._opened = opened.pop_all()

    def __enter__(self) -> Media:
        """Return itself: leaving the block closes the port."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port, so that whoever goes on sending is told by his own system."""
        if self._stream is not None:
            self._stream.close()
        self._opened.close()

    def connect(self, port: int) -> None:
        """Connect to this port of the device as soon as packets are asked for, some times where it refuses."""
        now_s = time.monotonic()
        self._towards = port
        self._connects_at_s = deque(now_s + CONNECT_EACH_S * number for number in range(CONNECTS))

    def packets(self) -> list[Packet]:
        """Return what has come, without waiting, and nothing beyond MAX_BYTES. Raises Malformed for what is no RTP."""
        if self.came_bytes > MAX_BYTES:
            return []
        return self._datagrams() if self.way == "UDP" else self._streamed()

    def _datagrams(self) -> list[Packet]:
        found = []
        for _ in range(AT_ONCE):
            try:
                data, (host, *_) = self._sock.recvfrom(_CHUNK_BYTES)
            except OSError:
                break
            packet = parse_packet(data) if host == self.peer else None
            self.last_stranger = self.last_stranger if host == self.peer else host
            if packet is not None:
                self.came_bytes += len(data)
                found.append(packet)
        return found

    def _streamed(self) -> list[Packet]:
        if self._stream is None:
            self._stream = self._accepted() if self.way == "TCP" else self._connected()
        if self._stream is None:
            return []
        for _ in range(16):
            try:
                data = self._stream.recv(_CHUNK_BYTES)
            except OSError:
                break
            if not data:
                break
            self.came_bytes += len(data)
            self._buffer += data
        return self._cut()

    def _accepted(self) -> socket.socket | None:
        try:
            sock, (host, *_) = self._sock.accept()
        except OSError:
            return None
        if host != self.peer:
            sock.close()
            self.last_stranger = host
            return None
        sock.setblocking(False)
        return sock

    def _connected(self) -> socket.socket | None:
        if not self._connects_at_s or self._connects_at_s[0] > time.monotonic():
            return None
        self._connects_at_s.popleft()
        try:
            sock = socket.create_connection((self.peer, self._towards), CONNECT_EACH_S, (self._local, 0))
        except OSError:
            return None
        sock.setblocking(False)
        return sock

    def _cut(self) -> list[Packet]:
        """Cut the packets out of the stream, each with its length before it, or framed as RTSP has it."""
        found, at, buffer = [], 0, self._buffer
        while at + 6 <= len(buffer):
            # 0x24 begins the frame of RTSP, or a length of some 9 KB: RTP tells which.
            framed = buffer[at] == _INTERLEAVED and buffer[at + 4] >> 6 == 2 and buffer[at + 2] >> 6 != 2
            head = 4 if framed else 2
            size = int.from_bytes(buffer[at + head - 2 : at + head], "big")
            if at + head + size > len(buffer):
                break
            if size:
                packet = parse_packet(bytes(buffer[at + head : at + head + size]))
                if packet is None:
                    raise Malformed("what came is no RTP")
                found.append(packet)
            at += head + size
        del buffer[:at]
        return found
