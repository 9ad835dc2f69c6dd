"""Answers a driver's requests from recorded replies, so that a fixture is raw bytes and never a decoded value."""

import socket
from collections.abc import Callable, Iterable
from datetime import datetime

from drivers.address import without_secrets
from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.errors import Unreachable
from drivers.exchange import Exchange, Request
from drivers.http.samples import Samples
from drivers.model import Device, Reply


class ReplayTransport:
    """Answers from recorded replies: for each operation and path, in the order in which they were recorded."""

    def __init__(
        self,
        replies: Iterable[Reply],
        device: Device,
        clock: Callable[[], datetime],
        credentials: Credentials | None = None,
    ) -> None:
        self.device = device
        self.deadline = Deadline(3600.0)
        self.credentials = credentials or Credentials(None)
        self.clock = clock
        self.addresses: tuple[str, ...] = ()
        self.replies: list[Reply] = []
        self.samples = Samples(device)
        self._left = list(replies)

    def connect(self, port: int) -> socket.socket:
        """Refuse: only HTTP replies are recorded."""
        raise Unreachable(f"no recording of port {port}")

    def exchange(self, request: Request) -> Exchange:
        """Return the next recorded reply; an HTTP challenge that was answered is passed over."""
        path = without_secrets(request.path)
        same = [one for one in self._left if (one.operation, one.path) == (request.operation, path)]
        if not same:
            raise Unreachable(f"{request.operation}: nothing is recorded")
        reply = same[1] if same[0].status == 401 and len(same) > 1 else same[0]
        for passed in same[: same.index(reply) + 1]:
            self._left.remove(passed)
        self.replies.append(reply)
        return Exchange(reply, reply is same[0] and not request.carries_credential, self.clock())
