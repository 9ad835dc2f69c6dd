"""Sends one request over HTTP, bounded: one deadline for all of it, a largest answer, no redirect, no proxy, no cookie.

For the hub, which has no library of HTTP. A name is resolved as long as the system's resolver takes; everything after
that ends in time, however slowly the other side answers. The address may hold a secret: no message names more of it
than the host.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.model.errors import os_words
from agent.model.finding import Message
from agent.model.web_address import Address

WITHIN_S: Final = 10.0
ANSWER_MAX_BYTES: Final = 256 * 1024

_LATE: Final = Message("no complete answer in time")
_NOT_ALLOWED: Final = Message("its name leads to an address that it may not lead to")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status, media type in small letters, whole body, and when to come again, as it says it."""

    status: int
    kind: str
    body: bytes = field(repr=False)
    retry_after: str = ""


class NoAnswer(Exception):
    """Nobody answered, or not with HTTP, or not in time; `why` says it in a few words."""

    def __init__(self, why: Message | str) -> None:
        super().__init__(str(why))
        self.why = why


def exchange(
    address: Address,
    method: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    within_s: float = WITHIN_S,
    most_bytes: int = ANSWER_MAX_BYTES,
    ca: Path | None = None,
    may_connect: Callable[[str], bool] = lambda address: True,
) -> Answer:
    """Send a request and return the answer, whatever its status: a redirect too is only an answer.

    Args:
        address: Where to.
        method: Such as `GET`.
        headers: Beside those that HTTP itself needs.
        body: Empty for none.
        within_s: Seconds for all of it, once the name is resolved.
        most_bytes: Of the answer's body; 0: the status is all that counts, and no body is read.
        ca: A file of CA certificates to believe instead of the system's.
        may_connect: Whether to connect to an address to which the name was resolved; to no other one.

    Raises:
        NoAnswer: There is none that can be used.
    """
    name = address.host.strip("[]")
    line = _Line(name)
    try:
        found = socket.getaddrinfo(name, address.port, type=socket.SOCK_STREAM)
        places = [one[4] for one in found if may_connect(str(one[4][0]))]
        if not places:
            raise NoAnswer(_NOT_ALLOWED)
        ends_mono = time.monotonic() + within_s
        timer = threading.Timer(within_s, line.cut)
        timer.daemon = True
        timer.start()
        try:
            line.connect(places, ends_mono, _context(ca) if address.tls else None)
            return _answered(line, address, method, headers, body, most_bytes)
        finally:
            timer.cancel()
            line.close()
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(Message("its certificate is refused: {why}", {"why": error.verify_message})) from None
    except OSError as error:
        raise NoAnswer(_LATE if line.is_cut or isinstance(error, TimeoutError) else os_words(error)) from None
    except (http.client.HTTPException, ValueError):
        raise NoAnswer(_LATE if line.is_cut else Message("its answer is not HTTP, or too large")) from None


def _answered(
    line: "_Line", address: Address, method: str, headers: Mapping[str, str], body: bytes, most_bytes: int
) -> Answer:
    connection = http.client.HTTPConnection(address.host.strip("[]"), address.port)
    connection.sock = line.socket
    usual = address.port == (443 if address.tls else 80)
    shown = f"[{line.host}]" if ":" in line.host else line.host
    told = {"Host": shown if usual else f"{shown}:{address.port}", "User-Agent": "camwarden-hub", "Connection": "close"}
    connection.request(method, address.target, body or None, {**told, **headers})
    with connection.getresponse() as answer:
        data = answer.read(most_bytes + 1) if most_bytes else b""
        if len(data) > most_bytes or line.is_cut:
            raise http.client.HTTPException
        if most_bytes and answer.length:  # it announced more than came
            raise http.client.IncompleteRead(data)
        return Answer(answer.status, answer.headers.get_content_type(), data, answer.headers.get("Retry-After", ""))


def _context(ca: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=None if ca is None else str(ca))


class _Line:
    """The connection of one exchange, which a timer may cut."""

    def __init__(self, host: str) -> None:
        self.host, self.is_cut = host, False
        self.socket: socket.socket | None = None

    def connect(
        self, places: list[tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]], ends_mono: float,
        tls: ssl.SSLContext | None,
    ) -> None:  # fmt: skip
        """Connect to the first address that answers. Raises OSError."""
        last: OSError = TimeoutError()
        for place in places:
            left_s = ends_mono - time.monotonic()
            if left_s <= 0 or self.is_cut:
                raise TimeoutError
            try:
                self.socket = socket.create_connection((str(place[0]), int(place[1])), timeout=left_s)
                break
            except OSError as error:
                last = error
        if self.socket is None:
            raise last
        self.socket.settimeout(max(0.001, ends_mono - time.monotonic()))
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=self.host)

    def cut(self) -> None:
        """End the exchange from another thread: its reader finds the end of the stream."""
        self.is_cut = True
        with suppress(OSError, AttributeError):
            self.socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def close(self) -> None:
        """Close it."""
        with suppress(OSError, AttributeError):
            self.socket.close()  # type: ignore[union-attr]
