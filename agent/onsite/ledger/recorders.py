"""Groups rows by the name of their recorder, so that its address is needed once: in a row, a sheet, or an answer.

Pure. Rows whose recorder has no address yet are read at the camera's own address where they have one; else the missing
address is one mistake for all of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.model.errors import UsageError
from agent.model.finding import Json, Message
from agent.onsite.ledger import values
from agent.onsite.ledger.devices import known_cameras, same_name
from agent.onsite.ledger.rows import Entry, Problem
from agent.onsite.ledger.tables import Tables, tables_of

PLACE: Final = ("recorder_address", "recorder_port")


@dataclass(frozen=True, slots=True)
class UnknownRecorder:
    """A recorder that rows name and nothing has an address of; `entry` is its first row, `count` its rows."""

    name: str
    entry: Entry
    count: int


@dataclass(frozen=True, slots=True)
class Named:
    """Rows with what is known of their recorders; `unknown` recorders' rows are not among them."""

    entries: tuple[Entry, ...]
    unknown: tuple[UnknownRecorder, ...]
    remarks: tuple[Message, ...]


def parse_said(texts: Iterable[str]) -> dict[str, str]:
    """Parse `--recorder NAME=ADDRESS`. Raises UsageError."""
    found = {}
    for text in texts:
        name, equals, address = text.rpartition("=")
        if not equals or not name.strip():
            raise UsageError('--recorder "{text}": write it as --recorder "NAME=ADDRESS"', text=text)
        try:
            found[same_name(name)] = values.address(address)
        except values.Refused as refused:
            raise UsageError('--recorder "{text}": the address {message}', text=text, message=refused.message) from None
    return found


def with_addresses(entries: Iterable[Entry], said: Mapping[str, str]) -> tuple[Entry, ...]:
    """Fill in the addresses of recorders that a person said, by their names as `parse_said` writes them."""
    return tuple(
        replace(entry, values={"recorder_address": said[_name(entry)], **entry.values})
        if _name(entry) in said
        else entry
        for entry in entries
    )


def grouped_by_name(entries: Sequence[Entry], site: Tables) -> Named:
    """Fill in what is known of each recorder that rows name, and list those without an address.

    Known are the address in another row of the same name, and the device of the site's file through which all cameras
    of the name that it knows are read. A camera with an address that no other row has is read by itself, on its only
    channel.
    """
    addresses = _addresses(entries)
    devices = _devices(entries, site)
    own = Counter(entry.values.get("address") for entry in entries)
    found: list[Entry] = []
    unknown: dict[str, list[Entry]] = {}
    alone: dict[str, list[Entry]] = {}
    for entry in entries:
        name = _name(entry)
        if not name or {"recorder_address", "device_id"} & entry.values.keys():
            found.append(entry)
        elif len(addresses.get(name, ())) == 1:
            found.append(replace(entry, values={**dict(next(iter(addresses[name]))), **entry.values}))
        elif name in devices:
            found.append(replace(entry, values={**entry.values, "device_id": devices[name]}))
        elif own[entry.values.get("address")] == 1 and "address" in entry.values:
            alone.setdefault(name, []).append(entry)
            kept = {key: value for key, value in entry.values.items() if key != "channel"}
            found.append(replace(entry, values=kept))
        elif "address" in entry.values:
            found.append(entry)
        elif not entry.refused & {"recorder_address", "address"}:
            unknown.setdefault(name, []).append(entry)
    remarks = tuple(
        Message(
            'recorder {name} has no address: its cameras ({count}) are read by themselves; --recorder "{name}=ADDRESS" '
            "reads them through it",
            {"name": str(rows[0].values["recorder"]), "count": len(rows)},
        )
        for rows in alone.values()
    )
    listed = tuple(UnknownRecorder(str(rows[0].values["recorder"]), rows[0], len(rows)) for rows in unknown.values())
    return Named(tuple(found), listed, remarks)


def no_address(recorder: UnknownRecorder) -> Problem:
    """Return the one mistake about a recorder without an address: no row can be left out for it."""
    said = Message(
        'recorder {name} has no address (cameras behind it: {count}): --recorder "{name}=ADDRESS", or fill in '
        "录像机IP in one of its rows",
        {"name": recorder.name, "count": recorder.count},
    )
    return Problem(recorder.entry.where("recorder"), 0, said)


def _addresses(entries: Iterable[Entry]) -> dict[str, set[tuple[tuple[str, Json], ...]]]:
    """Return what rows say of the address of each recorder, by its name."""
    found: dict[str, set[tuple[tuple[str, Json], ...]]] = {}
    for entry in entries:
        if _name(entry) and "recorder_address" in entry.values:
            place = tuple((key, entry.values[key]) for key in PLACE if key in entry.values)
            found.setdefault(_name(entry), set()).add(place)
    return found


def _devices(entries: Sequence[Entry], site: Tables) -> dict[str, str]:
    """Return the device of the site's file for each name whose known cameras are all read through one."""
    ids = {str(device["id"]) for device in tables_of(site, "device")}
    reads: dict[str, set[str]] = {}
    for entry, camera in known_cameras(entries, site):
        if _name(entry):
            reads.setdefault(_name(entry), set()).add(str(camera["device"]))
    return {name: next(iter(found)) for name, found in reads.items() if len(found) == 1 and found <= ids}


def _name(entry: Entry) -> str:
    return same_name(str(entry.values.get("recorder", "")))
