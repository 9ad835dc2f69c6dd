"""Sends and receives frames over a stream within a deadline, on descriptors that do not block."""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import Any

from masking.worker import wire


def exchange(descriptor: int, request: bytes, deadline_mono: float) -> dict[str, Any]:
    """Write a request and read one frame, both within the deadline.

    Raises:
        TimeoutError, EOFError, OSError, wire.WireError: Do not use the other end again.
    """
    _write(descriptor, request, deadline_mono)
    length = int.from_bytes(_read(descriptor, wire.LENGTH_BYTES, deadline_mono))
    if length > wire.MAX_ANSWER_BYTES:
        raise wire.WireError("an answer that is too long")
    return wire.parse(_read(descriptor, length, deadline_mono))


def wait_for(descriptor: int, event: int, deadline_mono: float) -> None:
    """Wait until a descriptor can be read from or written to. Raises TimeoutError at the deadline."""
    poll = select.poll()
    poll.register(descriptor, event)
    remaining_s = deadline_mono - time.monotonic()
    if remaining_s <= 0 or not poll.poll(remaining_s * 1000):
        raise TimeoutError


def _write(descriptor: int, data: bytes, deadline_mono: float) -> None:
    rest = memoryview(data)
    while rest:
        wait_for(descriptor, select.POLLOUT, deadline_mono)
        with contextlib.suppress(BlockingIOError):
            rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int, count: int, deadline_mono: float) -> bytes:
    data = b""
    while len(data) < count:
        wait_for(descriptor, select.POLLIN, deadline_mono)
        with contextlib.suppress(BlockingIOError):
            part = os.read(descriptor, count - len(data))
            if not part:
                raise EOFError
            data += part
    return data
