"""Which box answers for which device id: the one that was, another one, that of another id, the same one twice? Pure.

A box is known by its serial number, else by its MAC addresses. Makers ship boxes with the same serial number: two
that name different MAC addresses are two boxes. What is not told is not guessed, and a box that was never seen before
has nothing to be held against.

What is wrong with the place of a box explains what is wrong with its view, masks, firmware and texts: they hang on the
one finding that names it, and that one is told as bad as the worst of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from agent.causes import is_silent, online_key
from agent.config import Site
from agent.facts import Facts
from agent.inventory import TWO_BOXES
from agent.model import Finding, Severity
from agent.sightings import Mark, is_one_box, is_same, mark_of
from drivers.details import Interfaces
from drivers.model import Identity

Kind = Literal["duplicate", "swapped", "moved", "replaced", "two-devices-at-address", "one-device-at-several"]
"""`duplicate`: one box behind several ids. `swapped`: the boxes of several ids have exchanged their addresses. `moved`:
the box of an id answers at another address, and no longer at its own. `replaced`: another box, that nobody knows. The
last two are known from discovery only."""

DRIFT_ID: Final = "inventory-drift"
MISSING_AFTER: Final = timedelta(days=1)
"""How long a box must not be seen until it counts as missing rather than as silent."""

CONSEQUENCES: Final = frozenset({
    "privacy-mask-present", "privacy-mask-geometry", "privacy-mask-effective", "privacy-mask-ptz",
    "privacy-mask-drift", "camera-moved", "camera-occluded", "firmware-drift", "stream-profile-conforms",
    "osd-compliant",
})  # fmt: skip
"""What is held against the box that belongs there, and is well again when that one is back. Not among them: footage
that is gone with a box, which stands for itself, and what any box must have, such as a login."""

_SEVEREST_FIRST: Final[tuple[Severity, ...]] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Case:
    """What is wrong with the place of a box. `ids`: the device ids that it is about, in the order of the configuration.

    The finding of the first of them tells it; those of the others hang on it. `at`: where a moved box answers now.
    """

    kind: Kind
    ids: tuple[str, ...]
    at: str = ""

    @property
    def key(self) -> str:
        """The key of the finding that tells it."""
        return f"{DRIFT_ID} device:{self.ids[0]}"


def seen_mark(facts: Facts, device: str) -> Mark | None:
    """Return what tells the box that answers for a device id from others, None where it did not say who it is."""
    subject = f"device:{device}"
    identity = facts.one(subject, Identity)
    return mark_of(identity, facts.one(subject, Interfaces)) if identity else None


def cases(site: Site, facts: Facts) -> dict[str, Case]:
    """Return what is wrong with the place of each box, by device id; one id has one case only, the surest first."""
    order = [device.id for device in site.devices]
    seen = {id_: mark for id_ in order if (mark := seen_mark(facts, id_)) is not None}
    known = {id_: one.mark for id_, one in facts.around.remembered.items() if id_ in order}
    found: dict[str, Case] = {}
    for ids in _alike(seen):
        found |= dict.fromkeys(ids, Case("duplicate", ids))
    for ids, is_swap in _exchanged(order, seen, known, found):
        found |= dict.fromkeys(ids, Case("swapped" if is_swap else "moved", ids))
    for id_, mark in seen.items():
        if id_ not in found and id_ in known and not is_same(known[id_], mark):
            found[id_] = Case("replaced", (id_,))
    for device in site.devices:
        if device.id not in found and is_silent(facts, device) and device.id in known:
            at = _elsewhere(facts, known[device.id])
            found |= {device.id: Case("moved", (device.id,), at)} if at else {}
    for id_, why in facts.around.doubled.items():
        if id_ in order and id_ not in found:
            found[id_] = Case("two-devices-at-address" if why == TWO_BOXES else "one-device-at-several", (id_,))
    return found


def cause_of_all(site: Site, facts: Facts, devices: Iterable[str]) -> str:
    """Return the key of the finding that explains what differs of devices, where it is wrong of each of them."""
    wrong = cases(site, facts)
    keys = [wrong[id_].key if id_ in wrong else "" for id_ in devices]
    return keys[0] if keys and all(keys) else ""


def folded(site: Site, facts: Facts, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings with what a box in the wrong place explains hung on the finding that names it.

    That one takes the worst status and severity of what hangs on it, so that nothing severe is told as less.
    """
    wrong = cases(site, facts)
    if not wrong:
        return findings
    told = {one.key for one in findings if one.status not in ("pass", "not_applicable") and one.check == DRIFT_ID}
    of = {f"device:{id_}": case.key for id_, case in wrong.items() if case.key in told}
    of |= {f"camera:{c.camera.id}": of[f"device:{c.camera.device}"] for c in site.cameras
           if f"device:{c.camera.device}" in of}  # fmt: skip
    silent = {online_key(site, one): of[f"device:{one.id}"] for one in site.devices
              if f"device:{one.id}" in of and is_silent(facts, one)}  # fmt: skip
    hung = tuple(_hung(one, of, silent) for one in findings)
    return tuple(_as_bad(one, hung) if one.key in told else one for one in hung)


