"""Compares a ledger with the site's file and with what was observed of its devices. Pure.

One difference is reported once: two cameras that were exchanged are one line, and so is one that moved.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from agent.model.finding import Json, Message
from agent.onsite.ledger.changes import changes, left_over
from agent.onsite.ledger.columns import KEY_AT, SEEN
from agent.onsite.ledger.declared import TABLE, in_force
from agent.onsite.ledger.declared import answer_of as word_of
from agent.onsite.ledger.rows import Entry
from agent.onsite.ledger.seen import Equipment, ObservedEquipment
from agent.onsite.ledger.sites import PlannedCamera, SitePlan
from agent.onsite.ledger.tables import Tables, tables_of

Kind = Literal["refused", "duplicate", "missing", "extra", "swapped", "moved", "differs"]

_MOVES: Final = ("address", "http_port", "channel", "device_id")
"""What says where a camera is found."""
SERIAL_MIN_CHARS: Final = 8
"""A shorter end of a serial number may be that of any device."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: between `ledger` and `other`, the value of `key` there; `against` is the file or the observation.

    `row` is that of the ledger, 0 where it has none; `where` its cell. `subject` is `camera:ID` or the like.
    """

    kind: Kind
    against: Literal["ledger", "site", "seen"]
    subject: str
    row: int
    where: str
    key: str
    ledger: Json
    other: Json
    message: Message


def compare(
    entries: Sequence[Entry], plan: SitePlan, site: Tables, seen: ObservedEquipment | None, today: date
) -> tuple[Difference, ...]:
    """List every difference, in the order of the ledger; those without a row last.

    `site` is the site as configured, empty where there is none; `seen` its observed equipment, None where nobody
    looked. Declarations must count on `today`, a local day.
    """
    found = [
        Difference("refused", "ledger", "", one.row, one.where, "", None, None, one.message) for one in plan.problems
    ]
    found += _duplicates(entries, plan)
    if site:
        found += _against_site(plan, site, today)
    if seen is not None:
        found += _against_seen(plan, seen)
    return tuple(sorted(found, key=lambda one: (one.row == 0 and one.kind == "extra", one.row)))


def _duplicates(entries: Sequence[Entry], plan: SitePlan) -> list[Difference]:
    """Find values in two rows that can belong to one camera only; codes and ids are refused before this."""
    ids = {camera.entry.row: f"camera:{camera.id}" for camera in plan.cameras}
    found = []
    for key in ("mac", "serial", "address"):
        firsts: dict[str, Entry] = {}
        for entry in entries:
            value = str(entry.values.get(key, ""))
            if not value or (key == "address" and "channel" in entry.values and "recorder_address" not in entry.values):
                continue  # channels of one recorder have its address
            first = firsts.setdefault(value.lower(), entry)
            if first is not entry:
                said = Message(
                    "{key} {value} stands in {where} too", {"key": key, "value": value, "where": first.where(key)}
                )
                subject, where = ids.get(entry.row, ""), entry.where(key)
                found.append(Difference("duplicate", "ledger", subject, entry.row, where, key, value, first.row, said))
    return found


def _against_site(plan: SitePlan, site: Tables, today: date) -> list[Difference]:
    rows = {camera.id: camera for camera in plan.cameras}
    of_device: dict[str, PlannedCamera] = {}
    for camera in plan.cameras:
        of_device.setdefault(str(camera.table["device"]), camera)
    found: list[Difference] = []
    for change in changes(plan, site):
        kind, _, id_ = change.subject.partition(":")
        owner = rows.get(id_) if kind == "camera" else of_device.get(id_)
        key = KEY_AT.get(f"{kind}.{change.key}", "device_id")
        row, where = (owner.entry.row, owner.entry.where(key)) if owner else (0, "")
        if isinstance(change.after, Mapping):
            if kind == "camera":  # a device that is missing is told by its cameras
                said = Message("stands in the ledger and not in site.toml: camwarden ledger import adds it")
                found.append(Difference("missing", "site", change.subject, row, where, "", id_, None, said))
            continue
        said = Message(
            "{key} is {ledger} in the ledger and {other} in site.toml",
            {"key": key, "ledger": _value_text(change.after), "other": _value_text(change.before)},
        )
        what: Kind = "moved" if key in _MOVES else "differs"
        found.append(Difference(what, "site", change.subject, row, where, key, change.after, change.before, said))
    words = in_force(tables_of(site, "declaration"), tables_of(site, "group"), today)
    for camera in plan.cameras:
        for duty, answer in camera.declared.items():
            before = word_of(words, camera.id, duty)
            if before is not None and before != answer:
                key = KEY_AT[f"{TABLE}.{duty}"]
                said = Message(
                    "{key} is {ledger} in the ledger and {other} in site.toml",
                    {"key": key, "ledger": _value_text(answer), "other": _value_text(before)},
                )
                row, where = camera.entry.row, camera.entry.where(key)
                found.append(
                    Difference("differs", "site", f"camera:{camera.id}", row, where, key, answer, before, said)
                )
    names = {str(camera["id"]): str(camera.get("name", "")) for camera in tables_of(site, "camera")}
    for id_ in left_over(plan, site):
        said = Message("stands in site.toml and not in the ledger: add a row, or take it out of site.toml")
        found.append(Difference("extra", "site", f"camera:{id_}", 0, "", "", None, names.get(id_) or id_, said))
    return found


def _against_seen(plan: SitePlan, seen: ObservedEquipment) -> list[Difference]:
    found: list[Difference] = []
    owners = _owners(plan)
    told: set[str] = set()
    for camera in plan.cameras:
        row, subject = camera.entry, f"camera:{camera.id}"
        there = seen.cameras.get(camera.id)
        if there is None:
            said = Message("was not seen: look at it with camwarden check")
            found.append(
                Difference(
                    "missing", "seen", subject, row.row, row.where("address"), "", camera.own_address, None, said
                )
            )
            continue
        marks = {mark for mark in _marks(there) if owners.get(mark, camera.id) != camera.id}
        other = next((owners[mark] for mark in sorted(marks)), "")
        if other:
            if camera.id in told:
                continue
            back = seen.cameras.get(other)
            is_swapped = back is not None and any(owners.get(mark) == camera.id for mark in _marks(back))
            told |= {camera.id, other} if is_swapped else {camera.id}
            said = (
                Message(
                    "was exchanged with camera {other}: each is where the ledger has the other one", {"other": other}
                )
                if is_swapped
                else Message("camera {other} of the ledger is in its place", {"other": other})
            )
            kind: Kind = "swapped" if is_swapped else "moved"
            found.append(Difference(kind, "seen", subject, row.row, row.where("serial"), "", camera.id, other, said))
            continue
        found += _values(camera, there)
    found += _unlisted(plan, seen, owners)
    return found


def _values(camera: PlannedCamera, there: Equipment) -> list[Difference]:
    found = []
    for key in ("address", *SEEN):
        ledger = camera.own_address if key == "address" else str(camera.entry.values.get(key, ""))
        other = there.text(key)
        if not ledger or not other or _is_same(key, ledger, there):
            continue
        said = Message(
            "{key} is {ledger} in the ledger, and the device says {other}",
            {"key": key, "ledger": ledger, "other": other},
        )
        kind: Kind = "moved" if key == "address" else "differs"
        row = camera.entry
        found.append(Difference(kind, "seen", f"camera:{camera.id}", row.row, row.where(key), key, ledger, other, said))
    return found


def _unlisted(plan: SitePlan, seen: ObservedEquipment, owners: Mapping[str, str]) -> list[Difference]:
    """Find unlisted answers: a camera of the ledger under a new address, or one that is in no row."""
    listed = {camera.own_address for camera in plan.cameras} | {str(device["host"]) for device in plan.devices}
    rows = {camera.id: camera.entry for camera in plan.cameras}
    found = []
    for one in seen.strangers:
        owner = next((owners[mark] for mark in _marks(one) if mark in owners), "")
        if owner:
            said = Message("answers at {address} now", {"address": one.address})
            row = rows[owner]
            found.append(
                Difference(
                    "moved",
                    "seen",
                    f"camera:{owner}",
                    row.row,
                    row.where("address"),
                    "address",
                    row.values.get("address"),
                    one.address,
                    said,
                )
            )
        elif one.address not in listed:
            said = Message("{address} answers and stands in no row of the ledger", {"address": one.address})
            found.append(Difference("extra", "seen", "site", 0, "", "address", None, one.address, said))
    return found


def _owners(plan: SitePlan) -> dict[str, str]:
    """Return the camera that each serial number and MAC of the ledger belongs to, those of two rows left out."""
    marks = [(mark, camera.id) for camera in plan.cameras for mark in _ledger_marks(camera)]
    count = Counter(mark for mark, _ in marks)
    return {mark: id_ for mark, id_ in marks if count[mark] == 1}


def _ledger_marks(camera: PlannedCamera) -> Iterable[str]:
    return {str(camera.entry.values[key]).lower() for key in ("serial", "mac") if camera.entry.values.get(key)}


def _marks(one: Equipment) -> set[str]:
    return {mark for mark in (one.serial.lower(), *one.macs) if mark}


def _is_same(key: str, ledger: str, there: Equipment) -> bool:
    mine, other = ledger.lower().strip(), there.text(key).lower().strip()
    if key == "mac":
        return mine in there.macs
    if key == "serial":
        # Hikvision writes model and date before what stands on the label.
        short, long = sorted((mine, other), key=len)
        return mine == other or (len(short) >= SERIAL_MIN_CHARS and long.endswith(short))
    return mine == other


def _value_text(value: Json) -> str:
    return "-" if value in (None, "") else str(value)
