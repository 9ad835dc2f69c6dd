"""Queues passwords to be hashed one after another: each takes 64 MiB and a tenth of a second.

A few wait; who comes after them is told when to come again. Those who have come in from their address before have
places that strangers cannot take, and the strangers of one address take few: on a machine that is busy a password takes
seconds, and one address with a try in each would have all of them.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from agent.hub.web.people.limiter import network

WAIT_MOST: Final = 8
KNOWN_MOST: Final = 12
ADDRESS_MOST: Final = 3
"""How many strangers of one address may be in there, with the one that has its turn."""

WITHIN_S: Final = 10.0


class Busy(Exception):
    """Too many wait already."""


class Turnstile:
    """One at a time, few who wait. Thread-safe."""

    def __init__(self) -> None:
        self._one, self._counts = threading.Lock(), threading.Lock()
        self.inside = 0
        self._strangers: Counter[str] = Counter()

    @contextmanager
    def turn(self, is_known: bool, address: str) -> Iterator[None]:
        """Wait for a turn, and have it while the block runs. Raises Busy."""
        place = "" if is_known else network(address)
        with self._counts:
            if self.inside > (KNOWN_MOST if is_known else WAIT_MOST):  # the one that has its turn waits no more
                raise Busy
            if not is_known and self._strangers[place] >= ADDRESS_MOST:
                raise Busy
            self.inside += 1
            self._strangers[place] += 1
        try:
            if not self._one.acquire(timeout=WITHIN_S):
                raise Busy
            try:
                yield
            finally:
                self._one.release()
        finally:
            with self._counts:
                self.inside -= 1
                self._strangers[place] -= 1
                self._strangers += Counter()  # drops those that are at nothing