def _hung(finding: Finding, of: Mapping[str, str], silent: Mapping[str, str]) -> Finding:
    if finding.status in ("pass", "not_applicable") or finding.caused_by:
        return finding
    cause = of.get(finding.subject, "") if finding.check in CONSEQUENCES else silent.get(finding.key, "")
    return replace(finding, caused_by=cause)


def _as_bad(cause: Finding, findings: tuple[Finding, ...]) -> Finding:
    failed = [one for one in findings if one.caused_by == cause.key and one.status == "fail"]
    if not failed or cause.caused_by:
        return cause
    severity = min((cause.severity, *(one.severity for one in failed)), key=_SEVEREST_FIRST.index)
    return replace(cause, status="fail", severity=severity)


def _alike(seen: Mapping[str, Mark]) -> list[tuple[str, ...]]:
    """Return the ids behind which one and the same box answers, several to a group."""
    groups: list[list[str]] = []
    for id_, mark in seen.items():
        group = next((one for one in groups if is_one_box(seen[one[0]], mark)), None)
        if group is None:
            groups.append([id_])
        else:
            group.append(id_)
    return [tuple(group) for group in groups if len(group) > 1]


def _exchanged(
    order: list[str], seen: Mapping[str, Mark], known: Mapping[str, Mark], settled: Mapping[str, Case]
) -> list[tuple[tuple[str, ...], bool]]:
    """Return the ids whose boxes answer for each other, several to a group, and whether all of them do."""
    owner: dict[str, str] = {}
    for id_, mark in seen.items():
        if id_ in settled or (id_ in known and is_same(known[id_], mark)):
            continue
        at = next((one for one in known if one != id_ and is_one_box(known[one], mark)), None)
        if at is not None and at not in settled and not (at in seen and is_same(known[at], seen[at])):
            owner[id_] = at
    groups: list[set[str]] = []
    for pair in owner.items():
        touching = [group for group in groups if not group.isdisjoint(pair)]
        groups = [group for group in groups if group not in touching] + [set(pair).union(*touching)]
    return [
        (tuple(sorted(group, key=order.index)), all(one in owner for one in group))
        for group in sorted(groups, key=lambda one: min(map(order.index, one)))
    ]


def _elsewhere(facts: Facts, known: Mark) -> str:
    """Return the address at which a box that is silent at its own announces itself, empty where it does not."""
    around = (*facts.around.strangers, *facts.around.newcomers)
    return next((one.address for one in around if one.mac and one.mac in known.macs), "")


def is_missing(last_seen_at: datetime | None, now: datetime) -> bool:
    """Tell whether a box that does not answer was last seen so long ago that it is missing."""
    return last_seen_at is not None and now - last_seen_at >= MISSING_AFTER
