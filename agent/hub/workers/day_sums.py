"""Adds up the days of which there is no sum, one after the other, and holds stored sums against their rows.

A running hub does it besides what it receives: a day of ten thousand sites takes a quarter of a second. What comes late
drops the sum of its day, which is added up anew at the next look; until then whoever asks adds it up for himself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from agent.hub.domain.figures import china_day
from agent.hub.ports.store import Store
from agent.hub.workers.expire import AGAIN_S
from agent.hub.workers.intake import Event

DAYS: Final = 400
"""A year and the month before it."""

LOOK_S: Final = 600.0


@dataclass(slots=True)
class DaySums:
    """When a running hub looks next for days without a sum; `todo`: what is left of this round.

    `compared`: what and day of the stored sum that was held against its rows last.
    """

    look_at_s: float = 0.0
    todo: list[tuple[str, date]] = field(default_factory=list)
    compared: tuple[str, str] = "", ""

    def look(self, store: Store, now: datetime, now_s: float, tell: Callable[[Event], None]) -> None:
        """Add a day up where it is time to; `now_s` is monotonic. Raises StoreFailed."""
        if now_s < self.look_at_s:
            return
        if not self.todo:
            yesterday = china_day(now) - timedelta(days=1)
            self.todo = store.figures.days_without_sum([yesterday - timedelta(days=ago) for ago in range(DAYS)])
        if self.todo:
            store.figures.keep_sum(*self.todo.pop(0))
        else:
            self._compare(store, tell)
        self.look_at_s = now_s + (AGAIN_S if self.todo else LOOK_S)

    def _compare(self, store: Store, tell: Callable[[Event], None]) -> None:
        """Hold the next stored sum against its rows; what somebody has changed is replaced, and told."""
        found = store.figures.sums_after(*self.compared, 1) or store.figures.sums_after("", "", 1)
        for by, day in found:
            self.compared = by, day
            if store.figures.keep_sum(by, date.fromisoformat(day)):
                tell({"event": "sum-differed", "by": by, "day": day})
