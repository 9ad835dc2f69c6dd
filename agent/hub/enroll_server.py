"""Serves the enrollment desk over HTTPS: one address, one kind of request, everything bounded.

Each connection has a thread, an absolute deadline and a budget of bytes; when all places are taken, the next one waits
in the listening queue. What is answered is decided in `agent/hub/enrollment.py`. The desk shows a certificate of its
own authority, which tokens pin.
"""

from __future__ import annotations

import io
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any, Final

from agent.enroll.wire import PATH, REQUEST_MAX_BYTES, Grant, Refusal, write_grant, write_refusal
from agent.errors import AgentError, ConfigurationError, os_words
from agent.hub.authority import serial_and_end
from agent.hub.enroll_place import Place
from agent.hub.enroll_store import EnrollStore
from agent.hub.enrollment import answer
from agent.model import Json, Message

LOG = logging.getLogger("camwarden.enroll")

REQUEST_WITHIN_S: Final = 10.0
"""How long a connection may last, from its first byte to its last."""

AT_ONCE_MOST: Final = 32
_HEAD_MAX_BYTES: Final = 8 * 1024
_STATUS: Final = {"malformed": 400, "request": 400, "busy": 503}

Tell = Callable[[dict[str, Json]], None]


@contextmanager
def serving(
    place: Place, store: EnrollStore, listen: tuple[str, int], tell: Tell, clock: Callable[[], datetime]
) -> Iterator[int]:
    """Serve the desk while the block runs; yield the port.

    Args:
        place: The desk on disk.
        store: Its database, which nobody else in this process uses meanwhile.
        listen: Address and port; 0: any that is free.
        tell: Gets one event for each request; called on a connection's thread, one at a time.
        clock: The wall clock, aware UTC.

    Raises:
        ConfigurationError: The address cannot be listened on, or the desk's key is not there.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(place.path("desk.crt"), place.path("desk.key"), password=lambda: b"")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            Message("{path}: cannot be used: {why}; restore the folder", {"path": place.path("desk.key"), "why": error})
        ) from None
    one_at_a_time = threading.Lock()

    def decide(data: bytes, address: str) -> Grant | Refusal:
        with one_at_a_time:
            now = clock()
            try:
                given, request = answer(place, store, data, now)
            except AgentError as error:
                LOG.error("nothing was granted: %s", error)
                given, request = Refusal("busy", now), None
            tell(_event(given, request.site if request else "", request.key.kid if request else "", address))
            return given

    host, port = listen
    try:
        server = _Server((host, port), context, decide)
    except (OSError, OverflowError) as error:
        words = os_words(error) if isinstance(error, OSError) else error
        raise ConfigurationError(
            Message(
                "--listen {host}:{port}: cannot be listened on: {words}", {"host": host, "port": port, "words": words}
            )
        ) from None
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="enroll", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(REQUEST_WITHIN_S + 1)


def _event(given: Grant | Refusal, site: str, kid: str, address: str) -> dict[str, Json]:
    if isinstance(given, Refusal):
        return {"event": "refused", "reason": given.reason, "site": site, "from": address}
    serial, ends = serial_and_end(given.certificate.encode())
    told: dict[str, Json] = {"event": "enrolled", "site": site, "kid": kid, "serial": f"{serial:x}"}
    return {**told, "not_after": ends.isoformat(timespec="seconds"), "from": address}


class _Budget(io.RawIOBase):
    """A stream that ends after so many bytes, whatever comes."""

    def __init__(self, stream: io.BufferedIOBase, left: int) -> None:
        self._stream = stream
        self._left = left

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some, as long as any is left."""
        data = self._stream.read1(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what it reads from."""
        self._stream.close()
        super().close()


class _Desk(BaseHTTPRequestHandler):
    """One connection, one request."""

    server_version, sys_version = "camwarden", ""
    server: _Server

    def setup(self) -> None:
        """Bound what is read of this connection."""
        super().setup()
        budget = _Budget(self.rfile, _HEAD_MAX_BYTES + REQUEST_MAX_BYTES)
        self.rfile = io.BufferedReader(budget)

    def do_POST(self) -> None:
        """Take a request and answer it."""
        said = self.headers.get("Content-Length", "")
        size = int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else -1
        if self.path != PATH or not 0 <= size <= REQUEST_MAX_BYTES:
            self._answer(404 if self.path != PATH else 413, b"")
            return
        data = self.rfile.read(size)
        if len(data) < size:
            return
        given = self.server.decide(data, str(self.client_address[0]))
        if isinstance(given, Grant):
            self._answer(200, write_grant(given))
        else:
            self._answer(_STATUS.get(given.reason, 403), write_refusal(given))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say it only to those who ask."""
        LOG.debug("enroll: " + format, *args)


class _Server(TCPServer):
    """Accepts, and gives each connection a thread and a deadline."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], context: ssl.SSLContext, decide: Callable[[bytes, str], Grant | Refusal]
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.decide = decide
        self._context = context
        self._places = threading.BoundedSemaphore(AT_ONCE_MOST)
        super().__init__(address, _Desk)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a place: every one is free again within the deadline of a connection."""
        if not self._places.acquire(timeout=REQUEST_WITHIN_S + 1):
            self.shutdown_request(request)
            return
        threading.Thread(target=self._serve, args=(request, client_address), daemon=True).start()

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            request.settimeout(REQUEST_WITHIN_S)
            tls = self._context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
            end = threading.Timer(REQUEST_WITHIN_S, _cut, (tls,))
            end.daemon = True
            end.start()
            try:
                tls.do_handshake()
                self.finish_request(tls, client_address)
            finally:
                end.cancel()
                self.shutdown_request(tls)
        except Exception:
            LOG.debug("enroll: a connection failed", exc_info=True)
        finally:
            request.close()
            self._places.release()


def _cut(tls: ssl.SSLSocket) -> None:
    """End a connection from another thread; its own finds the end of the stream."""
    with suppress(OSError):
        socket.socket.shutdown(tls, socket.SHUT_RDWR)
