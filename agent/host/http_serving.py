"""Answers HTTP requests on one address: each connection bounded in time and bytes, and their number too.

A connection has a thread, brings one request, and is cut at an absolute deadline. While all places are taken, the next
one waits in the listening queue, until the connection whose request we wait for longest has had its share of the time:
then that one makes room. The answer and the certificate are the caller's.
"""

import io
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any, Final, Literal

from agent.host.http_host import is_own_host
from agent.model.errors import ConfigurationError, os_words

LOG = logging.getLogger("camwarden.http")

HEAD_MAX_BYTES: Final = 8 * 1024
SHARE: Final = 0.25
"""The part of its time that a connection has for its request, where others wait for its place."""

ENDED_AT_LATEST_S: Final = 60.0
"""How long the wait for a connection lasts where a socket that is shut down does not end it: polling costs wake-ups."""

END_WITHIN_S: Final = 2.0
"""How long `end` waits for an answer in progress. Connections are cut at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one connection, from its first byte to its last, and the number at once."""

    within_s: float
    at_once: int
    body_max_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `address` is the client's."""

    path: str
    body: bytes = field(repr=False)
    address: str


@dataclass(frozen=True, slots=True)
class Response:
    """One response."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


@contextmanager
def serving(
    address: tuple[str, int],
    method: Literal["GET", "POST"],
    reply: Callable[[Request], Response],
    limits: Limits,
    option: str,
    names: Collection[str],
    tls: ssl.SSLContext | None = None,
) -> Iterator[int]:
    """Answer while the block runs; yield the port. Connections open at its end are cut.

    Args:
        address: Numeric address or name, and port; 0: any free one.
        method: The only method answered.
        reply: Called on connections' threads, one at a time.
        limits: Bounds for clients.
        option: The option that named the address, for the message.
        names: Accepted `Host` names beside loopback and the address itself.
        tls: With the server's certificate; None: plain HTTP.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    host, port = address
    one_at_a_time = threading.Lock()

    def answered(asked: Request) -> Response:
        with one_at_a_time:
            return reply(asked)

    try:
        server = _Server(address, method, answered, limits, (host, *names), tls)
    except (OSError, OverflowError) as error:
        words = os_words(error) if isinstance(error, OSError) else error
        raise ConfigurationError(
            "{option} {host}:{port}: cannot be listened on: {words}", option=option, host=host, port=port, words=words
        ) from None
    thread = threading.Thread(
        target=server.serve_forever, args=(ENDED_AT_LATEST_S,), name=f"http {option}", daemon=True
    )
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.end()
        thread.join(END_WITHIN_S)


class _Server(TCPServer):  # not HTTPServer: that one looks its own name up when it binds
    """Accepts connections, and gives each a thread and a deadline."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        method: str,
        reply: Callable[[Request], Response],
        limits: Limits,
        names: Collection[str],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.method, self.reply, self.limits, self.names = method, reply, limits, names
        self._tls = tls
        self._places = threading.BoundedSemaphore(limits.at_once)
        self._lock = threading.Lock()
        self._open: dict[socket.socket, float | None] = {}  # since when it makes us wait; None: it is being answered
        self._ending = False
        super().__init__(address, _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a place: each is free again within a connection's deadline."""
        until_mono = time.monotonic() + self.limits.within_s + 1
        while not self._places.acquire(timeout=0.02):
            if time.monotonic() > until_mono:
                self.shutdown_request(request)
                return
            self._make_room()
        try:
            threading.Thread(target=self._serve, args=(request, client_address), daemon=True).start()
        except RuntimeError:  # this process may have no further thread
            self._places.release()
            raise

    def _make_room(self) -> None:
        """Cut the connection that has made us wait longest, once it had its share of the time."""
        with self._lock:
            waiting = {one: since for one, since in self._open.items() if since is not None}
            if waiting:
                longest = min(waiting, key=lambda one: waiting[one])
                if waiting[longest] + self.limits.within_s * SHARE < time.monotonic():
                    _cut(longest)

    def is_answered(self, connection: socket.socket) -> None:
        """Note that a connection's request is here."""
        with self._lock:
            self._open[connection] = None

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            request.settimeout(self.limits.within_s)
            if self._tls is not None:
                request = self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
            with self._lock:
                if self._ending:
                    return
                self._open[request] = time.monotonic()
            deadline = threading.Timer(self.limits.within_s, _cut, (request,))
            deadline.daemon = True
            deadline.start()
            try:
                if isinstance(request, ssl.SSLSocket):
                    request.do_handshake()
                self.finish_request(request, client_address)
            finally:
                deadline.cancel()
                self.shutdown_request(request)
        except Exception:
            LOG.debug("a connection failed", exc_info=True)
        finally:
            with self._lock:
                self._open.pop(request, None)
            request.close()
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Log at debug level only: clients must not fill the log."""
        LOG.debug("a connection could not be taken", exc_info=True)

    def end(self) -> None:
        """Cut open connections, accept no more, and wait a while for an answer in progress."""
        with self._lock:
            self._ending = True
            for connection in self._open:
                _cut(connection)
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # on Linux this ends the wait for a connection
        self.shutdown()
        self.server_close()
        until_mono = time.monotonic() + END_WITHIN_S
        for _ in range(self.limits.at_once):
            self._places.acquire(timeout=max(0.0, until_mono - time.monotonic()))


class _Connection(BaseHTTPRequestHandler):
    """One connection, one request."""

    server_version, sys_version = "camwarden", ""
    server: _Server

    def setup(self) -> None:
        """Bound the bytes read of this connection."""
        super().setup()
        self._budget = _Budget(self.rfile, HEAD_MAX_BYTES + self.server.limits.body_max_bytes)
        self.rfile = io.BufferedReader(self._budget)

    def do_GET(self) -> None:
        """Read a request and answer it."""
        if self._budget.is_dry:  # http.server takes the end of the stream for that of the head
            self.send_error(431)
            return
        if self.command != self.server.method:
            self.send_error(501)
            return
        if not is_own_host(self.headers.get_all("Host", ()), self.server.names, str(self.connection.getsockname()[0])):
            self.send_error(421, explain="ask by an address of this machine, or by a name that it was given")
            return
        lengths = self.headers.get_all("Content-Length", ["0"])
        # Two readers of these might disagree on where the request ends.
        if self.headers.defects or "Transfer-Encoding" in self.headers or len(lengths) > 1:
            self.send_error(400)
            return
        said = lengths[0]
        size = int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else -1
        if not 0 <= size <= self.server.limits.body_max_bytes:
            self.send_error(413)
            return
        body = self.rfile.read(size)
        if len(body) < size:
            return
        self.server.is_answered(self.connection)
        reply = self.server.reply(Request(self.path, body, str(self.client_address[0])))
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Log at debug level only."""
        LOG.debug(format, *args)


class _Budget(io.RawIOBase):
    """A stream that ends after a number of bytes."""

    def __init__(self, stream: io.BufferedIOBase, left: int) -> None:
        self._stream = stream
        self._left = left
        self.is_dry = False  # more was wanted than came, or than the budget allows

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read while the budget lasts."""
        data = self._stream.read1(min(len(buffer), self._left))
        self._left -= len(data)
        self.is_dry = not data
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the source too."""
        self._stream.close()
        super().close()


def _cut(connection: socket.socket) -> None:
    """End a connection from another thread; its own reads the end of the stream."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
