"""Locks the login of a simulated ISAPI device after too many refused ones, as real units do.

Source: field reports of `userCheck` in the body of a 401; the numbers are the usual ones of 5 tries and 30 minutes.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.demo.world.login import Outcome

TRIES = 5
LOCKED_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class LockState:
    """Whether the login is locked, for how long, and else how many wrong logins are left."""

    locked: bool
    unlock_s: int
    tries_left: int


class Lockout:
    """Counts refused logins, and locks; meanwhile the right password is refused too."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._refused = 0
        self._locked_until: datetime | None = None

    def limited(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a login under the lock, and lock or unlock accordingly."""
        now = self._clock()
        with self._lock:
            if self._locked_until is not None and now < self._locked_until:
                return "refused"
            if outcome == "refused":
                self._refused += 1
                self._locked_until = now + LOCKED_FOR if self._refused >= TRIES else None
            elif outcome == "granted":
                self._refused, self._locked_until = 0, None
        return outcome

    def state(self) -> LockState:
        """State of the lock, as a refusal reports it."""
        now = self._clock()
        with self._lock:
            if self._locked_until is not None and now < self._locked_until:
                return LockState(True, int((self._locked_until - now).total_seconds()), 0)
            return LockState(False, 0, TRIES - self._refused % TRIES)
