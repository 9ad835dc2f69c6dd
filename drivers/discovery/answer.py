"""Defines what answered a discovery: one device with its claims, and the result of a sweep. Pure.

Apart from the parsers, so that who reads a site's facts (checks, a hub) loads no XML library.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

TEXT_CHARS_MAX = 64
"""A longer name or model is cut."""

_SCOPE = re.compile(r"(?i)onvif://www\.onvif\.org/([a-z_]+)/(.+)")
_MAC = re.compile(r"[0-9a-f]{12}")
_UUID = re.compile(r"(?i)(?:urn:)?uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_GROUP_BIT = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorAnswer:
    """What a device says of itself in its maker's own search; what it does not say is empty.

    `driver` reads devices of that maker. `mac` is in the notation of `mac_of`, `http_port` 0 where there is none.
    `activated`: whether an administrator's password was set; None where it does not say.
    """

    driver: str
    model: str = ""
    firmware: str = ""
    serial: str = ""
    mac: str = ""
    http_port: int = 0
    activated: bool | None = None


@dataclass(frozen=True, slots=True)
class Discovered:
    """A device that answered from `address`, the first of `senders`: its endpoint reference and own description.

    `endpoint` to `xaddrs` are its answer to WS-Discovery, all empty where it gave none; `told` is that to its maker's
    search.
    """

    address: str
    endpoint: str
    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    xaddrs: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    told: VendorAnswer | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """Devices, merged, names that failed, and `names`: addresses of the caller's own host names that it resolved."""

    found: tuple[Discovered, ...] = ()
    failed: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def scope_text(one: Discovered, category: str) -> str:
    """Return a scope's text (`name`, `hardware`, ...), decoded and cut, empty for none; any character may be in it."""
    for scope in one.scopes:
        match = _SCOPE.fullmatch(scope)
        if match and match[1].lower() == category:
            return unquote(match[2], errors="replace").strip()[:TEXT_CHARS_MAX]
    return ""


def mac_of(one: Discovered) -> str:
    """Return the MAC that a device names, as `aa:bb:cc:dd:ee:ff`, empty where it names none.

    It is in a MAC scope, in the answer to its maker's search, or is the node of a version 1 UUID in the endpoint
    reference; one with the group bit is random.

    Source: RFC 4122 sections 4.1.6 and 4.5.
    """
    named = named_mac(one) or (one.told.mac if one.told else "")
    match = None if named else _UUID.fullmatch(one.endpoint)
    identifier = uuid.UUID(match[1]) if match else None
    if identifier is None or identifier.version != 1 or identifier.node & _GROUP_BIT:
        return named
    return mac_text(f"{identifier.node:012x}")


def model_of(one: Discovered) -> str:
    """Return the model that a device names in its maker's search, else over ONVIF; empty where it names none."""
    return (one.told.model if one.told else "") or scope_text(one, "hardware")


def mac_text(text: str) -> str:
    """Return a MAC in any notation as `aa:bb:cc:dd:ee:ff`; empty for anything else, and for one that no device has."""
    digits = re.sub(r"[-:. ]", "", text.lower())
    if not _MAC.fullmatch(digits) or digits in ("0" * 12, "f" * 12):
        return ""
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def port_number(text: str) -> int:
    """Return the number of a port, 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) < 65_536 else 0


def named_mac(one: Discovered) -> str:
    """Return the MAC of a scope, in the notation of `mac_of`; empty for none."""
    return mac_text(scope_text(one, "mac"))
