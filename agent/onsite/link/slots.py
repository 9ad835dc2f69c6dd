"""Judges by a device's own slots for platforms whether a test may begin, and that no other slot was touched. Pure.

A list counts only where it follows what happens: while the device is registered here, one of its slots must tell of our
platform. A list of yesterday, half a list, or none proves nothing, and is unknown.

Source: a device with one slot has that of the police in it; some restart their registrations at each change.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from agent.model.errors import UsageError
from agent.model.finding import Json, Listed, Message, listed
from agent.onsite.link.plan import Plan
from agent.onsite.link.result import Step, StepName, StepStatus
from drivers.footage import PlatformLink, PlatformServer

FIRST_PORT: Final = 5060
_RESTORE: Final = Message("set it back in the device at once: it may be that of the police")
_LOOK: Final = Message("look in the device whether every other platform is as it was")
_OFF: Final = Message("switch the slot off in the device")


class Reading(Protocol):
    """A reading of the slots that goes on by itself: a device that registers waits for nobody meanwhile."""

    def done(self) -> bool:
        """Tell whether it has ended."""

    def result(self) -> PlatformLink | None:
        """Return the slots as they are, None where they could not be read."""


Read = Callable[[], Reading]
"""Begins to read the slots as they are now."""


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of a device as they were before a test, and how they are read again."""

    before: tuple[PlatformServer, ...]
    read: Read

    @property
    def free(self) -> tuple[int, ...]:
        """The numbers of the slots into which nobody has filled a platform."""
        return tuple(one.slot for one in self.before if one.is_free)

    @property
    def free_port(self) -> int:
        """A local port that no other slot uses: of two on one port one stays silent, and nothing says so."""
        taken = {one.local_port for one in self.before if not one.is_free}
        return next(port for port in range(FIRST_PORT, FIRST_PORT + len(taken) + 1) if port not in taken)


def slots_for(link: PlatformLink, read: Read) -> Slots:
    """Return the slots for a test.

    Raises:
        UsageError: None of them is free: a test would cost a platform its place.
    """
    slots = Slots(_of(link), read)
    if not slots.before:
        raise UsageError("the device lists no slot for GB/T 28181: there is nothing to test")
    kept = [one.slot for one in slots.before if not one.enabled]
    if not slots.free and kept:
        raise UsageError(
            "no slot is free: slot {slots} is off and filled in; ask whose platform that is, and empty it only where "
            "it is nobody's",
            slots=_numbers(kept),
        )
    if not slots.free:
        raise UsageError(
            "no slot is free: {count} are in use, and one may be that of the police; a test would take its place",
            count=len(slots.before),
        )
    return slots


def during(slots: Slots, link: PlatformLink | None, plan: Plan) -> tuple[Step, frozenset[int]]:
    """Return, while the device is registered, whether its list follows, and which slots are ours."""
    if link is None:
        return _unknown("own-slot", "not-read", _NOT_READ, slots), frozenset()
    named = [one for one in _of(link) if one.server_id == plan.platform_id]
    ours = frozenset(one.slot for one in named)
    found = _touched(slots, link, ours)
    if found is not None:
        return _step("own-slot", *found, slots, ours), ours
    if not any(one.enabled for one in named):
        return _unknown("own-slot", "not-live", _NOT_LIVE, slots), ours
    what = Message("slot {slots} tells of this test, and no other has changed", {"slots": _numbers(ours)})
    return Step(name="own-slot", status="told", what=what, evidence=_evidence(slots, ours)), ours


def after(slots: Slots, link: PlatformLink | None, plan: Plan, ours: frozenset[int]) -> Step:
    """Return, at the end, whether ours is off, and the others are unchanged and registered where they were."""
    if link is None:
        return _unknown("other-slots", "not-read", _NOT_READ, slots)
    now = _of(link)
    ours |= {one.slot for one in now if one.server_id == plan.platform_id}
    found = _touched(slots, link, ours) or _lost(slots, now, ours)
    if found is not None:
        return _step("other-slots", *found, slots, ours)
    if not ours:
        return _unknown("other-slots", "not-live", _NOT_LIVE, slots)
    on = [one.slot for one in now if one.slot in ours and (one.enabled or one.registered)]
    if on:
        what = Message("slot {slots} says that it is still on", {"slots": _numbers(on)}, next_step=_OFF.template)
        evidence = _evidence(slots, ours)
        return Step(name="other-slots", status="unknown", what=what, reason="still-on", evidence=evidence)
    values: dict[str, object] = {"slots": _numbers(ours), "count": len(slots.before) - len(ours)}
    what = Message("slot {slots} is off; the {count} others are as they were, registered where they were", values)
    return Step(name="other-slots", status="told", what=what, evidence=_evidence(slots, ours))


