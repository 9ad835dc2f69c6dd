"""Tracks whether a broker acknowledges what it was sent on one connection. Pure.

A connection may live, with each ping answered, on which no PUBACK ever comes: a broker that waits for a disk, a quorum
or a consumer, or a proxy that answers pings itself. Nothing would go out again but by a new connection.
Source: MQTT 5.0 section 4.4: a PUBLISH is sent again at a new connection, and at no other time.
"""

from dataclasses import dataclass, field
from typing import Final

UNANSWERED_S: Final = 120.0
"""How long no PUBACK may come while something waits for one; longer than a keep-alive that failed."""


@dataclass(slots=True)
class Unanswered:
    """The packet ids of one connection that wait for their PUBACK. `now_s` is the monotonic clock.

    `silent`: nothing was acknowledged on it, which says nothing about any single report.
    """

    most_s: float = UNANSWERED_S
    silent: bool = True
    _mids: set[int] = field(default_factory=set)
    _since_s: float = 0.0

    def sent(self, mid: int, now_s: float) -> None:
        """Note that a message was sent."""
        if not self._mids:
            self._since_s = now_s
        self._mids.add(mid)

    def acknowledged(self, mid: int, now_s: float) -> None:
        """Note a PUBACK: whatever it says, the broker answers."""
        self._mids.discard(mid)
        self._since_s, self.silent = now_s, False

    def is_overdue(self, now_s: float) -> bool:
        """Return whether too long nothing was acknowledged of what was sent."""
        return bool(self._mids) and now_s - self._since_s >= self.most_s
