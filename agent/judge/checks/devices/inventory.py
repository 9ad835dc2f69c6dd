"""Checks that every device is declared, and unchanged, from discovery and devices' identities."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.devices import online, undeclared_channels
from agent.judge.claim import Broken, Held, Open, Outcome, grounds, own
from agent.judge.verdict import not_told, verdict, waiting
from agent.judge.wording.from_rules import INSTALLATION
from agent.model.finding import Finding, Json, Listed, Message, first_of, listed, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.facts.sightings import TIMES_TO_COUNT, BoxMark, KnownBox, Sighting
from agent.observe.inventory import device_identity
from agent.observe.inventory.common_causes import is_silent
from agent.observe.inventory.device_identity import MisplacedBox
from agent.observe.inventory.stocktake import TWO_BOXES, empty_channels
from agent.site.config.site import CameraConfig, Site
from drivers.footage import Channels
from drivers.model import Device, Identity

EVIDENCE_MAX = 16
NAMED_MAX = 4


def run_undeclared(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the site's network and its recorders' channels: one finding, however much is undeclared."""
    where = site.discovery
    asked = bool(where.interfaces or where.addresses or where.ranges)
    outcomes = [*_network(site, facts, now), *undeclared_channels.channels(site, facts, asked)]
    outcomes += undeclared_channels.dropped(site, facts)
    if not asked and all(isinstance(one, Held) for one in outcomes):
        message = Message("nobody is asked on the network: name networks under [discovery]")
        return (waiting(check, "site", "person", "discovery-off", message),)
    evidence: dict[str, Json] = {"ignored": facts.around.ignored}
    if facts.around.failed:
        evidence["failed"] = list(facts.around.failed[:EVIDENCE_MAX])
    return (verdict(check, "site", outcomes, evidence, Message("every device that answers is declared")),)


def _network(site: Site, facts: Facts, now: datetime) -> Iterator[Outcome]:
    """Yield what answers on the network: strangers, what could not be asked, and what was not seen often enough."""
    around = facts.around
    moved = {case.at: case.key for case in device_identity.misplaced_boxes(site, facts).values() if case.at}
    if around.strangers:
        message = Message(
            "{count} devices that nobody declared answer on the network ({addresses}): add each as a [[device]], or "
            "write under [[discovery.ignore]] why it may be there",
            {"count": len(around.strangers), "addresses": _addresses(around.strangers)},
        )
        told = _sightings_json(around.strangers)
        yield Broken("answers", "undeclared", message, told, _cause(around.strangers, moved))
    if around.failed:
        message = Message(
            "not everybody on the network could be asked ({failed}): correct [discovery] or the network",
            {"failed": listed(around.failed[:NAMED_MAX])},
        )
        yield Open("asked", "not-asked", message)
    if around.newcomers:
        message = Message(
            "{count} devices that nobody declared answered ({addresses}); each counts when it was seen {times} times",
            {"count": len(around.newcomers), "addresses": _addresses(around.newcomers), "times": TIMES_TO_COUNT},
        )
        told = _sightings_json(around.newcomers)
        yield Open("newcomers", "not-yet-counted", message, told, _cause(around.newcomers, moved))
    if not (around.strangers or around.failed or around.newcomers):
        yield Held("answers", own("site", "discovery", now))


def _sightings_json(seen: tuple[Sighting, ...]) -> dict[str, Json]:
    return {"count": len(seen), "devices": [_sighting_json(one) for one in seen[:EVIDENCE_MAX]]}


def _cause(seen: tuple[Sighting, ...], moved: Mapping[str, str]) -> str:
    """Return the finding that covers it already, where all these devices are ours and have moved."""
    keys = [moved.get(one.address, "") for one in seen]
    return keys[0] if all(keys) else ""


