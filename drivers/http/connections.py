"""Opens the connections to one device: only to its own addresses, each guarded by its deadline.

Requests and answers are left to `transport.py`.
"""

from __future__ import annotations

import math
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from drivers import deadline as deadlines
from drivers.deadline import Deadline, Guard


class Connections:
    """Opens connections to the device's own addresses only, guarded until the last answer was read, even if closed."""

    def __init__(self, addresses: tuple[str, ...], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._open: dict[HTTPConnection, Guard] = {}
        self._ended: list[Guard] = []
        self._until_mono = math.inf
        self.opened = self.connected = 0

    def open(self, owner: HTTPConnection) -> socket.socket:
        """Open a connection for `owner`. Raises DriverError."""
        self.opened += 1
        sock = deadlines.connect(self._addresses, owner.port or 0, self._deadline)
        self.connected += 1
        try:
            guard = self._open[owner] = self._deadline.guard(sock)
        except BaseException:
            sock.close()
            raise
        self._deadline.limit(guard, self._until_mono)
        return sock

    def closed(self, owner: HTTPConnection) -> None:
        """Take note that `owner` closed its connection."""
        guard = self._open.pop(owner, None)
        if guard is not None:
            self._ended.append(guard)

    def limit(self, until_mono: float) -> None:
        """Let what is read next end at this moment, where it comes before the deadline."""
        self._until_mono = until_mono
        for guard in self._open.values():
            self._deadline.limit(guard, until_mono)

    def end(self) -> None:
        """Close every connection. A dropped pool closes its own only when nothing references it any more."""
        for owner in list(self._open):
            owner.close()
        self.sweep()

    def sweep(self) -> None:
        """Release the guards of closed connections; called when no answer is being read."""
        while self._ended:
            self._deadline.release(self._ended.pop())


def adapter(connections: Connections, pin: str = "") -> HTTPAdapter:
    """Return an adapter of requests that reuses one connection, opened by `connections`, and repeats nothing.

    `pin` is the SHA-256 of the one certificate (DER) that is taken, in hex: a device with another one is sent nothing.
    """

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connections.open(self)

        def close(self) -> None:
            connections.closed(self)
            super().close()

    class Secured(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connections.open(self)

        def close(self) -> None:
            connections.closed(self)
            super().close()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecuredPool(HTTPSConnectionPool):
        ConnectionCls = Secured

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **{**named, "assert_fingerprint": pin or None})

    made = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)
    made.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecuredPool}
    return made
