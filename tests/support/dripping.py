"""A stranger who sends a byte every now and then: a mere pause between bytes is never too long for him."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

EVERY_S = 0.05


@contextmanager
def dripping(client: socket.socket) -> Iterator[None]:
    """Let a connection drip while the block runs, or until the other side has ended it."""
    stop = threading.Event()

    def drip() -> None:
        with suppress(OSError):
            while not stop.wait(EVERY_S):
                client.send(b"P")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
