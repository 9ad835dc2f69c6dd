"""Limits the rate of reconnects, of sending, and of working off a backlog. Pure, but for `Reconnects`.

A broker that comes back finds every site of a city waiting. So that they do not overload it again, each waits a random
time before it connects, and sends its backlog at a limited rate; fresh reports are never delayed.
"""

import random
from dataclasses import dataclass, replace
from typing import Final

from agent.deliver.publish.unanswered import UNANSWERED_S

IDLE_LEAST_S: Final = 1.0
IDLE_MOST_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits, each a design default; tests make them shorter.

    `window` unacknowledged publishes at most, fewer if the broker limits them. A row that the broker took and the hub
    did not confirm is due again after `resend_s`, then after twice as long each time. `backlog_per_s` and
    `backlog_burst` are the token bucket of the backlog. `reconnect_first_s` is the upper end of the first random wait;
    it doubles up to `reconnect_most_s`. `refused_least_s` is the least upper end after the broker has refused us by
    name, `taken_over_least_s` after another client with this site's name has disconnected us: answering at once would
    disconnect the other one, for ever. A connection that lasted `settled_s` resets the waits. `keepalive_s` is MQTT's.
    A report that is too large for the broker waits `oversize_kept_s` for a larger limit before it is evicted. A
    connection on which for `unanswered_s` nothing was acknowledged of what was sent is made anew.
    """

    window: int = 20
    resend_s: float = 120.0
    backlog_per_s: float = 2.0
    backlog_burst: int = 20
    reconnect_first_s: float = 1.0
    reconnect_most_s: float = 300.0
    refused_least_s: float = 30.0
    taken_over_least_s: float = 120.0
    settled_s: float = 10.0
    keepalive_s: int = 30
    connect_timeout_s: float = 4.0
    oversize_kept_s: float = 86_400.0
    unanswered_s: float = UNANSWERED_S

    @property
    def idle_s(self) -> float:
        """The longest time between two turns of a loop: so late may a ping be, or a row that is due again.

        A second costs a small gateway more wake-ups than all else that it does between two looks.
        """
        return max(IDLE_LEAST_S, min(IDLE_MOST_S, self.keepalive_s / 6, self.resend_s / 24))


def after_taken_over(pace: Pace, times: int) -> Pace:
    """Return the limits after another client has disconnected us so often in this process."""
    upper = min(pace.taken_over_least_s * 2.0 ** min(times - 1, 20), pace.reconnect_most_s)
    return replace(pace, refused_least_s=max(pace.refused_least_s, upper))


def reconnect_delay_s(pace: Pace, attempt: int, refused: bool, chance: float) -> float:
    """Return the delay before a connection: full jitter over a range that doubles with each failed `attempt`, from 1.

    `refused`: asking again at once changes nothing. `chance`: a fresh random number, 0..1.

    Source: Brooker, "Exponential Backoff and Jitter" (full jitter).
    """
    upper = pace.reconnect_first_s * 2.0 ** min(attempt - 1, 20)
    if refused:
        upper = max(upper, pace.refused_least_s)
    return chance * min(upper, pace.reconnect_most_s)


@dataclass(slots=True)
class Reconnects:
    """Counts connections that failed in a row, and those that another client with this site's name ended."""

    attempt: int = 0
    taken_over: int = 0

    def delay_s(self, pace: Pace, link_state: str, lasted_s: float) -> float:
        """Return how long to wait after a connection that ended in `link_state`; not pure: takes a random number."""
        settled = lasted_s > pace.settled_s and link_state == "offline"
        self.attempt = 1 if settled else self.attempt + 1
        if link_state == "duplicate-identity":
            self.taken_over += 1
            pace = after_taken_over(pace, self.taken_over)
        chance = random.random()  # noqa: S311  spreads reconnects, protects nothing
        return reconnect_delay_s(pace, self.attempt, link_state != "offline", chance)


@dataclass(slots=True)
class Bucket:
    """A token bucket on the monotonic clock."""

    per_s: float
    burst: float
    tokens: float = 0.0
    at_s: float = 0.0

    def refill(self, now_s: float) -> None:
        """Add the tokens since the last call."""
        self.tokens = min(self.burst, self.tokens + max(0.0, now_s - self.at_s) * self.per_s)
        self.at_s = now_s

    def take(self) -> bool:
        """Take one token if there is one."""
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True

    def wait_s(self) -> float:
        """Return the time until there is a token."""
        return max(0.0, (1.0 - self.tokens) / self.per_s) if self.tokens < 1.0 else 0.0
