"""Parses answers of Uniview's LAPI: the envelope, identity, clock, channels. Pure.

Only fields that others have confirmed on devices are read. Nothing is guessed.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from drivers import wall_clock
from drivers.errors import Busy, DeviceFault, DriverError, Malformed, NotPermitted, NotTried, Unsupported
from drivers.exchange import Exchange
from drivers.footage import Channel, Channels, ChannelState
from drivers.http.json_answer import flag, json_object
from drivers.model import Clock, Identity
from drivers.text import sanitize

_STATES: dict[int, ChannelState] = {1: "online", 0: "offline"}
_SHIFTED_S = 120.0
"""How far a device's time may lie from that of its zone as UTC, and still be that."""


def data_of(exchange: Exchange) -> dict[str, Any]:
    """Return `Data` of `Response{ResponseCode, ResponseString, StatusCode, Data}`. Raises DriverError."""
    reply = exchange.reply
    operation = reply.operation
    if reply.status in (404, 599):
        # Unknown paths are answered with 599 by some firmware.
        raise Unsupported(f"{operation}: the device has no such path (HTTP {reply.status})")
    if reply.status == 403:
        raise NotPermitted(f"{operation}: the login has not the right to ask this")
    if reply.status not in (200, 401):
        raise DeviceFault(f"{operation}: HTTP {reply.status}")
    response = json_object(reply).get("Response")
    if not isinstance(response, dict):
        raise Malformed(f"{operation}: the answer has no envelope")
    error = _refusal(exchange, response)
    if error is not None:
        raise error
    data = response.get("Data")
    if not isinstance(data, dict):
        raise Malformed(f"{operation}: the answer holds no data")
    return data


def _refusal(exchange: Exchange, response: Mapping[str, Any]) -> DriverError | None:
    operation = exchange.reply.operation
    code, words = response.get("ResponseCode"), sanitize(response.get("ResponseString"), 80)
    if exchange.reply.status == 401 or response.get("StatusCode") == 401 or words.lower() == "not authorized":
        if exchange.anonymous:
            return NotTried(f"{operation}: the device asks for a login of a kind that is not known")
        return NotPermitted(f"{operation}: the login has not the right to ask this")
    if isinstance(code, bool) or not isinstance(code, int):
        return Malformed(f"{operation}: the envelope does not say how it went")
    if code == 0:
        return None
    if re.search(r"not support|unsupported", words, re.IGNORECASE):
        return Unsupported(f"{operation}: the device has no such operation")
    if re.search(r"\bbusy\b", words, re.IGNORECASE):
        return Busy(f"{operation}: {words}")
    return DeviceFault(f"{operation}: {words or 'refused without a word'} ({code})")


def identity(data: Mapping[str, Any], operation: str) -> Identity:
    """Parse DeviceInfo, or DeviceBasicInfo with the same names. Raises Malformed without model and serial number."""
    found = {
        name: sanitize(data.get(name)) for name in ("DeviceModel", "SerialNumber", "FirmwareVersion", "HardwareID")
    }
    if not found["DeviceModel"] and not found["SerialNumber"]:
        raise Malformed(f"{operation}: the answer names neither model nor serial number in a form that is confirmed")
    return Identity(
        "Uniview", found["DeviceModel"], found["FirmwareVersion"], found["SerialNumber"], found["HardwareID"]
    )


def clock(data: Mapping[str, Any], exchange: Exchange, zone: str, ntp: bool | None) -> Clock:
    """Parse System/Time: `DeviceTime` in seconds of UTC, or of the device's zone as UTC. Raises Malformed."""
    seconds = data.get("DeviceTime")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds < 2**32:
        raise Malformed("System/Time: the answer holds no time in a form that is confirmed")
    said = datetime.fromtimestamp(seconds, UTC)
    measured = wall_clock.measure(said, exchange, ntp)
    offset = exchange.received_at.astimezone(ZoneInfo(zone)).utcoffset()
    shift_s = offset.total_seconds() if offset is not None else 0.0
    shifted = shift_s != 0 and abs(measured.offset_s - shift_s) <= _SHIFTED_S
    return Clock(measured.offset_s, measured.uncertainty_s, ntp, local_time_as_utc=shifted)


def ntp_enabled(data: Mapping[str, Any]) -> bool | None:
    """Return whether NTP is on, where the answer has a plain switch for it."""
    return next((on for name in ("Enabled", "Enable") if (on := flag(data.get(name))) is not None), None)


def channels(data: Mapping[str, Any]) -> Channels:
    """Parse ChannelDetailInfos: `DetailInfos[].{ID, Name, Status, ...}`. Raises Malformed: not `Nums`, or no own ID."""
    listed = data.get("DetailInfos")
    if not isinstance(listed, list) or data.get("Nums") != len(listed):
        raise Malformed("ChannelDetailInfos: the answer does not hold as many channels as it says")
    found = [_channel(one) for one in listed]
    if len({one.number for one in found}) != len(found):
        raise Malformed("ChannelDetailInfos: a channel stands there twice")
    return Channels(tuple(sorted(found, key=lambda one: one.number)))


def _channel(one: object) -> Channel:
    number = one.get("ID") if isinstance(one, dict) else None
    if not isinstance(one, dict) or isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 100_000:
        raise Malformed("ChannelDetailInfos: a channel lacks its number")
    status, address = one.get("Status"), one.get("AddressInfo")
    where = address if isinstance(address, dict) else {}
    known = isinstance(status, int) and not isinstance(status, bool)
    return Channel(
        number=number,
        name=sanitize(one.get("Name")),
        state=_STATES.get(status, "unknown") if known and isinstance(status, int) else "unknown",
        word=sanitize(status),
        host=sanitize(where.get("Address")),
        mac=sanitize(where.get("MAC")),
        model=sanitize(one.get("DeviceModel")),
    )


def is_broken_off(error: DriverError) -> bool:
    """Return whether an answer broke off within its body, as under 404 for paths that a device does not have."""
    return str(error).endswith(("IncompleteRead", "InvalidChunkLength", "ProtocolError"))
