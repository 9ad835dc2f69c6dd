"""Queues passwords to be hashed one after another: each takes 64 MiB and a tenth of a second.

A few wait; who comes after them is told when to come again. Those who have come in from their address before have
places that strangers cannot take. Of strangers, an address that has somebody in there gets half of the places, then a
quarter: on a busy machine a password takes seconds, and an address with a try in each would have all of them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from agent.hub.web.people.limiter import network

WAIT_MOST: Final = 8
KNOWN_MOST: Final = 12
WITHIN_S: Final = 10.0


class Busy(Exception):
    """Too many wait already."""


class Turnstile:
    """One at a time, few who wait. Thread-safe."""

    def __init__(self) -> None:
        self._one, self._counts = threading.Lock(), threading.Lock()
        self._inside: list[str | None] = []
        """Whose turn it is or will be: the network of a stranger, None for somebody who came in before."""

    @property
    def inside(self) -> int:
        """How many are in there, with the one that has its turn."""
        return len(self._inside)

    @contextmanager
    def turn(self, is_known: bool, address: str) -> Iterator[None]:
        """Wait for a turn, and have it while the block runs. Raises Busy."""
        place = None if is_known else network(address)
        with self._counts:
            most = KNOWN_MOST if place is None else WAIT_MOST >> self._inside.count(place)
            if self.inside > most:  # the one that has its turn waits no more
                raise Busy
            self._inside.append(place)
        try:
            if not self._one.acquire(timeout=WITHIN_S):
                raise Busy
            try:
                yield
            finally:
                self._one.release()
        finally:
            with self._counts:
                self._inside.remove(place)