_NOT_READ: Final = Message("the slots could not be read again")
_NOT_LIVE: Final = Message("no slot tells of this test: what the device lists is not how it is now")

Found = tuple[str, StepStatus, Iterable[int], Message]
"""A reason, how grave it is, the slots that it is about, and what to say."""


def _touched(slots: Slots, link: PlatformLink, ours: frozenset[int]) -> Found | None:
    """Return what has changed in slots that were not free for this test; None where nothing has."""
    was = {one.slot: one for one in slots.before}
    now = {one.slot: one for one in _of(link)}
    missing = [number for number in was if number not in now]
    if missing:
        return (
            "half-a-list",
            "unknown",
            missing,
            Message("slot {slots} is missing in the list", next_step=_LOOK.template),
        )
    taken = [number for number in ours if number in was and not was[number].is_free and _differ(was, now, number)]
    if taken:
        what = Message("slot {slots} was filled in by somebody else, and is now ours", next_step=_RESTORE.template)
        return "overwritten", "failed", taken, what
    changed = [number for number in was if number not in ours and _differ(was, now, number)]
    changed += [number for number, one in now.items() if number not in was and number not in ours and not one.is_free]
    if changed:
        what = Message("slot {slots} is not as it was before the test", next_step=_RESTORE.template)
        return "others-changed", "failed", changed, what
    return None


def _lost(slots: Slots, now: Iterable[PlatformServer], ours: frozenset[int]) -> Found | None:
    """Return which other slots were registered before and are not now, or no longer tell."""
    states = {one.slot: one.registered for one in now}
    others = [one.slot for one in slots.before if one.slot not in ours and one.enabled and one.registered]
    lost = [number for number in others if states[number] is False]
    if lost:
        what = Message("slot {slots} was registered before the test, and is not now", next_step=_LOOK.template)
        return "others-lost", "failed", lost, what
    silent = [number for number in others if states[number] is None]
    if silent:
        what = Message("slot {slots} no longer tells whether it is registered", next_step=_LOOK.template)
        return "others-silent", "unknown", silent, what
    return None


def _differ(was: Mapping[int, PlatformServer], now: Mapping[int, PlatformServer], number: int) -> bool:
    """Return whether a slot's settings changed; whether it is registered is no setting."""
    return replace(was[number], registered=None) != replace(now[number], registered=None)


def _of(link: PlatformLink) -> tuple[PlatformServer, ...]:
    return tuple(one for one in link.servers if one.kind == "GB28181")


def _step(
    name: StepName, reason: str, status: StepStatus, numbers: Iterable[int], what: Message, slots: Slots,
    ours: frozenset[int],
) -> Step:  # fmt: skip
    named = sorted(numbers)
    message = Message(what.template, {"slots": _numbers(named)}, next_step=what.next_step)
    evidence: dict[str, Json] = {**_evidence(slots, ours), "named": [*named]}
    return Step(name=name, status=status, what=message, reason=reason, evidence=evidence)


def _unknown(name: StepName, reason: str, what: Message, slots: Slots) -> Step:
    message = Message(what.template, next_step=_LOOK.template)
    return Step(name=name, status="unknown", what=message, reason=reason, evidence=_evidence(slots, frozenset()))


def _evidence(slots: Slots, ours: frozenset[int]) -> dict[str, Json]:
    others = [one for one in slots.before if one.slot not in ours]
    registered = sum(one.enabled and one.registered is True for one in others)
    return {"slots": len(slots.before), "ours": sorted(ours), "others": len(others), "others_registered": registered}


def _numbers(numbers: Iterable[int]) -> Listed:
    return listed(sorted(numbers))
