"""Counts the masks that a device can still take: its limit minus what it lists. Unknown is a result of its own."""

from dataclasses import dataclass
from itertools import count, islice

from agent.model.finding import Message
from agent.onsite.cards.model import Known, Maker


@dataclass(frozen=True, slots=True)
class Slots:
    """How many masks are `free` (None: unknown), how many to plan with, the numbers of free ones, and the words."""

    free: int | None
    planned: int
    numbers: tuple[int, ...]
    words: Message


def count_slots(maker: Maker, known: Known, said: int | None = None) -> Slots:
    """Count free masks.

    Args:
        maker: The maker of the device.
        known: What the device listed and reported.
        said: How many are free by the word of a person who stands before the page; None: nobody counted.

    Returns:
        `planned` is 1 where nothing is known, so that the card fits wherever anything is free, and 0 where the device
        itself reports that it is full.
    """
    limit = known.options.max_masks if known.options is not None else 0
    listed = _listed(maker, known)
    if said is not None:
        return _slots(maker, known, said, said, Message("{free} masks are free, as a person counted", {"free": said}))
    if listed is None:
        return _slots(maker, known, None, 1, Message(
            "how many masks are free is unknown, for the device does not list them: this card needs one"
        ))  # fmt: skip
    if limit:
        free = max(limit - listed, 0)
        return _slots(maker, known, free, free, Message(
            "{free} of {limit} masks are free, by the device's own word", {"free": free, "limit": limit}
        ))  # fmt: skip
    if maker.usual is None or listed >= maker.usual:
        return _slots(maker, known, None, 1, Message(
            "how many masks are free is unknown: the device lists {listed} and reports no limit; this card needs one",
            {"listed": listed},
        ))  # fmt: skip
    free = maker.usual - listed
    return _slots(maker, known, free, free, Message(
        "{free} masks should be free: the device lists {listed}, and {usual} are usual for this maker",
        {"free": free, "listed": listed, "usual": maker.usual},
    ))  # fmt: skip


def _listed(maker: Maker, known: Known) -> int | None:
    """Count the listed masks that are in slots of this kind, switched off or not: what has an area is in use."""
    if known.masks is None:
        return None
    numbered = [mask for mask in known.masks if maker.slot_of(mask.token) is not None]
    return len(numbered) if numbered or maker.name == "dahua" else len(known.masks)


def _slots(maker: Maker, known: Known, free: int | None, planned: int, words: Message) -> Slots:
    taken = {maker.slot_of(mask.token) for mask in known.masks or ()}
    numbers = tuple(islice((number for number in count(1) if number not in taken), planned))
    return Slots(free, planned, numbers, words)
