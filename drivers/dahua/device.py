"""Reads the identity of a Dahua device, its clock, accounts and disks. Parsers are pure; `read_*` ask."""

import re
from dataclasses import dataclass
from datetime import datetime

from drivers import wall_clock
from drivers.collect import is_final
from drivers.dahua import cgi
from drivers.dahua.cgi import Fields
from drivers.details import Account, Accounts
from drivers.errors import DriverError, Malformed
from drivers.exchange import Exchange, Transport
from drivers.footage import Disk, Disks, DiskState
from drivers.model import Clock, Identity, Reply
from drivers.text import sanitize

_GENERIC = frozenset({"", "ip camera", "ipc", "camera", "ip dome", "nvr", "dvr", "unknown"})
"""Words that name a class of device and no model."""

_DISK_STATES: dict[str, DiskState] = {
    "success": "ok",
    "normal": "ok",
    "error": "failed",
    "failure": "failed",
    "initializing": "formatting",
    "degraded": "failing",
    "recovering": "failing",
}


@dataclass(frozen=True, slots=True)
class ClockRead:
    """What the device's clock showed: `wall` in its own digits, `at` as a moment by its configured time zone."""

    wall: datetime
    at: datetime
    exchange: Exchange


def read_clock(transport: Transport) -> ClockRead:
    """Ask what the device's clock shows. Raises DriverError."""
    exchange = cgi.get(transport, "getCurrentTime", "global.cgi?action=getCurrentTime")
    wall = wall_digits(exchange.reply)
    try:
        return ClockRead(wall, wall_clock.to_utc(wall, transport.device.time_zone), exchange)
    except OverflowError:
        raise Malformed("getCurrentTime: the time lies outside of the calendar") from None


def wall_digits(reply: Reply) -> datetime:
    """Read the answer to getCurrentTime: `result=YYYY-MM-DD hh:mm:ss`, without any offset. Raises Malformed."""
    try:
        return wall_clock.parse_digits(cgi.fields(reply, whole=False).get("result", ""))
    except ValueError:
        raise Malformed("getCurrentTime: the answer is no date and time") from None


def clock_of(read: ClockRead, ntp: Fields | None) -> Clock:
    """Put the clock's digits and the table NTP, where that could be read, together."""
    return wall_clock.measure(read.at, read.exchange, cgi.flag((ntp or {}).get("NTP.Enable")))


def read_identity(transport: Transport) -> Identity:
    """Request maker, model, serial number and firmware. Raises DriverError with neither model nor serial number."""
    found: dict[str, str] = {}
    failed: DriverError | None = None
    for action in ("getSystemInfo", "getDeviceType", "getSoftwareVersion", "getVendor", "getSerialNo"):
        if action == "getSerialNo" and found.get("serialNumber", "").strip():
            break
        try:
            reply = cgi.get(transport, action, f"magicBox.cgi?action={action}").reply
            found.update(cgi.fields(reply, whole=action == "getSystemInfo"))
        except DriverError as error:
            failed = error
            if is_final(error):
                break
    identity = identity_of(found)
    if not identity.model and not identity.serial:
        raise failed or Malformed("getSystemInfo: the answer names neither model nor serial number")
    return identity


def identity_of(found: Fields) -> Identity:
    """Parse magicBox's joined answers. The model is in `type`, or `updateSerial` where `type` is a class of devices."""
    kinds = [found.get(key, "").strip() for key in ("type", "updateSerial", "deviceType")]
    models = [kind for kind in kinds if kind.lower() not in _GENERIC and not kind.isdecimal()]
    return Identity(
        manufacturer=sanitize(found.get("vendor")),
        model=sanitize(models[0] if models else kinds[0]),
        firmware=sanitize(found.get("version", "").partition(",")[0]),
        serial=sanitize(found.get("serialNumber") or found.get("sn")),
        hardware=sanitize(found.get("hardwareVersion")),
    )


def read_accounts(transport: Transport) -> Accounts:
    """Ask for the accounts. Raises DriverError; NotPermitted for simple accounts."""
    reply = cgi.get(transport, "getUserInfoAll", "userManager.cgi?action=getUserInfoAll").reply
    return accounts(reply)


def accounts(reply: Reply) -> Accounts:
    """Parse getUserInfoAll: a name and a group per account. Raises Malformed without accounts: the login is one."""
    found = []
    for user in cgi.rows(cgi.fields(reply), "users", reply.operation):
        if not user.get("Name", "").strip() or "Group" not in user:
            raise Malformed(f"{reply.operation}: an account lacks its name or group")
        found.append(Account(sanitize(user["Name"]), sanitize(user["Group"])))
    if not found:
        raise Malformed(f"{reply.operation}: the answer lists no account")
    return Accounts(tuple(found))


def read_disks(transport: Transport) -> Disks:
    """Ask for the disks. Raises DriverError."""
    return disks(cgi.get(transport, "getDeviceAllInfo", "storageDevice.cgi?action=getDeviceAllInfo").reply)


def disks(reply: Reply) -> Disks:
    """Parse an answer to getDeviceAllInfo in both of its shapes, `list.info[i]` and `list[i]`.

    A full disk is a healthy one. `HealthDataFlag` is not judged: it reads 0 on otherwise healthy disks.

    Raises:
        Malformed: No disk, or one without its state.
    """
    found = cgi.fields(reply)
    listed = cgi.rows(found, "list.info", reply.operation) or cgi.rows(found, "list", reply.operation)
    if not listed:
        raise Malformed(f"{reply.operation}: the answer lists no disk")
    return Disks(tuple(disk for one in listed if (disk := _disk(one, reply.operation)) is not None))


def _disk(one: Fields, operation: str) -> Disk | None:
    if "State" not in one:
        raise Malformed(f"{operation}: a disk lacks its state")
    parts = cgi.rows(one, "Detail", operation)
    sizes = [(_bytes(part.get("TotalBytes")), _bytes(part.get("UsedBytes"))) for part in parts]
    word = one["State"].strip()
    if not word and not any(total for total, _ in sizes):
        # A bay that is empty, or a disk that was taken out.
        return None
    state: DiskState = _DISK_STATES.get(word.lower(), "unknown")
    if any(cgi.flag(part.get("IsError")) for part in parts):
        state = "failed"
    capacity = sum(total for total, _ in sizes if total is not None) if any(sizes) else None
    known = bool(sizes) and all(total is not None and used is not None for total, used in sizes)
    free = max(0, sum((total or 0) - (used or 0) for total, used in sizes)) if known else None
    # A disk that failed tells 0 of what nobody can read; one in order that has no room is another matter.
    told = bool(capacity) or state == "ok"
    kinds = {re.sub(r"[^a-z]", "", part.get("Type", "").lower()) for part in parts}
    writable = {frozenset({"readwrite"}): True, frozenset({"readonly"}): False}.get(frozenset(kinds))
    return Disk(
        name=sanitize(one.get("Name")),
        kind="disk",
        state=state,
        word=sanitize(word),
        capacity_bytes=capacity if told else None,
        free_bytes=free if told else None,
        writable=writable,
    )


def _bytes(text: str | None) -> int | None:
    """Read a count of bytes, which firmware writes as a float (`495636709376.000000`)."""
    found = re.fullmatch(r"\s*(\d{1,18})(?:\.\d{1,9})?\s*", text or "", re.ASCII)
    return int(found[1]) if found else None
