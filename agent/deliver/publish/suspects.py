"""Finds the report on which a broker closes the connection, while everything else is delivered.

MQTT 3.1.1 has no word for a refused publish, and not every broker of MQTT 5 gives one: RabbitMQ just closes where its
permissions deny a topic. A line that breaks looks the same, so that such an end says nothing about a report: none is
set aside for it, called too large or given up. What was on its way only goes alone from then on:

    on its way when the connection ended -> goes alone -> acknowledged: like any other again
                                                       -> ended again: waits a while, ever longer, then goes alone

The smallest window in which a report is sent thus shows which one it is, whatever its size, and the others pass it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

_ALONE_TIMES: Final = 2
"""So often a connection has to end with a report alone on its way before the report waits: lines break, too."""

_WAIT_MOST_S: Final = 3600.0
_SUSPECTS_MOST: Final = 1000


@dataclass(slots=True)
class Suspects:
    """The reports that were on their way when a connection ended, by the ids of their rows; in memory only.

    `first_wait_s`: how long one waits at first; it doubles up to an hour. `now_s` is the monotonic clock.
    """

    first_wait_s: float
    _times: dict[int, int] = field(default_factory=dict)
    _due_s: dict[int, float] = field(default_factory=dict)

    def ended(self, rows: Collection[int], alone: bool, now_s: float) -> bool:
        """Note what was on its way when a connection ended; return whether that shows which report it ends on.

        `alone`: nothing else was on its way, no other message either.
        """
        for row in rows:
            times = self._times[row] = self._times.get(row, 0) + alone
            if times >= _ALONE_TIMES:
                wait_s = min(self.first_wait_s * 2.0 ** min(times - _ALONE_TIMES, 20), _WAIT_MOST_S)
                self._due_s[row] = now_s + wait_s
        while len(self._times) > _SUSPECTS_MOST:
            self.clear(next(iter(self._times)))
        return any(self._times.get(row, 0) >= _ALONE_TIMES for row in rows)

    def clear(self, row: int) -> None:
        """Forget a report: the broker has answered it."""
        self._times.pop(row, None)
        self._due_s.pop(row, None)

    def __contains__(self, row: int) -> bool:
        return row in self._times

    def waiting(self, now_s: float) -> set[int]:
        """Return the reports that are not due yet."""
        return {row for row, due_s in self._due_s.items() if now_s < due_s}
