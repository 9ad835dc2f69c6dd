"""Checks the health of the disks that footage is written to, as they report it themselves.

A full disk is healthy: recorders write in a ring. `retention.py` judges retention.
"""

from __future__ import annotations

from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.wording.from_rules import ORDER_799_OPERATION
from agent.model.finding import Finding, Json, Message, Status
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from drivers.footage import Disk, Disks, DiskState, Store, StoreIndex, TroubleKind

BAD: dict[DiskState, Message] = {
    "failed": Message("disk {name} has failed: replace it"),
    "unformatted": Message("disk {name} is not formatted, so nothing is written to it: set it up or take it out"),
    "mismatched": Message("disk {name} was set up in another recorder: set it up or take it out"),
}
"""States in which a disk holds no new footage."""


TROUBLES: dict[TroubleKind, Message] = {
    "unreadable": Message("{count} segment(s) cannot be opened, the first of {camera} is {first}: look at the disk"),
    "empty": Message(
        "{count} segment(s) are empty, the first of {camera} is {first}: look at the recorder and the disk"
    ),
    "row-without-file": Message(
        "{count} segment(s) are listed and not there, the first of {camera} is {first}: find out who deleted them"
    ),
    "clock-jump": Message(
        "the times of {count} segment(s) do not fit together, the first of {camera} is {first}: look at the clock"
    ),
    "future": Message("{count} segment(s) are of a time to come, the first of {camera} is {first}: look at the clock"),
    "forbidden": Message(
        "{count} folder(s) or file(s) may not be read, the first of {camera} is {first}: give the user camwarden the "
        "right"
    ),
}
"""Reported troubles of a store, the worst first.

`recording-completeness` reports a recorder that stopped; files of other names, or missing in a database, are in the
evidence only.
"""

TROUBLES_MAX = 16


def run_storage(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every recorder with footage, every store, and this host's own disks where they report anything."""
    kept_on = {c.camera.device for c in site.cameras if c.recorded and not c.store}
    findings = [
        _disks_of(check, facts, f"device:{device.id}", online.key_of_device(site, device))
        for device in site.devices
        if device.id in kept_on
    ]
    findings += [_store(check, site, facts, store) for store in site.stores]
    own = facts.one("site", Disks)
    return (*findings, _disks(check, "site", own)) if own is not None and own.disks else tuple(findings)


def _store(check: Check, site: Site, facts: Facts, store: Store) -> Finding:
    """Judge a store: its disk first, then its implausible contents."""
    subject = f"device:{store.id}"
    of_disk = _disks_of(check, facts, subject, "")
    found = [
        (trouble, camera.camera.id)
        for camera in site.cameras
        if camera.store == store.id and (index := facts.one(f"camera:{camera.camera.id}", StoreIndex)) is not None
        for trouble in index.troubles
    ]
    if of_disk.status != "pass" or not found:
        return of_disk
    evidence: dict[str, Json] = {
        **of_disk.evidence,
        "troubles": [
            {"camera": camera, "kind": trouble.kind, "times": trouble.times, "first": trouble.first}
            for trouble, camera in found[:TROUBLES_MAX]
        ],
    }
    for kind, message in TROUBLES.items():
        own = [(trouble, camera) for trouble, camera in found if trouble.kind == kind]
        if own:
            times = sum(trouble.times for trouble, _ in own)
            told = Message(message.template, {"count": times, "camera": own[0][1], "first": own[0][0].first})
            status: Status = "unknown" if kind == "forbidden" else "warn"
            return check.finding(subject, status, f"store-{kind}", evidence, told)
    return check.finding(subject, "pass", "", evidence, of_disk.message)


def _disks_of(check: Check, facts: Facts, subject: str, cause: str) -> Finding:
    disks = facts.one(subject, Disks)
    if disks is not None and disks.disks:
        return _disks(check, subject, disks)
    if disks is not None:
        message = Message("it lists no disk, yet footage is to be kept on it: put one in, or correct the configuration")
        return check.finding(subject, "fail", "no-disk", {}, message)
    why = facts.why_not(subject, "disks")
    if why.reason in ("unsupported", "not-looked-at"):
        message = Message("it does not tell how its disks are")
        return check.finding(subject, "not_applicable", "not-told", {}, message)
    message = Message("how its disks are could not be read ({reason})", {"reason": why.reason})
    evidence: dict[str, Json] = {"detail": why.detail} if why.detail else {}
    return check.finding(subject, "unknown", why.reason, evidence, message, cause)


def _disks(check: Check, subject: str, disks: Disks) -> Finding:
    evidence: dict[str, Json] = {"disks": [_row(disk) for disk in disks.disks]}
    by_state = {disk.state: disk for disk in reversed(disks.disks)}
    for state, message in BAD.items():
        if state in by_state:
            named = Message(message.template, {"name": by_state[state].name})
            return check.finding(subject, "fail", f"disk-{state}", evidence, named)
    if "failing" in by_state:
        message = Message("disk {name} warns that it will fail: replace it now", {"name": by_state["failing"].name})
        return check.finding(subject, "warn", "disk-failing", evidence, message)
    locked = next((disk for disk in disks.disks if disk.writable is False), None)
    if locked is not None and not any(disk.writable for disk in disks.disks):
        message = Message("no disk may be written to, {name} among them: look at their settings", {"name": locked.name})
        return check.finding(subject, "fail", "disk-locked", evidence, message)
    unsure = by_state.get("formatting") or by_state.get("unknown")
    if unsure is not None:
        message = Message(
            "disk {name} is in a state that is not known ({word})", {"name": unsure.name, "word": unsure.word}
        )
        return check.finding(subject, "unknown", f"disk-{unsure.state}", evidence, message)
    roomless = next((disk for disk in disks.disks if disk.capacity_bytes == 0), None)
    if roomless is not None:
        message = Message("disk {name} says that it is in order and has no room at all", {"name": roomless.name})
        return check.finding(subject, "unknown", "disk-without-room", evidence, message)
    message = Message("{count} disk(s) in order", {"count": len(disks.disks)})
    return check.finding(subject, "pass", "", evidence, message)


def _row(disk: Disk) -> dict[str, Json]:
    return {name: getattr(disk, name) for name in ("name", "state", "word", "capacity_bytes", "free_bytes", "model")}


STORAGE = Check("storage-health", run_storage, "major", ORDER_799_OPERATION, "What footage is written to is in order.")
