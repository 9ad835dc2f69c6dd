"""Checks the health of the disks that footage is written to, as they report it themselves.

A full disk is healthy: recorders write in a ring. `retention.py` judges retention.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.checks.devices.whole_list import whole_list
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import ORDER_799_OPERATION
from agent.model.finding import Finding, Ground, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from drivers.footage import Disk, Disks, DiskState, Store, StoreIndex, StoreTrouble, TroubleKind

BAD: dict[DiskState, Message] = {
    "failed": Message("disk {name} has failed: replace it"),
    "unformatted": Message("disk {name} is not formatted, so nothing is written to it: set it up or take it out"),
    "mismatched": Message("disk {name} was set up in another recorder: set it up or take it out"),
}
"""States in which a disk holds no new footage."""

NETWORK_KINDS: Final = frozenset({"NAS", "NFS", "SMB", "CIFS", "SMB/CIFS", "ISCSI", "IP SAN"})
"""Kinds of stores behind a network, by ISAPI's `nasType`; upper case."""
OFFLINE: Final = "offline"
"""ISAPI's word for a disk that is gone, and for a network store that is not reached, which is no broken disk."""

WORST_FIRST: tuple[DiskState, ...] = (*BAD, "failing", "formatting", "unknown", "ok")


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
    "written-later": Message(
        "{count} segment(s) were written more than two days after the time in their name, the first of {camera} is "
        "{first}: if the store was copied, copy it again with its times (rsync --times); else look what they show"
    ),
    "forbidden": Message(
        "{count} folder(s) or file(s) may not be read, the first of {camera} is {first}: give the user camwarden the "
        "right"
    ),
}
"""Reported troubles of a store, the worst first.

`recording-completeness` reports a recorder that stopped; files of other names, or missing in a database, are in the
evidence only.
"""

UNPROVEN_ONLY: frozenset[TroubleKind] = frozenset({"written-later", "forbidden"})
"""Troubles that leave open what a store holds: no fault of its disk."""

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
    return (*findings, _disks(check, facts, "site", own)) if own is not None and own.disks else tuple(findings)


def _store(check: Check, site: Site, facts: Facts, store: Store) -> Finding:
    """Judge a store: its disk first, then its implausible contents."""
    subject = f"device:{store.id}"
    disks = facts.one(subject, Disks)
    if disks is None or not disks.disks:
        return _disks_of(check, facts, subject, "")
    found = [
        (trouble, camera.camera.id)
        for camera in site.cameras
        if camera.store == store.id and (index := facts.one(f"camera:{camera.camera.id}", StoreIndex)) is not None
        for trouble in index.troubles
    ]
    troubles: list[Json] = [
        {"camera": camera, "kind": trouble.kind, "times": trouble.times, "first": trouble.first}
        for trouble, camera in found[:TROUBLES_MAX]
    ]
    return _disks(check, facts, subject, disks, _contents(facts, site, store, found), troubles)


def _contents(facts: Facts, site: Site, store: Store, found: list[tuple[StoreTrouble, str]]) -> Iterator[Outcome]:
    """Yield one obligation for each kind of trouble that a store can report; none where nothing was indexed."""
    cameras = [f"camera:{camera.camera.id}" for camera in site.cameras if camera.store == store.id]
    read = grounds(one for camera in cameras for one in facts.observed(camera, StoreIndex))
    for kind, message in TROUBLES.items():
        own = [(trouble, camera) for trouble, camera in found if trouble.kind == kind]
        if own:
            times = sum(trouble.times for trouble, _ in own)
            told = Message(message.template, {"count": times, "camera": own[0][1], "first": own[0][0].first})
            if kind in UNPROVEN_ONLY:
                yield Open(kind, f"store-{kind}", told)
            else:
                yield Broken(kind, f"store-{kind}", told, mild=True)
        elif read:
            yield Held(kind, read)


def _disks_of(check: Check, facts: Facts, subject: str, cause: str) -> Finding:
    disks = facts.one(subject, Disks)
    if disks is not None and disks.disks:
        return _disks(check, facts, subject, disks)
    if disks is not None:
        message = Message("it lists no disk, yet footage is to be kept on it: put one in, or correct the configuration")
        return check.finding(subject, "fail", "no-disk", {}, message)
    why = facts.why_not(subject, "disks")
    if why.reason in ("unsupported", "not-looked-at"):
        message = Message("it does not tell how its disks are")
        return waiting(check, subject, "device", "disks-not-told", message)
    message = Message("how its disks are could not be read ({reason})", {"reason": why.reason})
    evidence: dict[str, Json] = {"detail": why.detail} if why.detail else {}
    return check.finding(subject, "unknown", why.reason, evidence, message, cause)


def _disks(
    check: Check,
    facts: Facts,
    subject: str,
    disks: Disks,
    contents: Iterable[Outcome] = (),
    troubles: Sequence[Json] = (),
) -> Finding:
    """Judge disks, each of which is an obligation, then what is on them."""
    evidence: dict[str, Json] = {"disks": [_row(disk) for disk in disks.disks]}
    if troubles:
        evidence["troubles"] = troubles
    seen = grounds(facts.observed(subject, Disks))
    writable = any(disk.writable for disk in disks.disks)
    each = sorted(enumerate(disks.disks), key=lambda one: WORST_FIRST.index(one[1].state))
    outcomes = (_disk(f"disk {number} {disk.name}", disk, writable, seen) for number, disk in each)
    message = Message("{count} disk(s) in order", {"count": len(disks.disks)})
    return verdict(check, subject, (*outcomes, whole_list(facts, subject, Disks), *contents), evidence, message)


def _disk(key: str, disk: Disk, any_writable: bool, seen: tuple[Ground, ...]) -> Outcome:
    """Return how one disk is, by its own word. `any_writable`: footage can be written to this or another one."""
    named: dict[str, str] = {"name": disk.name}
    if disk.state == "failed" and disk.word.lower() == OFFLINE and disk.kind.upper() in NETWORK_KINDS:
        return Broken(key, "store-offline", Message(
            "the recorder does not reach network store {name}: check its power, its network and its login in the "
            "recorder", named))  # fmt: skip
    if disk.state in BAD:
        return Broken(key, f"disk-{disk.state}", Message(BAD[disk.state].template, named))
    if disk.state == "failing":
        message = Message("disk {name} warns that it will fail: replace it now", named)
        return Broken(key, "disk-failing", message, mild=True)
    if disk.writable is False and not any_writable:
        message = Message("no disk may be written to, {name} among them: look at their settings", named)
        return Broken(key, "disk-locked", message)
    if disk.state != "ok":
        message = Message("disk {name} is in a state that is not known ({word})", {**named, "word": disk.word})
        return Open(key, f"disk-{disk.state}", message)
    if disk.capacity_bytes == 0:
        message = Message("disk {name} says that it is in order and has no room at all", named)
        return Open(key, "disk-without-room", message)
    return Held(key, seen)


def _row(disk: Disk) -> dict[str, Json]:
    return {name: getattr(disk, name) for name in ("name", "state", "word", "capacity_bytes", "free_bytes", "model")}


STORAGE = Check("storage-health", run_storage, "major", ORDER_799_OPERATION, "What footage is written to is in order.")
