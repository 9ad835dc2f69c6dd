"""Small scripted devices on loopback sockets: HTTP servers that answer as a test says, well or badly.

`digest_accepts` checks an Authorization header on its own, from RFC 7616, so that the client's arithmetic is not
compared with itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from listening import Listening

from drivers.model import Credential, Device

USER, PASSWORD = "admin", "s3cret-Pa55"
NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """One HTTP request as the device saw it. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def authorization(self) -> str:
        """The login that the request carried, or nothing."""
        return self.headers.get("authorization", "")


Answer = bytes | Iterator[bytes] | None
"""Bytes to send, or several pieces of them; None: say nothing until the peer goes away."""


@dataclass
class HttpDevice:
    """A device that answers each request with what `answer` returns for it. Use as a context manager."""

    answer: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> HttpDevice:
        self._listening = Listening(self._serve, self.stopping)
        self.port = self._listening.port
        return self

    def __exit__(self, *details: object) -> None:
        self._listening.stop()

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return self._listening.connections

    def drip(self, data: bytes, pause_s: float = 0.02) -> Iterator[bytes]:
        """Give `data` byte by byte, again and again, until the test ends."""
        while not self.stopping.is_set():
            for byte in data:
                yield bytes([byte])
                if self.stopping.wait(pause_s):
                    return

    def wrap(self, sock: socket.socket) -> socket.socket:
        """Make the server's side of a new connection; TLS devices replace this."""
        return sock

    def _serve(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError), raw, contextlib.closing(self.wrap(raw)) as sock:
            stream = sock.makefile("rb")
            with stream:
                while (asked := _read_request(stream)) is not None:
                    self.asked.append(asked)
                    answer = self.answer(asked)
                    if answer is None:
                        stream.read(1)
                        return
                    for piece in [answer] if isinstance(answer, bytes) else answer:
                        sock.sendall(piece)
                    if not isinstance(answer, bytes):
                        return


def _read_request(stream: object) -> Asked | None:
    line = stream.readline().decode("latin-1").split()  # type: ignore[attr-defined]
    if len(line) != 3:
        return None
    headers = {}
    while (data := stream.readline()).strip():  # type: ignore[attr-defined]
        name, _, value = data.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", 0)) if data else 1
    body = stream.read(length)  # type: ignore[attr-defined]
    # Shorter than it says, or at its end in the head: whoever asked has hung up in the middle.
    return Asked(line[0], line[1], headers, body) if len(body) == length else None


def http(
    status: int,
    body: bytes = b"",
    *headers: tuple[str, str],
    content_type: str = "text/plain",
    length: int | None = None,
) -> bytes:
    """Write one HTTP answer; `length` lies about the body where it is given."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"Content-Type: {content_type}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def digest_parameters(authorization: str) -> dict[str, str]:
    """Read the parameters of a Digest Authorization header."""
    assert authorization.startswith("Digest ")
    pairs = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', authorization)
    return {name: quoted or plain for name, quoted, plain in pairs}


def digest_accepts(
    authorization: str,
    method: str,
    password: str = PASSWORD,
    user: str = USER,
    algorithm: str = "MD5",
    realm: str | None = None,
) -> bool:
    """Say whether a Digest answer is right (RFC 7616 section 3.4.1; without qop RFC 2069).

    `realm` is what the device means, where quoting makes the header say it in another way.
    """
    given = digest_parameters(authorization)
    make = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def digest(text: str) -> str:
        return make(text.encode()).hexdigest()

    first = digest(f"{user}:{realm or given['realm']}:{password}")
    second = digest(f"{method}:{given['uri']}")
    middle = given["nonce"] + (f":{given['nc']}:{given['cnonce']}:{given['qop']}" if "qop" in given else "")
    return given["username"] == user and given["response"] == digest(f"{first}:{middle}:{second}")


def device(
    port: int, password: str | None = PASSWORD, rtsp_port: int = 0, tls: bool = False, host: str = "127.0.0.1"
) -> Device:
    """Describe a scripted device as the configuration would."""
    credential = None if password is None else Credential("test", USER, password)
    return Device("box", host, port, "onvif", credential, rtsp_port, tls)


def clock() -> datetime:
    """Our clock in tests stands still."""
    return NOW
