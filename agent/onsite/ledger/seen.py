"""Parses a site's observed equipment from the JSON of `check --json` or `discover --json`. Pure.

Its texts are those of devices, its file may come from anybody: a value of another shape counts as not observed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent.model.errors import UsageError
from agent.model.finding import Json
from agent.onsite.ledger.tables import Tables, tables_of
from agent.text.harmless import printable

CHECK_SCHEMA: Final = "camwarden-check/1"
DISCOVER_SCHEMA: Final = "camwarden-discover/1"
TEXT_MAX_CHARS: Final = 128
_HIDDEN: Final = re.compile(r"\[(?:address|serial) [0-9]+\]")
"""What `check --redact` writes instead."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """A camera's data by its own report, or its recorder's; empty where there is none."""

    address: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    mac: str = ""
    macs: frozenset[str] = frozenset()

    def text(self, key: str) -> str:
        """Return the value of a ledger's column."""
        return str(getattr(self, key))


@dataclass(frozen=True, slots=True)
class ObservedEquipment:
    """`cameras` by camera id, those that were looked at; `strangers` answered and belong to no configured device."""

    cameras: Mapping[str, Equipment] = field(default_factory=dict)
    strangers: tuple[Equipment, ...] = ()
    recorders: frozenset[str] = frozenset()


NOTHING_SEEN: Final = ObservedEquipment()


def parse_observed(text: str, site: Tables) -> ObservedEquipment:
    """Parse the output of `camwarden check --json` or `camwarden discover --json` for a site's cameras.

    `site` is the site as configured, which decides which camera is which channel of which device. Raises UsageError
    where the text is neither.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema == CHECK_SCHEMA:
        return from_devices(data.get("devices"), site, data.get("undeclared"))
    if schema == DISCOVER_SCHEMA:
        return _from_discovery(data.get("found"), site)
    raise UsageError("is no result of camwarden check --json or camwarden discover --json")


def from_devices(devices: Json, site: Tables, undeclared: Json = None) -> ObservedEquipment:
    """Parse the `devices` of a check for a site's cameras. Raises UsageError where their identities were left out."""
    if any(_HIDDEN.fullmatch(str(one.get(key, ""))) for one in _dicts(devices) for key in ("host", "serial")):
        raise UsageError("leaves addresses and serial numbers out: write it with check --json --no-redact")
    by_id = {_text(device, "id"): device for device in _dicts(devices)}
    cameras = tables_of(site, "camera")
    alone = [str(camera["device"]) for camera in cameras]
    found: dict[str, Equipment] = {}
    recorders = set()
    for camera in cameras:
        device = by_id.get(str(camera["device"]))
        if device is None:
            continue
        channels = {channel.get("number"): channel for channel in _dicts(device.get("channels"))}
        if len(channels) > 1 or alone.count(str(camera["device"])) > 1:
            recorders.add(str(camera["device"]))
            if (channel := channels.get(camera["channel"])) is not None:
                found[str(camera["id"])] = _equipment(channel, _text(channel, "host"), [_text(channel, "mac")])
        else:
            macs = device.get("macs")
            listed = [str(one) for one in macs] if isinstance(macs, list) else []
            found[str(camera["id"])] = _equipment(device, _text(device, "host"), listed)
    answered = undeclared if isinstance(undeclared, list) else []
    strangers = [Equipment(_host(one)) for one in answered if isinstance(one, str)]
    return ObservedEquipment(found, tuple(strangers), frozenset(recorders))


def mac_text(text: str) -> str:
    """Format a MAC as twelve hex digits in pairs, empty for anything else."""
    digits = re.sub(r"[^0-9a-f]", "", text.lower())
    return ":".join(digits[n : n + 2] for n in range(0, 12, 2)) if len(digits) == 12 else ""


def _from_discovery(found: Json, site: Tables) -> ObservedEquipment:
    devices: dict[str, Mapping[str, Json]] = {}
    strangers = []
    for one in _dicts(found):
        names = one.get("devices")
        for name in names if isinstance(names, list) else ():
            devices[str(name)] = one
        if one.get("standing") == "undeclared":
            strangers.append(_equipment(one, _host(_text(one, "address")), [_text(one, "mac")]))
    cameras = tables_of(site, "camera")
    alone = [str(camera["device"]) for camera in cameras]
    seen: dict[str, Equipment] = {}
    for camera in cameras:
        said = devices.get(str(camera["device"]))
        if said is not None and alone.count(str(camera["device"])) == 1:
            seen[str(camera["id"])] = _equipment(said, _host(_text(said, "address")), [_text(said, "mac")])
    return ObservedEquipment(seen, tuple(strangers))


def _equipment(said: Mapping[str, Json], address: str, macs: Sequence[str]) -> Equipment:
    known = [mac for one in macs if (mac := mac_text(one))]
    maker, model, serial, firmware = (_text(said, key) for key in ("maker", "model", "serial", "firmware"))
    return Equipment(address, maker, model, serial, firmware, known[0] if known else "", frozenset(known))


def _host(address: str) -> str:
    """Strip the port off an address."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.rpartition(":")[0] if address.count(":") == 1 else address


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return printable(value)[:TEXT_MAX_CHARS].strip() if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Json]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
