"""Detects which box answers for each device id: the same, another, that of another id, or a double. Pure.

A box is identified by its serial number, else by its MAC addresses. Makers ship boxes with the same serial number: two
with different MAC addresses are two boxes. Unreported identities are not guessed, and a new box has nothing to be
compared with.

A misplaced box explains differences of its view, masks, firmware and texts: they name its finding as cause, which is
reported as bad as the worst of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from agent.model.finding import Finding, Severity
from agent.observe.facts.facts import Facts
from agent.observe.facts.sightings import BoxMark, KnownBox, is_one_box, is_same, mark_behind, mark_of
from agent.observe.inventory.common_causes import ONLINE_ID, is_silent, online_key
from agent.observe.inventory.stocktake import TWO_BOXES
from agent.site.config.site import Site
from drivers.details import Interfaces
from drivers.footage import Channels
from drivers.model import Identity

Kind = Literal["duplicate", "swapped", "moved", "replaced", "two-devices-at-address", "one-device-at-several"]
"""`duplicate`: one box behind several ids. `swapped`: boxes of several ids at each other's addresses.

`moved`: the box of an id answers at another address, no longer at its own. `replaced`: an unknown box. The last two are
from discovery only.
"""

DRIFT_ID: Final = "inventory-drift"
MISSING_AFTER: Final = timedelta(days=1)
"""How long a box must not be seen until it counts as missing rather than as silent."""

CONSEQUENCES: Final = frozenset({
    "privacy-mask-present", "privacy-mask-geometry", "privacy-mask-effective", "privacy-mask-ptz",
    "privacy-mask-drift", "camera-moved", "camera-occluded", "firmware-drift", "stream-profile-conforms",
    "osd-compliant",
})  # fmt: skip
"""Findings that end when the right box is back; not lost footage, nor what any box must have, such as a login."""

_SEVEREST_FIRST: Final[tuple[Severity, ...]] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class MisplacedBox:
    """A misplaced box. `subjects`: whom it concerns, in the order of the configuration.

    The finding of the first is the cause of the others. `at`: where a moved box answers now.
    """

    kind: Kind
    subjects: tuple[str, ...]
    at: str = ""

    @property
    def key(self) -> str:
        """The key of the finding that reports it."""
        return f"{DRIFT_ID} {self.subjects[0]}"

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of its devices or cameras."""
        return tuple(subject.partition(":")[2] for subject in self.subjects)


def seen_marks(site: Site, facts: Facts) -> dict[str, BoxMark]:
    """Return the identity of each box, by subject: devices, and cameras identified by their recorder."""
    found: dict[str, BoxMark] = {}
    for device in site.devices:
        subject = f"device:{device.id}"
        identity = facts.one(subject, Identity)
        if identity is not None:
            found[subject] = mark_of(identity, facts.one(subject, Interfaces))
    for camera in site.cameras:
        channels = facts.one(f"device:{camera.camera.device}", Channels)
        if channels is not None:
            mark = mark_behind(channels, camera.camera.channel)
            found |= {f"camera:{camera.camera.id}": mark} if mark else {}
    return found


def misplaced_boxes(site: Site, facts: Facts) -> dict[str, MisplacedBox]:
    """Return the misplaced boxes, by subject; one case for each subject, the surest first.

    A camera behind a recorder is compared with others behind recorders only: it may be read by itself as well, and one
    with several lenses has as many channels.
    """
    devices, cameras = _places(site)
    seen, known = seen_marks(site, facts), known_marks(facts)
    found: dict[str, MisplacedBox] = {}
    for subjects in _shared_boxes({place: seen[place] for place in devices if place in seen}):
        found |= dict.fromkeys(subjects, MisplacedBox("duplicate", subjects))
    for order in (devices, cameras):
        for subjects, is_swap in _exchanged(order, seen, known, found):
            found |= dict.fromkeys(subjects, MisplacedBox("swapped" if is_swap else "moved", subjects))
    other = [
        place
        for place in (*devices, *cameras)
        if place in seen and place in known and place not in found and not is_same(known[place], seen[place])
    ]
    of_devices = [(place,) for place in other if place in devices]
    for subjects in (*of_devices, *_by_box({place: seen[place] for place in other if place in cameras})):
        found |= dict.fromkeys(subjects, MisplacedBox("replaced", subjects))
    for device in site.devices:
        place = f"device:{device.id}"
        if place not in found and is_silent(facts, device) and place in known:
            at = _elsewhere(facts, known[place])
            found |= {place: MisplacedBox("moved", (place,), at)} if at else {}
    for id_, why in facts.around.doubled.items():
        place = f"device:{id_}"
        if place in devices and place not in found:
            found[place] = MisplacedBox(
                "two-devices-at-address" if why == TWO_BOXES else "one-device-at-several", (place,)
            )
    return found


def known_marks(facts: Facts) -> dict[str, BoxMark]:
    """Return the identities remembered before this look, by subject."""
    return {_subject(name): one.mark for name, one in facts.around.remembered.items()}


