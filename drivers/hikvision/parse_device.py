"""Parses ISAPI's answers on the device itself: identity, time, protocols, accounts, disks. Pure."""

import re
from dataclasses import dataclass

from lxml import etree

from drivers.details import Account, Accounts
from drivers.errors import Malformed
from drivers.footage import Disk, Disks, DiskState, Protocol, Protocols
from drivers.hikvision.reply import child, rows, text_in, truth, whole
from drivers.hikvision.times import Stamp, stamp
from drivers.http.xml_answer import elements, name_of, set_aside, skipped
from drivers.model import Identity

MIB = 1024 * 1024
"""The unit of capacities. An 8 TB disk, 8 001 563 222 016 bytes by its makers' rule, is reported as 7630885."""

UPTIME_MAX_S = 20 * 366 * 86_400
"""Nothing has been up for longer."""

LEVELS = {"administrator": "Administrator", "operator": "Operator", "viewer": "User"}
"""Levels of accounts in ONVIF's words."""

_DISK_STATES: dict[str, DiskState] = {
    "ok": "ok", "normal": "ok", "sleeping": "ok", "sleep": "ok", "idle": "ok",
    "error": "failed", "abnormal": "failed", "offline": "failed", "smartfailed": "failing",
    "unformatted": "unformatted", "unformated": "unformatted", "uninitialized": "unformatted",
    "mismatch": "mismatched", "formatting": "formatting",
}  # fmt: skip
_GHOST = "notexist"
_SMART_BAD = re.compile(r"error|fail|bad|abnormal|fault", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """The type that a device reports; `kind` in its own word: IPCamera, IPDome, NVR, DVR, ..."""

    identity: Identity
    kind: str


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """The time of a device's clock. `mode` is its time source, in its own word; empty where not reported."""

    stamp: Stamp
    mode: str = ""


def device_info(root: etree._Element) -> DeviceKind:
    """Read a DeviceInfo. Raises Malformed where it names neither model nor serial."""
    model, serial = text_in(root, "model"), text_in(root, "serialNumber")
    if not model and not serial:
        raise Malformed("the device names neither its model nor its serial number")
    firmware = " ".join(
        text for text in (text_in(root, "firmwareVersion"), text_in(root, "firmwareReleasedDate")) if text
    )
    identity = Identity(text_in(root, "manufacturer"), model, firmware, serial, text_in(root, "hardwareVersion"))
    return DeviceKind(identity, text_in(root, "deviceType"))


def device_time(root: etree._Element) -> DeviceTime:
    """Read a Time. Raises Malformed."""
    return DeviceTime(stamp(text_in(root, "localTime")), text_in(root, "timeMode"))


def uptime_s(root: etree._Element) -> int:
    """Read how many seconds the device has been up, out of a DeviceStatus. Raises Malformed."""
    up_s = whole(text_in(root, "deviceUpTime"))
    if up_s is None or not 0 <= up_s <= UPTIME_MAX_S:
        raise Malformed("the device does not say how long it has been up")
    return up_s


_NO_SERVER = ("0.0.0.0", "::", "::1", "localhost")  # noqa: S104 # an unset address, and its own


def ntp_servers(root: etree._Element) -> tuple[str, ...]:
    """Read the addresses of an NTPServerList, without places that are not filled in or that are itself.

    Raises Malformed.
    """
    named = [
        text_in(row, "hostName") or text_in(row, "ipAddress") or text_in(row, "ipv6Address")
        for row in rows(root, "NTPServer")
    ]
    return tuple(host for host in named if host and host not in _NO_SERVER and not host.startswith("127."))


def protocols(root: etree._Element) -> Protocols:
    """Read an AdminAccessProtocolList. Raises Malformed."""
    found = []
    for row in rows(root, "AdminAccessProtocol"):
        name, port = text_in(row, "protocol"), whole(text_in(row, "portNo"))
        if not name:
            raise Malformed("a protocol has no name")
        # Where nothing says that it is off, it is taken to be on: it is what an auditor wants to see.
        found.append(
            Protocol(name, port if port and 0 < port < 65536 else 0, truth(text_in(row, "enabled")) is not False)
        )
    return Protocols(tuple(found))


def accounts(root: etree._Element) -> Accounts:
    """Read names and levels of a UserList. Raises Malformed."""
    found = []
    for row in rows(root, "User"):
        name, level = text_in(row, "userName"), text_in(row, "userLevel")
        if not name:
            raise Malformed("an account has no name")
        found.append(Account(name, LEVELS.get(level.lower(), level)))
    return Accounts(tuple(found))


def disks(root: etree._Element) -> Disks:
    """Parse a storage document: disks and network stores in use.

    Disks that were taken out (`notexist`) are left out. No space left is no fault: a healthy recorder is full.

    Raises:
        Malformed: No list of disks, or a row that cannot be parsed.
    """
    hdds, stores = child(root, "hddList"), child(root, "nasList")
    if hdds is None and stores is None:
        raise Malformed("there is neither a list of disks nor one of network stores")
    found = [_disk(row, "hdd") for row in _storage_rows(hdds, "hdd")]
    found += [_disk(row, "nas") for row in _storage_rows(stores, "nas")]
    mode = text_in(root, "workMode").lower()
    quota = mode == "quota" if mode else None
    return Disks(tuple(disk for disk in found if disk.word.lower() != _GHOST), quota)


def _storage_rows(listed: etree._Element | None, name: str) -> list[etree._Element]:
    """Return what a list holds of disks or network stores in use, whatever its name, and set the rest aside.

    Cameras list other elements beside `nas` and slots of network stores without an address, as "offline" or without any
    state. What tells a state and where it is, is a store, also under a name that is not known.
    """
    found = []
    for row in [] if listed is None else elements(listed):
        if name_of(row) != name and child(row, "status") is None:
            set_aside(row)
        elif name == "hdd" or not _is_free_slot(row):
            found.append(row)
    if name == "hdd" and listed is not None and not found and skipped(listed):
        raise Malformed("the list of disks holds something other than disks")
    return found


def _is_free_slot(row: etree._Element) -> bool:
    address, path = text_in(row, "ipAddress"), text_in(row, "path").strip("/")
    named = text_in(row, "hostName") or text_in(row, "ipv6Address").strip(":")
    return address in ("", "0.0.0.0") and not path and not named  # noqa: S104 # no address to listen on


def smart_warns(root: etree._Element) -> bool:
    """Return whether a disk's own test warns, by two judgements misspelt on the wire. Raises Malformed without both."""
    words = [text_in(root, f"{which}Evalua{middle}Status") for which in ("self", "all") for middle in ("ing", "ting")]
    if not any(words):
        raise Malformed("the test of the disk judges nothing")
    return any(_SMART_BAD.search(word) for word in words)


def _disk(row: etree._Element, element: str) -> Disk:
    word = text_in(row, "status")
    if not word:
        raise Malformed(f"a {element} does not tell its state")
    place = "/".join(text.strip("/") for text in (text_in(row, "ipAddress"), text_in(row, "path")) if text)
    access = text_in(row, "property").lower()
    return Disk(
        name=text_in(row, "id") if element == "hdd" else place or text_in(row, "id"),
        kind=text_in(row, "hddType") or text_in(row, "nasType") or element.upper(),
        state=_DISK_STATES.get(word.lower(), "unknown"),
        word=word,
        capacity_bytes=_bytes(text_in(row, "capacity")),
        free_bytes=_bytes(text_in(row, "freeSpace")),
        writable={"rw": True, "ro": False, "redundancy": True, "redundant": True}.get(access),
        model=text_in(row, "hddModel"),
        serial=text_in(row, "hddSerialNumber"),
    )


def _bytes(text: str) -> int | None:
    number = whole(text)
    return number * MIB if number is not None and 0 <= number < 2**40 else None
