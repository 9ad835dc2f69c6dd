"""Judges what was late or done out of order: nobody can undo it, and only an authority's note ends it. Pure.

It warns with a reason and a section of its own (`past-breach`), its days in the evidence. It is no fail: what is to be
done has been done, and an acceptance of today is not blocked by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from agent.judge.claim import Broken, Held, Outcome, declared
from agent.judge.wording.declared_words import DeclaredDuties
from agent.model.finding import PAST_BREACH, Json, Message
from agent.site.declarations.detail_table import NOTE

BREACH: Final = "past_breach"
"""Names in the evidence of a finding the days of what is over."""


@dataclass(frozen=True, slots=True)
class InOrder:
    """One order of two days: `first` may not be later than `then`, or it is a breach of the past, as `says` tells.

    `duty` is the declaration that the note of an authority is a detail of. `says` has the place {days}.
    """

    duty: str
    first: date | None
    then: date | None
    says: Message

    @property
    def days_late(self) -> int:
        """How many days too late; 0 where it is in order, or a day is not known."""
        return max(0, (self.first - self.then).days) if self.first and self.then else 0


def in_order(found: DeclaredDuties, *orders: InOrder) -> tuple[Outcome, ...]:
    """Return each order that was broken: mildly broken, or held by the note of an authority."""
    return tuple(_judged(found, one, number) for number, one in enumerate(orders) if one.days_late)


def with_notes(found: DeclaredDuties, message: Message, *orders: InOrder) -> Message:
    """Return what a pass says, and that a note ended a breach of the past, which it never hides.

    What stands in the note is not told: reports leave the site.
    """
    if not any(one.days_late and found.detail(one.duty, NOTE) for one in orders):
        return message
    return Message("{what}; what was late or out of order was closed by a note of the authority", {"what": message})


def _judged(found: DeclaredDuties, one: InOrder, number: int) -> Outcome:
    key = f"declared order {one.duty} {number}"
    note = found.detail(one.duty, NOTE)
    if note:
        return Held(key, declared("site", one.duty))
    message = replace(
        one.says,
        values={"days": one.days_late, "duty": one.duty},
        next_step="have the authority's note on it, then camwarden declare --set {duty}.authority-note=NOTE",
    )
    return Broken(key, PAST_BREACH, message, {BREACH: dict(breach_json(one))}, mild=True)


def breach_json(one: InOrder) -> Mapping[str, Json]:
    """Return the days of a breach."""
    first, then = (day.isoformat() if day else None for day in (one.first, one.then))
    return {"duty": one.duty, "happened": first, "was_due": then, "days_late": one.days_late}