def run_drift(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether every device is the one box it was, with a camera on every declared channel.

    Also every camera behind a recorder that identifies it.
    """
    wrong, seen = device_identity.misplaced_boxes(site, facts), device_identity.seen_marks(site, facts)
    return tuple(
        _misplaced(check, facts, place, wrong[place], seen)
        if place in wrong
        else _device(check, site, facts, device, seen.get(place), now)
        for device in site.devices
        for place in [f"device:{device.id}"]
    ) + tuple(
        _misplaced(check, facts, place, wrong[place], seen)
        if place in wrong
        else _camera(check, site, facts, camera, seen)
        for camera in site.cameras
        for place in [f"camera:{camera.camera.id}"]
        if place in seen or device_identity.known_box(facts, place) is not None
    )


def _camera(check: Check, site: Site, facts: Facts, camera: CameraConfig, seen: Mapping[str, BoxMark]) -> Finding:
    """Judge a camera behind a recorder that is in its place or unknown."""
    subject = f"camera:{camera.camera.id}"
    device = next(one for one in site.devices if one.id == camera.camera.device)
    if subject in seen:
        if device_identity.known_box(facts, subject) is None:
            message = Message("which camera belongs here is not known yet: this one was seen for the first time")
            return waiting(check, subject, "look", "nothing-remembered", message)
        same = Held("same", grounds(facts.observed(f"device:{device.id}", Channels)))
        return verdict(check, subject, [same], {}, Message("it is the camera that it was"))
    if online.answers(facts, f"device:{device.id}"):
        message = Message("its recorder does not say any more which camera it is")
        return not_told(check, subject, "not-told", {}, message)
    why = facts.why_not(f"device:{device.id}", "identity")
    message = Message("whether it is the camera that it was could not be read ({reason})", {"reason": why.reason})
    return check.finding(subject, "unknown", why.reason, {}, message, _silence_key(site, device))


def _misplaced(check: Check, facts: Facts, place: str, case: MisplacedBox, seen: Mapping[str, BoxMark]) -> Finding:
    cause = case.key if case.subjects[0] != place else ""
    told = _camera_message(facts, case, seen) if place.startswith("camera:") else _box_message(facts, case, seen)
    return check.finding(place, "warn", case.kind, _evidence(facts, case, seen), told, cause)


def _device(check: Check, site: Site, facts: Facts, device: Device, seen: BoxMark | None, now: datetime) -> Finding:
    subject = f"device:{device.id}"
    known = device_identity.known_box(facts, subject)
    empty = empty_channels(site, facts, device.id)
    if empty:
        message = Message(
            "no video source on the channel of {cameras}: find the camera, or correct the channel",
            {"cameras": listed(empty)},
        )
        return check.finding(subject, "warn", "channel-empty", {"cameras": list(empty)}, message)
    if seen is None:
        return _unread(check, site, facts, device, known, now)
    if known is None:
        message = Message("which box belongs here is not known yet: this one was seen for the first time")
        return waiting(check, subject, "look", "nothing-remembered", message, {"seen": _mark_json(seen)})
    if (known.mark.serial or known.mark.macs) and not (seen.serial or seen.macs):
        # Mainboards that were exchanged, and clones, tell zeros in place of a serial number.
        message = Message("it does not say any more which box it is, only its model")
        told: dict[str, Json] = {"remembered": _mark_json(known.mark), "seen": _mark_json(seen)}
        return check.finding(subject, "unknown", "identity-not-told", told, message)
    same = Held("same", (*grounds(facts.observed(subject, Identity)), *own(subject, "identities", known.seen_at)))
    return verdict(check, subject, [same], {"seen": _mark_json(seen)}, Message("it is the box that it was"))


def _unread(check: Check, site: Site, facts: Facts, device: Device, known: KnownBox | None, now: datetime) -> Finding:
    """Judge a box that did not identify itself; its silence is another finding."""
    subject = f"device:{device.id}"
    if known is not None and is_silent(facts, device) and device_identity.is_missing(known.seen_at, now):
        at = utc_text(known.seen_at or now)
        message = Message(
            "the box has not been seen since {at}, here or elsewhere: find it, or take it out of the configuration",
            {"at": at},
        )
        told: dict[str, Json] = {"remembered": _mark_json(known.mark), "last_seen_at": at}
        return check.finding(subject, "warn", "missing", told, message, _silence_key(site, device))
    why = facts.why_not(subject, "identity")
    message = Message("whether it is the box that it was could not be read ({reason})", {"reason": why.reason})
    return check.finding(subject, "unknown", why.reason, {}, message, _silence_key(site, device))


def _box_message(facts: Facts, case: MisplacedBox, seen: Mapping[str, BoxMark]) -> Message:
    ids = listed(case.names[:NAMED_MAX])
    if case.kind == "duplicate":
        return Message(
            "one box answers for {devices}: list its channels as cameras of one device, or correct an address",
            {"devices": ids},
        )
    if case.kind == "swapped":
        return Message(
            "the boxes of {devices} have exchanged their addresses: exchange them back, on the site or in the "
            "configuration",
            {"devices": ids},
        )
    if case.kind == "moved" and case.at:
        message = "its box answers at {address} now: correct the address in the box, or in the configuration"
        return Message(message, {"address": case.at})
    if case.kind == "moved":
        return Message(
            "a box answers at the address of another one ({devices}): find out who moved it, and correct the addresses",
            {"devices": ids},
        )
    if case.kind == "replaced":
        return Message(
            "another box answers at its address, {seen} where {known} was: find out who changed it",
            _models(facts, case, seen),
        )
    if case.kind == TWO_BOXES:
        return Message("two boxes answer as its address: find the one that does not belong there")
    return Message("the same box answers for another device too: list its channels as cameras of one device")


def _camera_message(facts: Facts, case: MisplacedBox, seen: Mapping[str, BoxMark]) -> Message:
    ids = listed(case.names[:NAMED_MAX])
    if case.kind == "swapped":
        return Message(
            "the cameras {cameras} have exchanged their channels: exchange them back, in the recorder or in the "
            "configuration",
            {"cameras": ids},
        )
    if case.kind == "moved":
        return Message(
            "a camera is on the channel of another one ({cameras}): find out who moved it, and correct the channels",
            {"cameras": ids},
        )
    message = "another camera is on its channel, {seen} where {known} was: find out who changed it"
    return Message(message, _models(facts, case, seen))


def _models(facts: Facts, case: MisplacedBox, seen: Mapping[str, BoxMark]) -> dict[str, str]:
    known, now = device_identity.known_box(facts, case.subjects[0]), seen.get(case.subjects[0])
    return {"seen": (now.model if now else "") or "?", "known": (known.mark.model if known else "") or "?"}


def _evidence(facts: Facts, case: MisplacedBox, seen: Mapping[str, BoxMark]) -> dict[str, Json]:
    rows = []
    for place in case.subjects[:EVIDENCE_MAX]:
        known, now = device_identity.known_box(facts, place), seen.get(place)
        remembered = _mark_json(known.mark) if known else None
        rows.append({"subject": place, "remembered": remembered, "seen": _mark_json(now) if now else None})
    return {"boxes": rows, **({"address": case.at} if case.at else {})}


def _silence_key(site: Site, device: Device) -> str:
    cameras = [c.camera.id for c in site.cameras if c.camera.device == device.id]
    return online.finding_key(f"camera:{cameras[0]}" if len(cameras) == 1 else f"device:{device.id}")


def _sighting_json(sighting: Sighting) -> Json:
    return {
        "address": sighting.address,
        "mac_digest": sighting.mac or None,
        "first_at": utc_text(sighting.first_at),
        "last_at": utc_text(sighting.last_at),
    }


def _mark_json(mark: BoxMark) -> Json:
    return {"model": mark.model, "serial_digest": mark.serial or None, "mac_digests": list(mark.macs)}


def _addresses(sightings: tuple[Sighting, ...]) -> Listed:
    return first_of([s.address for s in sightings], NAMED_MAX)


UNDECLARED = Check(
    "undeclared-camera", run_undeclared, "major", INSTALLATION, "No camera is on the network that nobody answers for."
)
DRIFT = Check(
    device_identity.DRIFT_ID,
    run_drift,
    "major",
    INSTALLATION,
    "Each declared device is the box, and the only one, it was.",
)
