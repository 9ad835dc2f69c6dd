"""Judges whether a list names all that it named in the look before: a part of each check that rests on one."""

from agent.judge.claim import Held, Open, Outcome, grounds
from agent.model.finding import Message
from agent.observe.facts.facts import Facts, V
from agent.observe.inventory.listings import TIMES_TO_COUNT, names_of
from drivers.footage import Disks


def whole_list(facts: Facts, subject: str, kind: type[V], key: str = "whole") -> Outcome:
    """Return whether a list of a device is as long as it was; one that is shorter may be cut.

    A list of which nothing is remembered was never longer. A disk that is gone is no quarrel about words: it is told.
    """
    told = facts.observed(subject, kind)
    known = facts.remembered.listings.get(subject, {}).get(kind.__name__)
    value = facts.one(subject, kind)
    missing = known.names - (names_of(value) or frozenset()) if known is not None and value is not None else frozenset()
    if not missing:
        return Held(key, grounds(told))
    values = {"count": len(missing), "looks": TIMES_TO_COUNT}
    if kind is Disks:
        message = Message(
            "its list lacks {count} disk(s) that it named before",
            values,
            next_step="look whether somebody took a disk out, or whether it has failed",
        )
        return Open(key, "disk-gone", message)
    message = Message(
        "its list lacks {count} that it named before: whether they are gone, or the list was cut, is known after "
        "{looks} looks",
        values,
    )
    return Open(key, "listing-incomplete", message, doubted=True)
