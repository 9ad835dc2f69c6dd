"""Reads one Uniview device over LAPI: identity, clock, and the channels of a recorder. The driver's way in.

Everything else is `unsupported`, with the reason: the paths are known from the maker's web pages, the form of their
answers is not. Pictures, masks and footage are read over ONVIF, as a device of that driver.
"""

from types import MappingProxyType
from typing import Final

from drivers.allowed_requests import Ask, http
from drivers.collect import Collector, is_final
from drivers.errors import DriverError, Unreachable, Unsupported
from drivers.exchange import Exchange, Request, Transport
from drivers.footage import WantedFootage
from drivers.model import Camera, Clock, Fact, Identity, Observations
from drivers.uniview import parse

ASKS: Final[tuple[Ask, ...]] = http(
    "device", "GET",
    "/LAPI/V1.0/System/DeviceInfo", "/LAPI/V1.0/System/DeviceBasicInfo",
    "/LAPI/V1.0/System/Time", "/LAPI/V1.0/System/Time/NTP",
    "/LAPI/V1.0/Channels/System/ChannelDetailInfos",
)  # fmt: skip

METHOD = "uniview"

BASE = "/LAPI/V1.0"

_OF_THE_DEVICE: tuple[Fact, ...] = ("disks", "accounts", "platform-link")
_OF_A_CAMERA: tuple[Fact, ...] = (
    "streams", "encoders", "masks", "overlays", "schedule", "recordings", "recorded-days",
)  # fmt: skip

NOT_CONFIRMED = "no reply format is confirmed for LAPI; read the device over ONVIF for it"

_NOTHING_WANTED: WantedFootage = MappingProxyType({})


def read(cameras: tuple[Camera, ...], transport: Transport, wanted: WantedFootage = _NOTHING_WANTED) -> Observations:
    """Read the device behind `transport`. Never raises for what the device does. `wanted` changes nothing."""
    seen = Collector(transport, METHOD)
    box = f"device:{transport.device.id}"
    identity = seen.attempt(_identity, transport)
    # Where this did not arrive or was refused, one more question would only cost time, or a try.
    there = identity if isinstance(identity, DriverError) and is_final(identity) else transport
    seen.note(box, "identity", identity)
    seen.note(box, "clock", seen.attempt(_clock, there))
    channels = seen.attempt(_get, there, "ChannelDetailInfos", "/Channels/System/ChannelDetailInfos")
    seen.note(box, "channels", seen.attempt(parse.channels, seen.attempt(parse.data_of, channels)))
    unread = there if isinstance(there, DriverError) else Unsupported(NOT_CONFIRMED)
    for fact in _OF_THE_DEVICE:
        seen.note(box, fact, unread)
    for camera in cameras:
        for fact in _OF_A_CAMERA:
            seen.note(f"camera:{camera.id}", fact, unread)
    return tuple(seen.observations)


def _get(transport: Transport, operation: str, path: str) -> Exchange:
    try:
        return transport.exchange(Request(operation, "GET", BASE + path))
    except Unreachable as error:
        if parse.is_broken_off(error):
            raise Unsupported(
                f"{operation}: the answer broke off, as for paths that the device does not have"
            ) from None
        raise


def _identity(transport: Transport) -> Identity:
    try:
        return parse.identity(parse.data_of(_get(transport, "DeviceInfo", "/System/DeviceInfo")), "DeviceInfo")
    except Unsupported:
        # Cameras have this one in its place.
        exchange = _get(transport, "DeviceBasicInfo", "/System/DeviceBasicInfo")
        return parse.identity(parse.data_of(exchange), "DeviceBasicInfo")


def _clock(transport: Transport) -> Clock:
    exchange = _get(transport, "System/Time", "/System/Time")
    data = parse.data_of(exchange)
    try:
        ntp = parse.ntp_enabled(parse.data_of(_get(transport, "System/Time/NTP", "/System/Time/NTP")))
    except DriverError:
        # What the clock shows does not hang on it.
        ntp = None
    return parse.clock(data, exchange, transport.device.time_zone, ntp)
