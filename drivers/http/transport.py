"""Sends the HTTP requests of drivers: one connection to a device's configured host, one deadline, all recorded.

Limits the time and size of reading; follows no redirect, proxy, cookie or foreign host. `login.py` decides when a login
is sent; drivers decide what an answer means.
"""

import http.client
import math
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import requests
import urllib3

from drivers import deadline as deadlines
from drivers.address import authority, without_secrets
from drivers.authentication import parse_challenges
from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.errors import (
    DeadlineExceeded,
    DriverError,
    HungUp,
    Malformed,
    OtherCertificate,
    ProtocolBroken,
    Unreachable,
)
from drivers.exchange import Exchange, Request, Transport
from drivers.http.connections import Connections, adapter
from drivers.http.login import Answer, Login
from drivers.http.one_session import one_session
from drivers.http.replay import ReplayTransport
from drivers.http.samples import MAX_BYTES, Samples
from drivers.http.tls import tls_failure
from drivers.http.unpacking import Unpacking
from drivers.model import Device, Reply
from drivers.wall_clock import date_offset_s

__all__ = ["Deadline", "Exchange", "LiveTransport", "ReplayTransport", "Request", "Transport", "open_transport"]

_CHUNK_BYTES = 64 * 1024
_USER_AGENT = "camwarden"


@contextmanager
def open_transport(
    device: Device,
    deadline_s: float,
    credentials: Credentials,
    clock: Callable[[], datetime],
    trust: Path | None = None,
) -> Iterator[Transport]:
    """Resolve, then yield a transport whose time begins, with the one session that the device has at a time.

    `trust`: a file of CA certificates instead of public ones. Raises InUse where another process keeps the device.
    """
    addresses = deadlines.resolve(device.host.strip("[]"))
    deadline = Deadline(deadline_s)
    with one_session(credentials.directory, device, deadline):
        transport = LiveTransport(device, deadline, credentials, clock, addresses, trust)
        try:
            yield transport
        finally:
            transport.close()


