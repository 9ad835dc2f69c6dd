"""Drops bodies that are over in small transactions: the decision is `agent/hub/domain/retention.py`.

How far it has come is stored in the transaction that drops, so that a hub that is ended anywhere goes on from there:
what was dropped is dropped, and nothing is passed over. Each day it looks again at what was held.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from agent.hub.domain.figures import china_day
from agent.hub.domain.retention import Phase, StoredBody, judge, limit_of
from agent.hub.ports.store import Store
from agent.hub.workers.expire import AGAIN_S, AT_ONCE, DAY_S, agreed_time
from agent.hub.workers.intake import Event

PHASES: Final[tuple[Phase, ...]] = ("full", "changes")


@dataclass(slots=True)
class Housekeeping:
    """When a running hub looks next for bodies that are over; `todo`: what is left of today's round.

    `held_after`: the last of what was held that it has looked at again.
    """

    look_at_s: float = 0.0
    todo: list[tuple[Phase, bool]] = field(default_factory=list)
    held_after: int = 0

    def look(self, store: Store, now: datetime, now_s: float, tell: Callable[[Event], None]) -> None:
        """Drop a portion of what is over where it is time to; `now_s` is monotonic. Raises StoreFailed."""
        if now_s < self.look_at_s:
            return
        self.look_at_s = now_s + DAY_S
        agreed = agreed_time(store, now)
        if agreed is None:
            return
        if not self.todo:
            self.todo = [(phase, again) for phase in PHASES for again in (False, True)]
        phase, again = self.todo[0]
        if again:
            count, self.held_after = look_again(store, phase, agreed, self.held_after)
            is_done = self.held_after == 0
        else:
            count, is_done = drop_portion(store, phase, agreed)
        if is_done:
            self.todo.pop(0)
        if self.todo:
            self.look_at_s = now_s + AGAIN_S
        if count:
            tell({"event": "bodies-dropped", "before": limit_of(phase, agreed), "reports": count})


def drop_portion(store: Store, phase: Phase, now: datetime) -> tuple[int, bool]:
    """Judge the next reports in the order in which they came; return how many were dropped, and whether it is done.

    It is done where all of a portion are young. A young one among others, as of a wrong clock, is looked at again.
    """
    with store.transaction():
        found = store.bodies.after(store.bodies.place(phase), AT_ONCE)
        over, left, young = _judged(store, phase, found, now)
        is_done = len(young) == len(found)
        if not is_done:
            # What differs from a body comes behind it, and most of it is over, too: it is looked at again behind them.
            waits = store.bodies.needed(set(over))
            over, left = [number for number in over if number not in waits], [*left, *waits]
            behind = max(one.id for one in found if one.id not in young)
            store.bodies.drop(over)
            store.bodies.leave(phase, [*left, *(number for number in young if number < behind)])
            store.bodies.go_on(phase, behind)
    return len(over), is_done


def look_again(store: Store, phase: Phase, now: datetime, after_id: int) -> tuple[int, int]:
    """Judge what was held once more; return how many were dropped, and the last id, 0 behind the end."""
    with store.transaction():
        found = store.bodies.held_before(phase, after_id, AT_ONCE)
        over, left, young = _judged(store, phase, found, now)
        store.bodies.drop(over)
        store.bodies.forget(phase, {one.id for one in found} - {*over, *left} - young)
    return len(over), found[-1].id if len(found) == AT_ONCE else 0


def _judged(
    store: Store, phase: Phase, found: list[StoredBody], now: datetime
) -> tuple[list[int], list[int], set[int]]:
    """Return the ids of what is over, of what is held, and of what is too young."""
    limit, today = limit_of(phase, now), china_day(now).isoformat()
    spans = store.holds.held({one.site for one in found if one.arrived_at < limit}, today)
    verdicts = {one.id: judge(one, phase, limit, spans) for one in found}
    over = [number for number, verdict in verdicts.items() if verdict == "over"]
    left = [number for number, verdict in verdicts.items() if verdict == "held"]
    return over, left, {number for number, verdict in verdicts.items() if verdict == "young"}
