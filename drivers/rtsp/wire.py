"""Reads and writes the bytes of an RTSP connection: answers and interleaved packets, within deadline and size limits.

`session.py` decides on requests and what answers mean.

Source: RFC 2326 sections 6, 7 and 10.12.
"""

import re
import socket
from dataclasses import dataclass
from typing import NoReturn

from drivers.deadline import Deadline
from drivers.errors import DeadlineExceeded, Malformed, ProtocolBroken

CHALLENGE = "www-authenticate"
_MAX_HEAD_BYTES = 64 * 1024
_MAX_BODY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. Header names are in lower case and may repeat; the bytes of challenges are characters (Latin-1)."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header of this name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")


class Wire:
    """Reads answers and interleaved packets off the connection, within deadline and size limits."""

    def __init__(self, sock: socket.socket, deadline: Deadline, max_bytes: int) -> None:
        self.deadline = deadline
        self._max_bytes = max_bytes
        self._sock = sock
        self._buffer = bytearray()
        self._total_bytes = 0

    def send(self, data: bytes) -> None:
        """Send a whole request. Raises ProtocolBroken or DeadlineExceeded."""
        try:
            self._sock.settimeout(self.deadline.remaining_s())
            self._sock.sendall(data)
        except OSError as error:
            self._lost(error)

    def next(self) -> Response | tuple[int, bytes]:
        """Return the next answer, or the next packet with its channel. Raises DriverError."""
        while True:
            while self._peek(1) in b"\r\n":
                del self._buffer[0]
            if self._peek(1) == b"$":
                head = self._peek(4)
                size = int.from_bytes(head[2:4], "big")
                data = self._peek(4 + size)[4:]
                del self._buffer[: 4 + size]
                return head[1], data
            response = self._message()
            if response is not None:
                return response

    def _message(self) -> Response | None:
        """Read an answer; None for a request of the server's, which may go unanswered."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise Malformed("the answer's head does not end")
            self._fill()
        head = bytes(self._buffer[:end]).split(b"\r\n")
        first = head[0].decode("utf-8", "replace")
        headers = []
        for line in head[1:]:
            # A challenge is answered with its own bytes, in whatever encoding they are.
            name, colon, value = line.decode("latin-1").partition(":")
            name = name.strip().lower()
            if colon and name != CHALLENGE:
                value = value.encode("latin-1").decode("utf-8", "replace")
            if colon:
                headers.append((name, value.strip()))
        length = next((value for name, value in headers if name == "content-length"), "0")
        if not length.isdecimal() or len(length) > 7 or int(length) > _MAX_BODY_BYTES:
            raise Malformed("the answer's length cannot be right")
        body = self._peek(end + 4 + int(length))[end + 4 :]
        del self._buffer[: end + 4 + int(length)]
        match = re.fullmatch(r"RTSP/\d\.\d (\d{3})(?: (.*))?", first)
        if match is None:
            if first.endswith(("RTSP/1.0", "RTSP/2.0")):
                return None
            raise Malformed("the answer is not RTSP")
        return Response(int(match[1]), (match[2] or "").strip()[:120], tuple(headers), body)

    def _peek(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        return bytes(self._buffer[:size])

    def _fill(self) -> None:
        try:
            self._sock.settimeout(self.deadline.remaining_s())
            data = self._sock.recv(64 * 1024)
        except OSError as error:
            self._lost(error)
        if not data:
            self.deadline.remaining_s()
            raise ProtocolBroken("the device closed the connection")
        self._total_bytes += len(data)
        if self._total_bytes > self._max_bytes:
            raise Malformed(f"what was asked for did not come within {self._max_bytes} bytes")
        self._buffer += data

    def _lost(self, error: OSError) -> NoReturn:
        if self.deadline.passed or isinstance(error, TimeoutError):
            raise DeadlineExceeded("no answer on the stream within the device's time") from None
        raise ProtocolBroken(error.strerror or type(error).__name__) from None