class LiveTransport:
    """A transport over the network. Not for use by several threads at once."""

    def __init__(
        self,
        device: Device,
        deadline: Deadline,
        credentials: Credentials,
        clock: Callable[[], datetime],
        addresses: tuple[str, ...],
        trust: Path | None = None,
    ) -> None:
        self.device = device
        self.deadline = deadline
        self.credentials = credentials
        self.clock = clock
        self.addresses = addresses
        self.replies: list[Reply] = []
        self.samples = Samples(device)
        self._trust: bool | str = str(trust) if trust else not device.pin
        self._port = device.port
        self._login = Login(
            device, credentials, lambda: self.clock(), self._once, lambda one: str(self._to(one).path_url)
        )
        self._connections = Connections(addresses, deadline)
        self._adapter = adapter(self._connections, device.pin.removeprefix("sha256:"))
        self._prepared: dict[tuple[str, int, str], requests.PreparedRequest] = {}

    def close(self) -> None:
        """Close the connection."""
        self._adapter.close()
        self._connections.end()

    def connect(self, port: int) -> socket.socket:
        """Open a TCP connection to the device's host. Raises DriverError."""
        return deadlines.connect(self.addresses, port, self.deadline)

    def exchange(self, request: Request) -> Exchange:
        """Send a request anonymously first, then with the one login that the challenge asks for.

        A 401 without a challenge that can be answered is returned: its body may name the reason.

        Raises:
            DriverError: Unreachable, DeadlineExceeded, Malformed, Refused, NotTried or Busy.
        """
        return self._login.exchange(request)

    def _prepare(self, request: Request, header: str | None) -> requests.PreparedRequest:
        prepared = self._to(request).copy()
        headers: dict[str, str | bytes] = {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"}
        headers.update(request.headers)
        if header is not None:
            headers["Authorization"] = header
        if request.body or request.method == "POST":
            headers["Content-Length"] = str(len(request.body))
        try:
            prepared.prepare_headers(headers)
        except (requests.RequestException, ValueError):
            raise Malformed(f"{request.operation}: the device's address for it cannot be used") from None
        prepared.body = request.body or None
        return prepared

    def _to(self, request: Request) -> requests.PreparedRequest:
        """Return a bare request to the address, parsed once and without a session: no cookie, no netrc entry."""
        key = (request.method, request.port, request.path)
        if key not in self._prepared:
            if not request.path.startswith("/"):
                raise Malformed(f"{request.operation}: a path must begin with a slash")
            scheme = "https" if self.device.tls else "http"
            place = authority(self.device.host, request.port or self.device.port)
            try:
                bare = requests.Request(request.method, f"{scheme}://{place}{request.path}").prepare()
            except (requests.RequestException, ValueError):
                raise Malformed(f"{request.operation}: the device's address for it cannot be used") from None
            self._prepared[key] = bare
        return self._prepared[key]

    def _once(self, request: Request, header: str | None) -> Answer:
        port = request.port or self.device.port
        if port != self._port:
            # One connection per device at a time, also where it serves pictures on another port.
            self._adapter.poolmanager.clear()
            self._connections.end()
            self._port = port
        prepared = self._prepare(request, header)
        left_s = self.deadline.remaining_s()
        if request.limit_s > 0:
            left_s = min(left_s, request.limit_s)
        begun = time.monotonic()
        until_mono = begun + left_s
        opened, connected, answered = self._connections.opened, self._connections.connected, False
        if request.limit_s > 0:
            self._connections.limit(until_mono)
        try:
            # By the adapter and not by a session, which would keep cookies and look at where a redirect leads.
            with self._adapter.send(prepared, stream=True, timeout=(left_s, left_s), verify=self._trust) as response:
                answered = True
                body = self._read(request, response, until_mono)
        except Exception as error:  # noqa: BLE001 # whatever the peer provoked, translated in one place
            failure = self._translated(request, error, until_mono)
            reused = opened == self._connections.opened
            if not answered and reused and _hung_up(failure, error):
                failure = HungUp(str(failure))
            failure.sent = reused or connected != self._connections.connected
            raise failure from None
        finally:
            if request.limit_s > 0:
                self._connections.limit(math.inf)
            self._connections.sweep()
        elapsed_s = time.monotonic() - begun
        now = self.clock()
        reply = Reply(
            operation=request.operation,
            path=without_secrets(request.path),
            status=response.status_code,
            content_type=response.headers.get("Content-Type", ""),
            body=body,
            elapsed_s=elapsed_s,
        )
        self.replies.append(reply)
        offset_s = date_offset_s(response.headers.get("Date"), now - timedelta(seconds=elapsed_s / 2))
        challenges = parse_challenges(response.raw.headers.getlist("WWW-Authenticate"))
        return Answer(Exchange(reply, header is None and not request.carries_credential, now, offset_s), challenges)

    def _read(self, request: Request, response: requests.Response, until_mono: float) -> bytes:
        parts: list[bytes] = []
        try:
            self._fill(parts, request, response, until_mono)
        except Malformed as error:
            begun = b"".join(parts)[:MAX_BYTES]
            kind = response.headers.get("Content-Type", "")
            reply = Reply(request.operation, without_secrets(request.path), response.status_code, kind, begun)
            self.samples.keep(reply, str(error))
            raise
        return b"".join(parts)

    def _fill(self, parts: list[bytes], request: Request, response: requests.Response, until_mono: float) -> None:
        """Read the body piece by piece, and stop at the first sign that it is not one that was asked for."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise Malformed(f"{request.operation}: the answer is compressed in a way that was not asked for")
        unpack = Unpacking(request.max_bytes) if coding.endswith("gzip") else None
        too_large = Malformed(f"{request.operation}: the answer is larger than {request.max_bytes} bytes")
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced[:20]) > request.max_bytes:
            raise too_large
        came = size = 0
        for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
            self.deadline.remaining_s()
            came += len(chunk)
            part = chunk if unpack is None else unpack.take(chunk, request.operation)
            size += len(part)
            if max(came, size) > request.max_bytes:
                raise too_large
            parts.append(part)
        # A socket that was shut down reads like the end of a body without a length.
        self.deadline.remaining_s()
        if time.monotonic() >= until_mono:
            raise _late(request)
        if unpack is not None and came and not unpack.ended:
            raise Malformed(f"{request.operation}: the answer is compressed and cut off")

    def _translated(self, request: Request, error: Exception, until_mono: float) -> DriverError:
        if isinstance(error, DriverError):
            return error
        if self.deadline.passed:
            return DeadlineExceeded(f"{request.operation}: no complete answer within the device's time")
        if time.monotonic() >= until_mono:
            return _late(request)
        known = (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            http.client.HTTPException,
            ValueError,
        )
        if not isinstance(error, known):
            raise error
        causes = tuple(_causes(error))
        for cause in causes:
            if isinstance(cause, Unreachable | DeadlineExceeded):
                return cause
            if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError) and request.limit_s > 0:
                return _late(request)
        if any(isinstance(cause, urllib3.exceptions.SSLError) and "ingerprint" in str(cause) for cause in causes):
            return OtherCertificate(f"{request.operation}: the device's certificate is not the pinned one")
        if (failure := tls_failure(request.operation, causes)) is not None:
            return failure
        # The texts of these errors carry the whole address; only their innermost kind is told.
        for cause in causes:
            if isinstance(cause, http.client.HTTPException) and not isinstance(
                cause, http.client.RemoteDisconnected | http.client.IncompleteRead
            ):
                return Malformed(f"{request.operation}: the answer is not HTTP ({type(cause).__name__})")
        words = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
        # No connection at all is an error of `deadline.connect`, which was found above.
        return ProtocolBroken(f"{request.operation}: {words or type(causes[-1]).__name__}")


def _late(request: Request) -> DeadlineExceeded:
    return DeadlineExceeded(f"{request.operation}: no complete answer within the time for this request")


def _hung_up(failure: DriverError, error: Exception) -> bool:
    ended = any(isinstance(cause, ConnectionError | ssl.SSLEOFError) for cause in _causes(error))
    return type(failure) is ProtocolBroken and ended


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what is wrapped in it, outermost first."""
    seen: list[BaseException] = []
    left: list[object] = [error]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseException) and one not in seen and len(seen) < 16:
            seen.append(one)
            yield one
            left += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
