"""Settles the result of a view by several pictures. Pure Python: the daemon holds this memory.

One picture may be wrong: a person before the camera, a swaying tree, a lorry that fills the street. A result is settled
when it was the same in three checks in a row. Unjudged pictures are skipped; three of them in a row make the view
unknown. Callers decide how far apart the pictures are.

Two kinds of pictures are unknown by themselves, and moved by several: those that all show another scene (turned away
farther than anything of the view is left), and those of which too little agrees, but on one and the same move.
"""

from dataclasses import dataclass, replace
from typing import Final

from masking.view.model import ViewSeen

TURNED_AWAY: Final = "turned-away"
"""Why a view is settled as moved that shows another scene: how far it went is not known."""

SEVERAL_LOOKS: Final = "several-looks"
"""Why a view is settled as moved of which each picture shows too little by itself."""

_OTHER_SCENE: Final = "other-scene"
_TOO_LITTLE: Final = ("one-sided",)
_MOVED_LEAST_PERCENT: Final = 1.0
"""A move that no picture proves by itself must be larger than what shadows and weather pretend."""

CHECKS: Final = 3
"""So many checks in a row must agree."""

SAME_PERCENT: Final = 0.5
SAME_DEG: Final = 0.5
SAME_ZOOM_PERCENT: Final = 1.0
"""Two moves are the same when they differ by no more than these: twice what one picture is off by in bad light."""

FAR_PERCENT: Final = 4.0
"""A move beyond this is the same within more, in proportion: little of the view is left to measure it by."""


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
    if _moved_how(seen) is None and seen.state != "still":
        unjudged = min(memory.unjudged + 1, CHECKS)
        if unjudged < CHECKS:
            return replace(memory, unjudged=unjudged)
        return ViewMemory(seen, (), unjudged)
    recent = (*memory.recent, seen)[-CHECKS:]
    settled = memory.settled
    if len(recent) == CHECKS and all(same(one, seen) for one in recent):
        settled = _settled(seen)
    return ViewMemory(settled, recent, 0)


def _settled(seen: ViewSeen) -> ViewSeen:
    """The result in force once several pictures were like this one."""
    how = _moved_how(seen)
    return seen if how is None or seen.state == "moved" else replace(seen, state="moved", reason=how)


def _moved_how(seen: ViewSeen) -> str | None:
    """By what a picture is one of a moved camera: a measured move, a turn to another scene; None: it is none."""
    if seen.reason in (_OTHER_SCENE, TURNED_AWAY):
        return TURNED_AWAY
    if seen.state == "moved":
        return SEVERAL_LOOKS
    enough = seen.movement is not None and seen.movement.largest_percent >= _MOVED_LEAST_PERCENT
    return SEVERAL_LOOKS if seen.reason in _TOO_LITTLE and enough and seen.light == seen.reference_light else None


def same(first: ViewSeen, second: ViewSeen) -> bool:
    """Whether two results agree: still, or moved in the same way."""
    if first.state == "still" or second.state == "still":
        return first.state == second.state
    how = _moved_how(first)
    if how is None or how != _moved_how(second):
        return False
    if how == TURNED_AWAY:  # each beside the approved view of its own light: at dusk, lights take turns
        return True
    a, b = first.movement, second.movement
    if a is None or b is None:
        return False
    more = max(1.0, min(a.largest_percent, b.largest_percent) / FAR_PERCENT)
    return (
        abs(a.right_percent - b.right_percent) <= more * SAME_PERCENT
        and abs(a.down_percent - b.down_percent) <= more * SAME_PERCENT
        and abs(a.rotation_deg - b.rotation_deg) <= more * SAME_DEG
        and abs(a.zoom_percent - b.zoom_percent) <= more * SAME_ZOOM_PERCENT
    )
