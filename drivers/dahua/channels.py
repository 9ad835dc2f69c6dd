"""Merges a recorder's tables of channels: names, the cameras behind them, and whether they answer. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from drivers.dahua import cgi
from drivers.dahua.cgi import Fields
from drivers.errors import Malformed
from drivers.footage import Channel, Channels, ChannelState
from drivers.text import sanitize

_REMOTE = re.compile(
    r"RemoteDevice(?:\.uuid:System_CONFIG_NETCAMERA_INFO_(\d{1,4})|\[(\d{1,4})\])\.(\w+)", re.IGNORECASE
)
_STATES: dict[str, ChannelState] = {
    "connected": "online",
    "connecting": "offline",
    "unconnect": "offline",
    "unconnected": "offline",
    "disconnected": "offline",
    "empty": "empty",
}
_NO_HOST = frozenset({"", "0.0.0.0", "192.168.0.0"})  # noqa: S104 - placeholders of slots without a camera
_NO_MAC = frozenset({"", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"})

States = Mapping[int, str]
"""The device's word for each channel's state, by its 1-based number."""


def titles(found: Fields) -> tuple[str, ...]:
    """Parse the table ChannelTitle: a name for each channel. Raises Malformed where one is missing or there is none."""
    listed = cgi.rows(found, "ChannelTitle", "ChannelTitle")
    if not listed or any("Name" not in one for one in listed):
        raise Malformed("ChannelTitle: a channel lacks its name")
    return tuple(sanitize(one["Name"]) for one in listed)


def states(params: Mapping[str, Any]) -> dict[int, str]:
    """Parse an answer to LogicDeviceManager.getCameraState: `states[].{channel, connectionState}`.

    A channel without a state is left out: it stays unknown.

    Raises:
        Malformed: Not such a list, or a channel twice.
    """
    listed = params.get("states")
    if not isinstance(listed, list):
        raise Malformed("getCameraState: the answer holds no list of states")
    found: dict[int, str] = {}
    for one in listed:
        channel = one.get("channel") if isinstance(one, dict) else None
        if not isinstance(channel, int) or isinstance(channel, bool) or not 0 <= channel < 100_000:
            raise Malformed("getCameraState: a state lacks its channel")
        if channel + 1 in found:
            raise Malformed("getCameraState: a channel stands there twice")
        if isinstance(one.get("connectionState"), str):
            found[channel + 1] = sanitize(one["connectionState"])
    return found


def remotes(found: Fields) -> dict[int, dict[str, str]]:
    """Parse the table RemoteDevice, slots by 1-based number from their key, of which devices have two spellings."""
    slots: dict[int, dict[str, str]] = {}
    for key, value in found.items():
        slot = _REMOTE.fullmatch(key)
        if slot is not None:
            slots.setdefault(int(slot[1] or slot[2]) + 1, {})[slot[3]] = value.strip()
    return slots


def state_of(word: str | None) -> ChannelState:
    """Return our word for the device's; an unlisted one stays unknown."""
    return _STATES.get((word or "").strip().lower(), "unknown")


def channels_of(
    names: tuple[str, ...] | None, known: States | None, slots: Mapping[int, Mapping[str, str]] | None
) -> Channels:
    """Put the three together; each is None where it could not be read. A slot that is switched off names no camera."""
    used = {number: slot for number, slot in (slots or {}).items() if cgi.flag(slot.get("Enable")) is True}
    numbers = {*range(1, len(names or ()) + 1), *(known or {}), *used}
    return Channels(tuple(_channel(number, names or (), known or {}, used) for number in sorted(numbers)))


def _channel(number: int, names: tuple[str, ...], known: States, used: Mapping[int, Mapping[str, str]]) -> Channel:
    slot, word = used.get(number, {}), known.get(number, "")
    host, mac = slot.get("Address", ""), slot.get("Mac", "").lower()
    return Channel(
        number=number,
        name=names[number - 1] if number <= len(names) else "",
        state=state_of(word),
        word=word,
        host="" if host in _NO_HOST else sanitize(host),
        mac="" if mac in _NO_MAC else sanitize(mac),
        model=sanitize(slot.get("DeviceType")),
        serial=sanitize(slot.get("SerialNo")),
    )
