"""Settles the result of a view by several pictures. Pure Python: the daemon holds this memory.

One picture may be wrong: a person before the camera, a swaying tree, a lorry that fills the street. A result is settled
when it was the same in three checks in a row. Unjudged pictures are skipped; three of them in a row make the view
unknown. Callers decide how far apart the pictures are.
"""

from dataclasses import dataclass, replace
from typing import Final

from masking.view.model import ViewSeen

CHECKS: Final = 3
"""So many checks in a row must agree."""

SAME_PERCENT: Final = 0.5
SAME_DEG: Final = 0.5
SAME_ZOOM_PERCENT: Final = 1.0
"""Two moves are the same when they differ by no more than these: twice what one picture is off by in bad light."""


@dataclass(frozen=True, slots=True)
class ViewMemory:
    """The remembered results of one camera's view; begins empty.

    `settled`: the result in force, None as long as there is none. `recent`: the last judged pictures that may settle
    next, oldest first, at most CHECKS. `unjudged`: how many pictures in a row could not be judged since.
    """

    settled: ViewSeen | None = None
    recent: tuple[ViewSeen, ...] = ()
    unjudged: int = 0


def remember(memory: ViewMemory, seen: ViewSeen) -> ViewMemory:
    """Take one more result in. `settled` changes only when CHECKS results agree, or as many could not be judged."""
    if seen.state == "unknown":
        unjudged = min(memory.unjudged + 1, CHECKS)
        if unjudged < CHECKS:
            return replace(memory, unjudged=unjudged)
        return ViewMemory(seen, (), unjudged)
    recent = (*memory.recent, seen)[-CHECKS:]
    settled = memory.settled
    if len(recent) == CHECKS and all(same(one, seen) for one in recent):
        settled = seen
    return ViewMemory(settled, recent, 0)


def same(first: ViewSeen, second: ViewSeen) -> bool:
    """Whether two results agree: still, or moved in the same way."""
    if first.state != second.state or first.state == "unknown":
        return False
    if first.state == "still":
        return True
    a, b = first.movement, second.movement
    return (
        a is not None
        and b is not None
        and abs(a.right_percent - b.right_percent) <= SAME_PERCENT
        and abs(a.down_percent - b.down_percent) <= SAME_PERCENT
        and abs(a.rotation_deg - b.rotation_deg) <= SAME_DEG
        and abs(a.zoom_percent - b.zoom_percent) <= SAME_ZOOM_PERCENT
    )
