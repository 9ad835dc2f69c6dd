"""Checks that what was filed with the police still holds: number of cameras, storage period, devices.

Two sources: the declared numbers, and the last filing made from here (`agent/observe/facts/filed_file.py`), which takes
precedence. Firmware is not compared: its changes are another finding.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.claim import Held, declared, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.declared_words import (
    EVIDENCE_MAX,
    FOLDED,
    NAMED_MAX,
    DeclaredDuties,
    declared_duties,
    name_list,
)
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Message, first_of
from agent.observe.facts.facts import Facts
from agent.observe.facts.filed_system import FiledDevice, Filing
from agent.observe.footage.days import floor_of
from agent.observe.inventory.device_identity import cause_of_all
from agent.site.config.site import Site
from agent.site.declarations.words import duties_listed, duty_word
from drivers.model import Identity

CAMERAS: Final = "filed-cameras"
STORAGE: Final = "filed-storage-days"
FACTS_ID: Final = "filing-facts-match"


def run_facts(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Compare the filed numbers with the configured site."""
    found = declared_duties(check, site, now, CAMERAS, STORAGE, "legal-unit")
    if isinstance(found, Finding):
        return (found,)
    cameras, days = found.value(CAMERAS), found.value(STORAGE)
    due = due_days(site)
    told: dict[str, Json] = {"cameras": len(site.cameras), "due_days": due}
    if isinstance(cameras, int | float) and cameras != len(site.cameras):
        message = Message(
            "{filed} cameras were filed, and {count} are there",
            {"filed": cameras, "count": len(site.cameras)},
            next_step="file the change, or correct what is declared",
        )
        return (found.finding("fail", "cameras-differ", message, told),)
    if isinstance(days, int | float) and days < due:
        message = Message(
            "a storage period of {filed} days was filed, and {due} days are due here",
            {"filed": days, "due": due},
            next_step="file the change",
        )
        return (found.finding("fail", "storage-differs", message, told),)
    if (open_ := found.open()) is not None:
        return (open_,)
    if isinstance(days, int | float) and days > due:
        message = Message(
            "a storage period of {filed} days was filed, and footage is only held against {due}",
            {"filed": days, "due": due},
            next_step="write retention_floor_days = {filed} under [policy]",
        )
        return (found.finding("warn", "storage-unchecked", message, told),)
    return (found.counts(Message("what was filed is what is there"), told),)


def run_change(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether something changed since the last filing and must be filed."""
    found = declared_duties(check, site, now, CAMERAS, STORAGE)
    if isinstance(found, Finding):
        return (found,)
    if any(one.reason for one in found.due):
        return (found.open() or _nothing_filed(found),)
    if facts.filed is not None:
        return (_changed(site, found, facts.filed),)
    if (open_ := found.open()) is not None:
        return (open_,)
    differ = [name for name, now_is in ((CAMERAS, len(site.cameras)), (STORAGE, due_days(site)))
              if found.value(name) != now_is]  # fmt: skip
    if not differ:
        return (found.counts(Message("nothing that was filed has changed"), {"basis": "declared"}),)
    message = Message(
        "what was filed has changed ({what})", {"what": duties_listed(differ)}, next_step="file the change"
    )
    cause = f"{FACTS_ID} site"
    return (found.finding("warn", "changed", message, {"basis": "declared", "changed": differ}, cause),)


def _changed(site: Site, found: DeclaredDuties, filed: Filing) -> Finding:
    cameras, devices = {c.camera.id for c in site.cameras}, {d.id for d in site.devices}
    filed_devices = {d.id for d in filed.devices}
    new = sorted((cameras - set(filed.cameras)) | (devices - filed_devices))
    gone = sorted((set(filed.cameras) - cameras) | (filed_devices - devices))
    period = [STORAGE] if filed.storage_days != due_days(site) else []
    told: dict[str, Json] = {
        "basis": "filing",
        "filed_at": filed.at.isoformat(),
        "signed_by": filed.kid or None,
        "new": new[:EVIDENCE_MAX],
        "gone": gone[:EVIDENCE_MAX],
        "changed": period,
    }
    if not (new or gone or period):
        same = Held("filed", declared("site", "filing"))
        return verdict(found.check, "site", [same], found.evidence(told), Message("nothing that was filed has changed"))
    which = [*(f"+{one}" for one in new), *(f"-{one}" for one in gone), *map(duty_word, period)]
    message = Message(
        "what was filed has changed ({what})", {"what": first_of(which, NAMED_MAX)}, next_step="file the change"
    )
    # The declared numbers tell the same of cameras and period; a swapped device only the list does.
    counted = bool(period) or len(cameras) != len(filed.cameras)
    return found.finding("warn", "changed", message, told, f"{FACTS_ID} site" if counted else "")


def run_list(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Compare each device with the model and serial number it was filed with."""
    found = declared_duties(check, site, now, "paper-device-list")
    if isinstance(found, Finding):
        return (found,)
    if facts.filed is None:
        return (_nothing_filed(found),)
    other, unread = [], []
    filed = {one.id: one for one in facts.filed.devices}
    for device in site.devices:
        seen = facts.one(f"device:{device.id}", Identity)
        if device.id not in filed:
            other.append(device.id)
        elif seen is None:
            unread.append(device.id)
        elif _differs(filed[device.id], seen):
            other.append(device.id)
    other += sorted(set(filed) - {device.id for device in site.devices})
    told: dict[str, Json] = {
        "filed_at": facts.filed.at.isoformat(),
        "signed_by": facts.filed.kid or None,
        "differ_count": len(other),
        "differ": other[:EVIDENCE_MAX],
        "unread": unread[:EVIDENCE_MAX],
    }
    if other:
        message = Message(
            "{count} devices are not those of the filed list ({devices})",
            {"count": len(other), "devices": name_list(other)},
            next_step="file the change",
        )
        return (found.finding("fail", "differ", message, told, cause_of_all(site, facts, other)),)
    if unread:
        message = Message(
            "whether they are the filed ones could not be read of {count} devices ({devices})",
            {"count": len(unread), "devices": name_list(unread)},
        )
        cause = next(online.key_of_device(site, d) for d in site.devices if d.id == unread[0])
        return (found.finding("unknown", "not-read", message, told, cause),)
    same = (
        Held(f"filed {device.id}", grounds(facts.observed(f"device:{device.id}", Identity))) for device in site.devices
    )
    return (found.counts(Message("the devices are those of the filed list"), told, *same),)


def _differs(filed: FiledDevice, seen: Identity) -> bool:
    return any(a and a != b for a, b in ((filed.model, seen.model), (filed.serial, seen.serial)))


def _nothing_filed(found: DeclaredDuties) -> Finding:
    message = Message("what was filed is not known here, so nothing can be held against it")
    return found.finding("unknown", "nothing-filed", message, caused_by=FOLDED)


def due_days(site: Site) -> int:
    """Return the longest retention floor of the site, in days."""
    recorded: Iterator[int] = (floor_of(site, camera).days for camera in site.cameras if camera.recorded)
    return max(recorded, default=site.policy.retention_floor_days)


FACTS = ruled(FACTS_ID, run_facts)
CHANGE = ruled("filing-change-pending", run_change)
DEVICE_LIST = ruled("filing-device-list-match", run_list)