def known_box(facts: Facts, subject: str) -> KnownBox | None:
    """Return the remembered box of a device or camera."""
    return facts.around.remembered.get(subject.removeprefix("device:"))


def _subject(name: str) -> str:
    return name if name.startswith("camera:") else f"device:{name}"


def _places(site: Site) -> tuple[list[str], list[str]]:
    devices = [f"device:{device.id}" for device in site.devices]
    return devices, [f"camera:{camera.camera.id}" for camera in site.cameras]


def cause_of_all(site: Site, facts: Facts, devices: Iterable[str]) -> str:
    """Return the key of the finding that explains the differences of all these devices, else empty."""
    wrong = misplaced_boxes(site, facts)
    places = [f"device:{id_}" for id_ in devices]
    keys = [wrong[place].key if place in wrong else "" for place in places]
    return keys[0] if keys and all(keys) else ""


def attribute_misplaced(site: Site, facts: Facts, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Attribute the consequences of a misplaced box to the finding that names it.

    That one takes their worst status and severity, so that nothing severe is reported as less.
    """
    wrong = misplaced_boxes(site, facts)
    if not wrong:
        return findings
    told = {one.key for one in findings if one.status not in ("pass", "not_applicable") and one.check == DRIFT_ID}
    of = {place: case.key for place, case in wrong.items() if case.key in told}
    for camera in site.cameras:
        device = f"device:{camera.camera.device}"
        of |= {f"camera:{camera.camera.id}": of[device]} if device in of else {}
    silent = {online_key(site, one): of[f"device:{one.id}"] for one in site.devices
              if f"device:{one.id}" in of and is_silent(facts, one)}  # fmt: skip
    gone = [place for place, case in wrong.items() if case.kind == "moved" and place in of]
    silent |= {f"{ONLINE_ID} {place}": of[place] for place in gone if place.startswith("camera:")}
    hung = tuple(_attributed(one, of, silent) for one in findings)
    return tuple(_escalated(one, hung) if one.key in told else one for one in hung)


def _attributed(finding: Finding, of: Mapping[str, str], silent: Mapping[str, str]) -> Finding:
    if finding.status in ("pass", "not_applicable") or finding.caused_by or finding.check == DRIFT_ID:
        return finding
    # Nothing that was learned or approved of the box before counts for this one: that it is not known yet is no news.
    is_consequence = finding.check in CONSEQUENCES or finding.status == "unknown"
    cause = (of.get(finding.subject, "") if is_consequence else "") or silent.get(finding.key, "")
    return replace(finding, caused_by=cause)


def _escalated(cause: Finding, findings: tuple[Finding, ...]) -> Finding:
    failed = [one for one in findings if one.caused_by == cause.key and one.status == "fail"]
    if not failed or cause.caused_by:
        return cause
    severity = min((cause.severity, *(one.severity for one in failed)), key=_SEVEREST_FIRST.index)
    return replace(cause, status="fail", severity=severity)


def _shared_boxes(seen: Mapping[str, BoxMark]) -> list[tuple[str, ...]]:
    """Return the places at which one and the same box answers, several to a group."""
    return [group for group in _by_box(seen) if len(group) > 1]


def _by_box(seen: Mapping[str, BoxMark]) -> list[tuple[str, ...]]:
    groups: list[list[str]] = []
    for place, mark in seen.items():
        group = next((one for one in groups if is_one_box(seen[one[0]], mark)), None)
        if group is None:
            groups.append([place])
        else:
            group.append(place)
    return [tuple(group) for group in groups]


def _exchanged(
    order: list[str], seen: Mapping[str, BoxMark], known: Mapping[str, BoxMark], settled: Mapping[str, MisplacedBox]
) -> list[tuple[tuple[str, ...], bool]]:
    """Return the places whose boxes answer for each other, several to a group, and whether all of them do."""
    owner: dict[str, str] = {}
    for place in order:
        if place in settled or place not in seen or (place in known and is_same(known[place], seen[place])):
            continue
        at = next((one for one in order if one != place and one in known and is_one_box(known[one], seen[place])), None)
        if at is not None and at not in settled and not (at in seen and is_same(known[at], seen[at])):
            owner[place] = at
    groups: list[set[str]] = []
    for pair in owner.items():
        touching = [group for group in groups if not group.isdisjoint(pair)]
        groups = [group for group in groups if group not in touching] + [set(pair).union(*touching)]
    return [
        (tuple(sorted(group, key=order.index)), all(one in owner for one in group))
        for group in sorted(groups, key=lambda one: min(map(order.index, one)))
    ]


def _elsewhere(facts: Facts, known: BoxMark) -> str:
    """Return the address at which a box that is silent at its own announces itself, else empty."""
    around = (*facts.around.strangers, *facts.around.newcomers)
    return next((one.address for one in around if one.mac and one.mac in known.macs), "")


def is_missing(last_seen_at: datetime | None, now: datetime) -> bool:
    """Tell whether a silent box was last seen so long ago that it is missing."""
    return last_seen_at is not None and now - last_seen_at >= MISSING_AFTER
