"""Queues signed messages that bypass the spool: answers to the hub's orders. In memory, a bounded number.

    put -> in flight -> PUBACK, and forgotten

What a broken connection loses is sent again at the next one. Answers are not reports: the hub repeats an order without
one, so that losing them with the process costs only time.
"""

import threading
from collections import deque
from typing import Final

from agent.deliver.publish.messages import Message

KEPT_MOST: Final = 64
"""Messages at most; the oldest is dropped first."""


class Outbox:
    """The queue. `put` from any thread; the rest from the publisher's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Message] = deque()
        self._in_flight: dict[int, Message] = {}
        self.dropped = 0

    def put(self, message: Message) -> None:
        """Queue a message until the broker has acknowledged it."""
        with self._lock:
            self._waiting.append(message)
            self._trim()

    def begin(self) -> None:
        """Begin a connection: messages in flight at the last one are queued again, before later ones."""
        with self._lock:
            self._waiting.extendleft(reversed(self._in_flight.values()))
            self._in_flight.clear()
            self._trim()

    def take(self) -> Message | None:
        """Return the next message to send; the caller calls `sent` or `count_dropped` for it."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def sent(self, mid: int, message: Message) -> None:
        """Note that a message was sent under a packet id."""
        with self._lock:
            self._in_flight[mid] = message

    def acknowledged(self, mid: int) -> Message | None:
        """Remove and return the message of a packet id, None where there is none."""
        with self._lock:
            return self._in_flight.pop(mid, None)

    def count_dropped(self) -> None:
        """Count a message that no broker of this connection takes."""
        with self._lock:
            self.dropped += 1

    @property
    def in_flight(self) -> int:
        """Number of messages in flight."""
        return len(self._in_flight)

    def largest_bytes(self) -> int:
        """Return the size of the largest payload in flight, 0 where there is none."""
        return max((len(message.payload) for message in self._in_flight.values()), default=0)

    def _trim(self) -> None:
        while len(self._waiting) + len(self._in_flight) > KEPT_MOST and self._waiting:
            self._waiting.popleft()
            self.dropped += 1
