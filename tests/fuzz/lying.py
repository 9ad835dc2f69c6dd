"""Devices of which one answer is not what they said: the recorded session of a scripted device, and one lie in it.

A whole reading of the real driver is recorded once over a real socket. A fuzzed input then names one of its answers,
gives it another status and another body, and the driver reads the device again: so each parser runs, and also what is
done with what it found. Questions that the lie has provoked, and that were never recorded, are answered with 404.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from devices import clock

from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.errors import Unreachable
from drivers.exchange import Exchange, Request, Transport
from drivers.footage import WantedFootage
from drivers.http.samples import Samples
from drivers.model import Camera, Device, Observations, Reply

STATUSES = (200, 401, 403, 404, 500, 503, 400, 302)
_QUESTIONS_MAX = 2000

Read = Callable[[tuple[Camera, ...], Transport, WantedFootage], Observations]


class LyingTransport:
    """Answers as recorded, but for the answer number `at`. `at` below 0: no lie."""

    def __init__(
        self, recorded: tuple[Exchange, ...], device: Device, at: int = -1, status: int = 200, body: bytes = b""
    ) -> None:
        self.device = device
        self.deadline = Deadline(3600.0)
        self.credentials = Credentials(None)
        self.clock: Callable[[], datetime] = clock
        self.addresses: tuple[str, ...] = ()
        self.replies: list[Reply] = []
        self.samples = Samples(device)
        self._status, self._body = status, body
        self._lie = recorded[at].reply if at >= 0 else None
        self._left: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
        self._asked = 0
        for one in recorded:
            self._left[one.reply.operation, one.reply.path].append(one)

    def connect(self, port: int) -> socket.socket:
        """Refuse: only HTTP replies are recorded."""
        raise Unreachable(f"no recording of port {port}")

    def exchange(self, request: Request) -> Exchange:
        """Return the next recorded answer to a question; the last one again where there is no other."""
        self._asked += 1
        if self._asked > _QUESTIONS_MAX:
            raise AssertionError("a device was asked more than any reading may ask")
        known = self._left[request.operation, request.path]
        if not known:
            told = Exchange(Reply(request.operation, request.path, 404, "", b""), True, clock())
        else:
            told = known.pop(0) if len(known) > 1 else known[0]
            if self._lie is not None and told.reply is self._lie:
                told = replace(told, reply=replace(told.reply, status=self._status, body=self._body))
        self.replies.append(told.reply)
        return told


class Recorder:
    """Hands every question on to a real transport, and keeps what came."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.exchanges: list[Exchange] = []
        self.device, self.deadline, self.credentials = inner.device, inner.deadline, inner.credentials
        self.clock, self.addresses, self.replies, self.samples = (
            inner.clock,
            inner.addresses,
            inner.replies,
            inner.samples,
        )

    def connect(self, port: int) -> socket.socket:
        """Open no stream."""
        raise Unreachable("not recorded")

    def exchange(self, request: Request) -> Exchange:
        """Ask the device."""
        exchange = self._inner.exchange(request)
        # By the path as it was asked for: what a log would blank must still be found again.
        self.exchanges.append(replace(exchange, reply=replace(exchange.reply, path=request.path)))
        return exchange


def told_lies(
    recorded: tuple[Exchange, ...], device: Device, read: Read, cameras: tuple[Camera, ...], wanted: WantedFootage
) -> Callable[[bytes], object]:
    """Return the function of a target: two bytes choose which answer and its status, the rest is its body."""

    def function(data: bytes) -> Observations:
        at, status = (
            (data[0] if data else 0) % len(recorded),
            STATUSES[(data[1] if len(data) > 1 else 0) % len(STATUSES)],
        )
        return read(cameras, LyingTransport(recorded, device, at, status, data[2:]), wanted)

    return function


def lies(recorded: tuple[Exchange, ...]) -> Iterator[bytes]:
    """Yield every recorded answer as an input that tells the truth."""
    for number, one in enumerate(recorded[:256]):
        status = STATUSES.index(one.reply.status) if one.reply.status in STATUSES else 0
        yield bytes((number, status)) + one.reply.body


@contextmanager
def plugged(data: bytes) -> Iterator[socket.socket]:
    """Yield a connected socket from which these bytes come, and then the end."""
    near, far = socket.socketpair()
    with near, far:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        far.settimeout(1.0)
        far.sendall(data)
        far.shutdown(socket.SHUT_WR)
        yield near


def seconds(count: float) -> timedelta:
    """Return so much time."""
    return timedelta(seconds=count)
