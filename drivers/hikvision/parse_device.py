"""Parses ISAPI's answers on the device itself: identity, time, protocols, accounts, disks, upper platforms. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from drivers.details import Account, Accounts
from drivers.errors import Malformed
from drivers.footage import Disk, Disks, DiskState, PlatformServer, Protocol, Protocols
from drivers.hikvision.reply import child, count, need, rows, said, truth, whole
from drivers.hikvision.times import Stamp, stamp
from drivers.model import Identity

MIB = 1024 * 1024
"""The unit of capacities. An 8 TB disk, 8 001 563 222 016 bytes by its makers' rule, is reported as 7630885."""

UPTIME_MAX_S = 20 * 366 * 86_400
"""Nothing has been up for longer."""

LEVELS = {"administrator": "Administrator", "operator": "Operator", "viewer": "User"}
"""Levels of accounts in ONVIF's words."""

_DISK_STATES: dict[str, DiskState] = {
    "ok": "ok", "normal": "ok", "sleeping": "ok", "sleep": "ok", "idle": "ok",
    "error": "failed", "abnormal": "failed", "smartfailed": "failing",
    "unformatted": "unformatted", "unformated": "unformatted", "uninitialized": "unformatted",
    "mismatch": "mismatched", "formatting": "formatting",
}  # fmt: skip
_GHOST = "notexist"
_SMART_BAD = re.compile(r"error|fail|bad|abnormal|fault", re.IGNORECASE)
_REGISTERED = {
    "registered": True, "online": True, "success": True, "true": True,
    "unregistered": False, "notregistered": False, "offline": False, "failed": False, "fail": False, "false": False,
}  # fmt: skip


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
    model, serial = said(root, "model"), said(root, "serialNumber")
    if not model and not serial:
        raise Malformed("the device names neither its model nor its serial number")
    firmware = " ".join(text for text in (said(root, "firmwareVersion"), said(root, "firmwareReleasedDate")) if text)
    identity = Identity(said(root, "manufacturer"), model, firmware, serial, said(root, "hardwareVersion"))
    return DeviceKind(identity, said(root, "deviceType"))


def device_time(root: etree._Element) -> DeviceTime:
    """Read a Time. Raises Malformed."""
    return DeviceTime(stamp(said(root, "localTime")), said(root, "timeMode"))


def uptime_s(root: etree._Element) -> int:
    """Read how many seconds the device has been up, out of a DeviceStatus. Raises Malformed."""
    up_s = whole(said(root, "deviceUpTime"))
    if up_s is None or not 0 <= up_s <= UPTIME_MAX_S:
        raise Malformed("the device does not say how long it has been up")
    return up_s


def ntp_servers(root: etree._Element) -> tuple[str, ...]:
    """Read the addresses of an NTPServerList, without places that are not filled in. Raises Malformed."""
    named = [
        said(row, "hostName") or said(row, "ipAddress") or said(row, "ipv6Address") for row in rows(root, "NTPServer")
    ]
    return tuple(host for host in named if host and host not in ("0.0.0.0", "::"))  # noqa: S104 # an unset address


def protocols(root: etree._Element) -> Protocols:
    """Read an AdminAccessProtocolList. Raises Malformed."""
    found = []
    for row in rows(root, "AdminAccessProtocol"):
        name, port = said(row, "protocol"), whole(said(row, "portNo"))
        if not name:
            raise Malformed("a protocol has no name")
        # Where nothing says that it is off, it is taken to be on: it is what an auditor wants to see.
        found.append(Protocol(name, port if port and 0 < port < 65536 else 0, truth(said(row, "enabled")) is not False))
    return Protocols(tuple(found))


def accounts(root: etree._Element) -> Accounts:
    """Read names and levels of a UserList. Raises Malformed."""
    found = []
    for row in rows(root, "User"):
        name, level = said(row, "userName"), said(row, "userLevel")
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
    found = [_disk(row, "hdd") for row in (rows(hdds, "hdd") if hdds is not None else ())]
    found += [_disk(row, "nas") for row in (rows(stores, "nas") if stores is not None else ())]
    mode = said(root, "workMode").lower()
    quota = mode == "quota" if mode else None
    return Disks(tuple(disk for disk in found if disk.word.lower() != _GHOST), quota)


def smart_warns(root: etree._Element) -> bool:
    """Return whether a disk's own test warns. Raises Malformed where the answer judges nothing.

    Both judgements' names are misspelt on the wire.
    """
    words = [said(root, f"{which}Evalua{middle}Status") for which in ("self", "all") for middle in ("ing", "ting")]
    if not any(words):
        raise Malformed("the test of the disk judges nothing")
    return any(_SMART_BAD.search(word) for word in words)


def platform_servers(root: etree._Element) -> tuple[tuple[int, PlatformServer], ...]:
    """Parse a SIPServerList: the number of each slot for a server, and its content. Raises Malformed.

    Registration is in `status` or `registerStatus`, by firmware; many devices report neither.
    """
    found = []
    for row in rows(root, "SIPServer"):
        number = whole(said(row, "id"))
        if number is None:
            raise Malformed("a SIP server has no number")
        # Intercoms have a `Standard` beside it, for telephony: that is no upper platform.
        gb = child(row, "GB28181")
        if gb is not None:
            found.append((number, _server(row, gb)))
    return tuple(found)


def channel_codes(root: etree._Element) -> tuple[tuple[int, str], ...]:
    """Parse the codes under which a SIPInfo offers its channels; empty ones are left out. Raises Malformed."""
    found = []
    for row in rows(need(root, "VideoInputList"), "VideoInput"):
        number, code = whole(said(row, "id")), said(row, "videoInputID")
        if number is None:
            raise Malformed("a video input has no number")
        if code:
            found.append((number, code))
    return tuple(found)


def _disk(row: etree._Element, element: str) -> Disk:
    word = said(row, "status")
    if not word:
        raise Malformed(f"a {element} does not tell its state")
    place = "/".join(text.strip("/") for text in (said(row, "ipAddress"), said(row, "path")) if text)
    access = said(row, "property").lower()
    return Disk(
        name=said(row, "id") if element == "hdd" else place or said(row, "id"),
        kind=said(row, "hddType") or said(row, "nasType") or element.upper(),
        state=_DISK_STATES.get(word.lower(), "unknown"),
        word=word,
        capacity_bytes=_bytes(said(row, "capacity")),
        free_bytes=_bytes(said(row, "freeSpace")),
        writable={"rw": True, "ro": False, "redundancy": True, "redundant": True}.get(access),
        model=said(row, "hddModel"),
        serial=said(row, "hddSerialNumber"),
    )


def _bytes(text: str) -> int | None:
    number = whole(text)
    return number * MIB if number is not None and 0 <= number < 2**40 else None


def _server(row: etree._Element, gb: etree._Element) -> PlatformServer:
    words = [said(where, name) for where in (gb, row) for name in ("registerStatus", "status")]
    word = next((word for word in words if word), "")
    return PlatformServer(
        kind="GB28181",
        enabled=truth(said(gb, "enabled")) is True,
        registered=_REGISTERED.get(word.lower().replace(" ", "")),
        host=said(gb, "registrar"),
        port=count(said(gb, "registrarPort")),
        server_id=said(gb, "serverId"),
        domain=said(gb, "serverDomain"),
        device_id=said(gb, "authID"),
        expires_s=count(said(gb, "expires")),
        heartbeat_s=count(said(gb, "heartbeatTime")),
    )
