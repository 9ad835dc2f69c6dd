"""Queues signed messages that bypass the spool: answers to the hub's orders. In memory, a bounded number.

    said -> in flight -> PUBACK, and forgotten

What a broken connection swallows is sent again at the next one. Answers are not reports: an order that gets none is
given again by the hub, so that losing them with the process costs nothing but time.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from agent.deliver.publish.messages import Message

KEPT_MOST: Final = 64
"""So many wait at most; the oldest goes first."""


class Outbox:
    """What waits to be said. `put` from any thread; the rest from the publisher's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Message] = deque()
        self._in_flight: dict[int, Message] = {}
        self.dropped = 0

    def put(self, message: Message) -> None:
        """Keep a message until the broker has taken it."""
        with self._lock:
            self._waiting.append(message)
            self._trim()

    def begin(self) -> None:
        """Begin a connection: what was on its way at the last one waits again, before what came later."""
        with self._lock:
            self._waiting.extendleft(reversed(self._in_flight.values()))
            self._in_flight.clear()
            self._trim()

    def take(self) -> Message | None:
        """Return the message that is to be sent next; it goes to `sent`, `refused`, or is lost."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def sent(self, mid: int, message: Message) -> None:
        """Note that a message was sent under a packet id."""
        with self._lock:
            self._in_flight[mid] = message

    def acknowledged(self, mid: int) -> Message | None:
        """Return the message that was sent under a packet id, None where none was; it is no longer kept."""
        with self._lock:
            return self._in_flight.pop(mid, None)

    def count_dropped(self) -> None:
        """Count a message that no broker of this connection takes."""
        with self._lock:
            self.dropped += 1

    @property
    def in_flight(self) -> int:
        """How many are on their way."""
        return len(self._in_flight)

    def _trim(self) -> None:
        while len(self._waiting) + len(self._in_flight) > KEPT_MOST and self._waiting:
            self._waiting.popleft()
            self.dropped += 1
