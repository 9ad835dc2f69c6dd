"""Defines requests and answers: the interface between drivers and transports.

`drivers/http/transport.py` sends them over the network, `drivers/http/replay.py` answers from recorded replies.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.http.samples import Samples
from drivers.model import Device, Reply

SOAP_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the device's host. `port` 0 means the device's port.

    `anonymous_first`: ask without a login even where one is known to be needed. `carries_credential`: the body holds
    the login (WS-UsernameToken), so that a 401 is a refusal and no second scheme is tried. `limit_s`: the request's
    share of the device's time; 0 means all of it.
    """

    operation: str
    method: str
    path: str
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    port: int = 0
    max_bytes: int = SOAP_MAX_BYTES
    anonymous_first: bool = False
    carries_credential: bool = False
    limit_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A reply, whether its request was anonymous, its time, and the device's Date less our clock, if it sent one."""

    reply: Reply
    anonymous: bool
    received_at: datetime
    server_date_offset_s: float | None = None


class Transport(Protocol):
    """What drivers send through, live or recorded; `samples` holds the first malformed answers for diagnosis."""

    device: Device
    deadline: Deadline
    credentials: Credentials
    clock: Callable[[], datetime]
    addresses: tuple[str, ...]
    replies: list[Reply]
    samples: Samples

    def exchange(self, request: Request) -> Exchange:
        """Ask, log in if the device challenges, and return the answer. Raises DriverError."""

    def connect(self, port: int) -> socket.socket:
        """Open a TCP connection to the device's host for another protocol. Raises DriverError."""
