"""Is everything there declared, and is everything declared what it was? Judged on discovery and devices' identities."""

from __future__ import annotations

from datetime import datetime

from agent.checks import online
from agent.checks.sources import INSTALLATION
from agent.config import Site
from agent.facts import Facts
from agent.inventory import TWO_BOXES, empty_channels
from agent.model import Check, Finding, Json, Message, utc_text
from agent.sightings import TIMES_TO_COUNT, Mark, Sighting, is_same, mark_of
from drivers.model import Device, Identity

EVIDENCE_MAX = 16
NAMED_MAX = 4


def run_undeclared(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the site's network: one finding, however many devices nobody declared."""
    where, around = site.discovery, facts.around
    if not (where.interfaces or where.addresses or where.ranges):
        message = Message("nobody is asked on the network: name networks under [discovery]")
        return (check.finding("site", "not_applicable", "discovery-off", {}, message),)
    evidence: dict[str, Json] = {"ignored": around.ignored}
    if around.failed:
        evidence["failed"] = list(around.failed[:EVIDENCE_MAX])
    if around.strangers:
        evidence |= {"count": len(around.strangers), "devices": [_row(s) for s in around.strangers[:EVIDENCE_MAX]]}
        message = Message(
            "{count} devices that nobody declared answer on the network ({addresses}): add each as a [[device]], or "
            "write under [[discovery.ignore]] why it may be there",
            {"count": len(around.strangers), "addresses": _addresses(around.strangers)},
        )
        return (check.finding("site", "fail", "undeclared", evidence, message),)
    if around.failed:
        message = Message(
            "not everybody on the network could be asked ({failed}): correct [discovery] or the network",
            {"failed": ", ".join(around.failed[:NAMED_MAX])},
        )
        return (check.finding("site", "unknown", "not-asked", evidence, message),)
    if around.newcomers:
        evidence |= {"count": len(around.newcomers), "devices": [_row(s) for s in around.newcomers[:EVIDENCE_MAX]]}
        message = Message(
            "{count} devices that nobody declared answered ({addresses}); each counts when it was seen {times} times",
            {
                "count": len(around.newcomers),
                "addresses": _addresses(around.newcomers),
                "times": TIMES_TO_COUNT,
            },
        )
        return (check.finding("site", "unknown", "not-yet-counted", evidence, message),)
    return (check.finding("site", "pass", "", evidence, Message("every device that answers is declared")),)


def run_drift(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device: is it one box, the box that it was, with a camera on every declared channel."""
    return tuple(_device(check, site, facts, device) for device in site.devices)


def _device(check: Check, site: Site, facts: Facts, device: Device) -> Finding:
    subject = f"device:{device.id}"
    identity = facts.one(subject, Identity)
    known = facts.around.remembered.get(device.id)
    seen = mark_of(identity) if identity else None
    if seen and known and not is_same(known.mark, seen):
        message = Message(
            "another box answers at its address, {seen} where {known} was: find out who changed it",
            {"seen": seen.model or "?", "known": known.mark.model or "?"},
        )
        return check.finding(
            subject, "warn", "swapped", {"remembered": _mark(known.mark), "seen": _mark(seen)}, message
        )
    doubled = facts.around.doubled.get(device.id)
    if doubled == TWO_BOXES:
        message = Message("two boxes answer as its address: find the one that does not belong there")
        return check.finding(subject, "warn", doubled, {}, message)
    if doubled:
        message = Message("the same box answers for another device too: list its channels as cameras of one device")
        return check.finding(subject, "warn", doubled, {}, message)
    empty = empty_channels(site, facts, device.id)
    if empty:
        message = Message(
            "no video source on the channel of {cameras}: find the camera, or correct the channel",
            {"cameras": ", ".join(empty)},
        )
        return check.finding(subject, "warn", "channel-empty", {"cameras": list(empty)}, message)
    if seen is None:
        why = facts.why_not(subject, "identity")
        message = Message("whether it is the box that it was could not be read ({reason})", {"reason": why.reason})
        return check.finding(subject, "unknown", why.reason, {}, message, _silent(site, device))
    if known is None:
        message = Message("which box belongs here is not known yet: this one was seen for the first time")
        return check.finding(subject, "not_applicable", "nothing-remembered", {"seen": _mark(seen)}, message)
    return check.finding(subject, "pass", "", {"seen": _mark(seen)}, Message("it is the box that it was"))


def _silent(site: Site, device: Device) -> str:
    """Return the key of the finding that says it where this device cannot be read."""
    cameras = [c.camera.id for c in site.cameras if c.camera.device == device.id]
    return online.finding_key(f"camera:{cameras[0]}" if len(cameras) == 1 else f"device:{device.id}")


def _row(sighting: Sighting) -> Json:
    return {
        "address": sighting.address,
        "mac_digest": sighting.mac or None,
        "first_at": utc_text(sighting.first_at),
        "last_at": utc_text(sighting.last_at),
    }


def _mark(mark: Mark) -> Json:
    return {"model": mark.model, "serial_digest": mark.serial or None}


def _addresses(sightings: tuple[Sighting, ...]) -> str:
    named = ", ".join(s.address for s in sightings[:NAMED_MAX])
    return named if len(sightings) <= NAMED_MAX else f"{named}, ..."


UNDECLARED = Check(
    "undeclared-camera", run_undeclared, "major", INSTALLATION, "No camera is on the network that nobody answers for."
)
DRIFT = Check(
    online.DRIFT_ID, run_drift, "major", INSTALLATION, "Each declared device is the box, and the only one, it was."
)
