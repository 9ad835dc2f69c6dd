"""Converts decoded answers of the device and security services into the shared types. Pure: no requests, no clock."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from drivers.details import Account, Accounts, Interface, Interfaces, Signing, Storage, Storages
from drivers.errors import Malformed, Unsupported
from drivers.footage import Protocol, Protocols
from drivers.http.xml_answer import children, elements, text_of
from drivers.model import Identity
from drivers.onvif.parse import listed, scalar
from drivers.onvif.soap import Answer
from drivers.text import sanitize

QUARTER_S = 900
_NEAR_QUARTER_S = 60.0
"""How wrong a clock may be beside a whole number of quarter hours. A device that is off by more is just wrong."""

_MOST_AHEAD_S = 14 * 3600
_POSIX = re.compile(
    r"^(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)(?P<sign>[+-]?)(?P<hours>\d{1,2})(?::(?P<minutes>\d{1,2}))?(?::\d{1,2})?"
    r"(?P<summer>[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)?"
)
_AHEAD = re.compile(r"^(?:UTC|GMT)\s?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?$", re.IGNORECASE)
_MAC = re.compile(r"^(?:[0-9A-Fa-f]{2}[:.-]?){5}[0-9A-Fa-f]{2}$")


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """The time that a device reports. `zone` is its text for the time zone, `local` its clock's time there."""

    utc: datetime
    local: datetime | None
    zone: str
    ntp: bool | None


def identity(answer: Answer) -> Identity:
    """Parse a GetDeviceInformation answer. Raises Malformed where an element occurs twice."""
    scalar(answer)
    value = answer.value
    return Identity(
        manufacturer=sanitize(value.Manufacturer),
        model=sanitize(value.Model),
        firmware=sanitize(value.FirmwareVersion),
        serial=sanitize(value.SerialNumber),
        hardware=sanitize(value.HardwareId),
    )


def device_time(answer: Answer) -> DeviceTime:
    """Parse a GetSystemDateAndTime answer; the device counts whole seconds.

    A local time alone is converted into UTC by its time zone, if that is unambiguous.

    Raises:
        Malformed: No time from which UTC is known, two of them, or one that does not exist.
    """
    scalar(answer)
    value = answer.value
    inner = children(answer.element, "SystemDateAndTime")
    if len(inner) == 1 and any(len(children(inner[0], name)) > 1 for name in ("UTCDateTime", "LocalDateTime")):
        raise Malformed("GetSystemDateAndTime: more than one time in the answer")
    zone = sanitize(getattr(getattr(value, "TimeZone", None), "TZ", None))
    ntp = {"NTP": True, "Manual": False}.get(sanitize(getattr(value, "DateTimeType", None)))
    local, utc = _moment(getattr(value, "LocalDateTime", None)), _moment(getattr(value, "UTCDateTime", None))
    if utc is None and local is not None and len(zone_offsets_s(zone)) == 1:
        utc = datetime.fromtimestamp(local.timestamp() - min(zone_offsets_s(zone)), UTC)
    if utc is None:
        raise Malformed("GetSystemDateAndTime: no UTC time in the answer")
    return DeviceTime(utc, local, zone, ntp)


def local_as_utc_s(said: DeviceTime, offset_s: float, uncertainty_s: float) -> int:
    """Return by how many seconds the "UTC" of a device is the time of its zone; 0 where it is not.

    Recognized by an offset of whole quarter hours that its time zone explains; or, where it names none, by a local time
    that equals its UTC. A clock that is merely wrong is not taken for that.
    """
    quarters_s = round(offset_s / QUARTER_S) * QUARTER_S
    if not quarters_s or abs(quarters_s) > _MOST_AHEAD_S:
        return 0
    if abs(offset_s - quarters_s) > _NEAR_QUARTER_S + uncertainty_s:
        return 0
    if said.zone:
        return quarters_s if quarters_s in zone_offsets_s(said.zone) else 0
    same = said.local is not None and abs((said.local - said.utc).total_seconds()) <= 2
    return quarters_s if same else 0


def is_zone_wrong(said: DeviceTime, zone: ZoneInfo) -> bool:
    """Tell whether a device writes another hour into its pictures than the site's: its zone is surely not `zone`.

    Its local time and the text of its zone must both say so, where both are given; makers write the sign of the text
    either way.
    """
    ahead_s = said.utc.astimezone(zone).utcoffset().total_seconds()  # type: ignore[union-attr]  # an aware time has one
    offsets_s = zone_offsets_s(said.zone)
    by_text = (offsets_s | {-one for one in offsets_s}) or None
    away_s = None if said.local is None else (said.local - said.utc).total_seconds()
    by_local = None if away_s is None else {round(away_s / QUARTER_S) * QUARTER_S}
    known = [one for one in (by_text, by_local) if one is not None]
    return bool(known) and all(ahead_s not in one for one in known)


def zone_offsets_s(zone: str) -> frozenset[int]:
    """Return how many seconds a zone is ahead of UTC: one number, or two where it has a summer time.

    POSIX counts westwards (`CST-8` is UTC+8). Makers also write `GMT+08:00`, and mean UTC+8.

    Source: IEEE 1003.1 section 8.3, which ONVIF's TimeZone refers to.
    """
    plain = _AHEAD.match(zone)
    found = plain or _POSIX.match(zone)
    if found is None:
        return frozenset()
    sign = -1 if found["sign"] == "-" else 1
    ahead_s = sign * (int(found["hours"]) * 3600 + int(found["minutes"] or 0) * 60)
    if plain is None:
        ahead_s = -ahead_s
    if abs(ahead_s) > _MOST_AHEAD_S:
        return frozenset()
    summer = plain is None and found["summer"]
    return frozenset({ahead_s, ahead_s + 3600} if summer else {ahead_s})


def interfaces(answer: Answer) -> Interfaces:
    """Parse GetNetworkInterfaces. Raises Malformed without interfaces: what answers over the network has one."""
    found = []
    for one in listed(answer, "NetworkInterfaces"):
        info = getattr(one, "Info", None)
        mac = sanitize(getattr(info, "HwAddress", None))
        digits = re.sub(r"[^0-9a-f]", "", mac.lower()) if _MAC.match(mac) else ""
        found.append(
            Interface(
                name=sanitize(getattr(info, "Name", None)) or sanitize(getattr(one, "token", None)),
                mac=":".join(digits[at : at + 2] for at in range(0, 12, 2)) if digits else "",
                addresses=tuple(_addresses(one)),
                enabled=one.Enabled if isinstance(one.Enabled, bool) else None,
            )
        )
    if not found:
        raise Malformed("GetNetworkInterfaces: no interface in the answer")
    return Interfaces(tuple(found))


def protocols(answer: Answer) -> Protocols:
    """Parse GetNetworkProtocols: a row per protocol and port. Raises Malformed without rows."""
    found = []
    for one in listed(answer, "NetworkProtocols"):
        # Where nothing says that it is off, it is taken to be on: it is what an auditor wants to see.
        enabled = one.Enabled is not False
        name = sanitize(one.Name)
        ports = [port for port in one.Port or [0] if isinstance(port, int)] or [0]
        if not name:
            raise Malformed("GetNetworkProtocols: a protocol without a name")
        found += [Protocol(name, port if 0 < port < 65536 else 0, enabled) for port in ports]
    if not found:
        raise Malformed("GetNetworkProtocols: no protocol in the answer")
    return Protocols(tuple(found))


def accounts(answer: Answer) -> Accounts:
    """Parse a GetUsers answer: only names and levels. Raises Malformed: an element is no account, or has no name."""
    found = tuple(Account(sanitize(one.Username), sanitize(one.UserLevel)) for one in listed(answer, "User"))
    if not all(one.name for one in found):
        raise Malformed("GetUsers: an account without a name")
    return Accounts(found)


def storages(answer: Answer) -> Storages:
    """Parse a GetStorageConfigurations answer, which zeep does not decode, without its logins. Raises Malformed."""
    found = []
    rows = children(answer.element, "StorageConfigurations")
    if len(rows) != len(elements(answer.element)):
        raise Malformed("GetStorageConfigurations: the answer holds something that is not a storage")
    for row in rows:
        data = next(iter(children(row, "Data")), None)
        if data is None:
            raise Malformed("GetStorageConfigurations: a storage without data")
        location = text_of(data, "StorageUri") or text_of(data, "LocalPath")
        found.append(Storage(sanitize(row.get("token")), sanitize(data.get("type")), _location(location)))
    return Storages(tuple(found))


def signing(answer: Answer) -> Signing:
    """Parse the security service's capabilities. Raises Unsupported where media signing is not among them.

    Source: ONVIF Security Configuration Service Specification, MediaSigningCapabilities.
    """
    for capabilities in children(answer.element, "Capabilities"):
        for one in children(capabilities, "MediaSigning"):
            word = (one.get("MediaSigningSupported") or "").strip().lower()
            if word in ("true", "1", "false", "0"):
                return Signing(word in ("true", "1"))
    raise Unsupported("the device does not say anything of media signing")


def _moment(value: Any) -> datetime | None:
    try:
        date, time = value.Date, value.Time
        # A leap second has no place in datetime.
        second = min(int(time.Second), 59)
        return datetime(date.Year, date.Month, date.Day, time.Hour, time.Minute, second, tzinfo=UTC)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


def _addresses(interface: Any) -> list[str]:
    found: dict[str, None] = {}
    for family in (getattr(interface, "IPv4", None), getattr(interface, "IPv6", None)):
        config = getattr(family, "Config", None)
        for name in ("Manual", "LinkLocal", "FromDHCP", "FromRA"):
            value: Any = getattr(config, name, None)
            rows: list[Any] = value if isinstance(value, list) else [value]
            for one in rows:
                try:
                    address, prefix = ip_address(sanitize(one.Address)), int(one.PrefixLength)
                except (AttributeError, TypeError, ValueError):
                    continue
                found[f"{address}/{prefix}"] = None
    return list(found)


def _location(text: str) -> str:
    """Return where a storage is, without the login and the query that an address may carry."""
    if "://" not in text:
        return sanitize(text)
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
        return sanitize(f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}")
    except ValueError:
        return ""
