"""Reads the device service: time, services, identity, interfaces, accounts, storages; and media signing.

The time is requested first and without a login: tokens are signed with it.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from drivers.collect import is_final
from drivers.details import Accounts, Interfaces, Signing, Storages
from drivers.errors import DriverError, Malformed
from drivers.footage import Protocols
from drivers.model import Clock, Identity
from drivers.onvif import documents, parse, parse_device
from drivers.onvif.parse_device import DeviceTime
from drivers.onvif.services import ServiceTable, device_endpoint, from_capabilities, from_services
from drivers.onvif.soap import Answer, Session
from drivers.wall_clock import second_offset_s

_SAME_CLOCK_S = 5.0
"""How far the HTTP Date may lie from the device's reported time, and still be of the same clock."""


@dataclass(frozen=True, slots=True)
class ClockRead:
    """One measurement of a device's clock: its offset from ours is between `low_s` and `high_s`."""

    said: DeviceTime
    low_s: float
    high_s: float
    open_to_all: bool

    @property
    def offset_s(self) -> float:
        """The middle of what is possible."""
        return (self.low_s + self.high_s) / 2

    @property
    def uncertainty_s(self) -> float:
        """How far the truth may lie from the middle."""
        return (self.high_s - self.low_s) / 2


def read_clock(session: Session) -> ClockRead:
    """Read the device's time, before any login, and let the session sign its tokens with it. Raises DriverError.

    Source: ONVIF Core Specification, GetSystemDateAndTime, access class PRE_AUTH.
    """
    answer = session.call(device_endpoint(session.transport.device), "GetSystemDateAndTime", anonymous_first=True)
    read = _measured(answer)
    session.clock_offset = timedelta(seconds=read.offset_s - _shift_s(read, answer))
    return read


def read_clock_again(session: Session, first: ClockRead) -> ClockRead | None:
    """Measure once more at the end, where that costs no login; None where it does, or does not succeed."""
    if not first.open_to_all:
        return None
    try:
        endpoint = device_endpoint(session.transport.device)
        return _measured(session.call(endpoint, "GetSystemDateAndTime", optional=True, anonymous_first=True))
    except DriverError:
        return None


def clock_of(first: ClockRead, again: ClockRead | None, zone: ZoneInfo) -> Clock:
    """Put one or two measurements together: where they agree, the truth lies in both; where not, the clock drifts.

    `zone` is that of the device's site.
    """
    low_s, high_s, drift_s = first.low_s, first.high_s, 0.0
    if again is not None and max(low_s, again.low_s) <= min(high_s, again.high_s):
        low_s, high_s = max(low_s, again.low_s), min(high_s, again.high_s)
    elif again is not None:
        drift_s = again.offset_s - first.offset_s
        low_s, high_s = min(low_s, again.low_s), max(high_s, again.high_s)
    shift_s = parse_device.local_as_utc_s(first.said, first.offset_s, first.uncertainty_s)
    return Clock(
        offset_s=round((low_s + high_s) / 2, 3),
        uncertainty_s=round((high_s - low_s) / 2, 3),
        ntp=first.said.ntp,
        local_time_as_utc=shift_s != 0,
        drift_s=round(drift_s, 3),
        zone_wrong=shift_s == 0 and parse_device.is_zone_wrong(first.said, zone),
    )


def read_services(session: Session) -> ServiceTable:
    """Read where the device's services are. Raises DriverError."""
    device, own_hosts = session.transport.device, session.transport.addresses
    entry = device_endpoint(device)
    try:
        answer = session.call(entry, "GetServices", IncludeCapability=False)
        return from_services(parse.listed(answer, "Service"), device, own_hosts)
    except DriverError as error:
        if is_final(error):
            raise
        try:
            # Old devices have no GetServices.
            answer = session.call(entry, "GetCapabilities", Category=["All"])
            return from_capabilities(answer.element, device, own_hosts)
        except DriverError:
            raise error from None


def read_identity(session: Session) -> Identity:
    """Read who made the device, and its firmware. Raises DriverError."""
    return parse_device.identity(session.call(device_endpoint(session.transport.device), "GetDeviceInformation"))


def same_identity(first: Identity, again: Identity) -> Identity:
    """Return who answered at the beginning and at the end. Raises Malformed where two boxes answer by turns.

    Source: RFC 5227, section 1.1: two hosts with one address.
    """
    if first != again:
        raise Malformed("GetDeviceInformation: two boxes answer by turns: give each an address of its own")
    return first


def read_interfaces(session: Session) -> Interfaces:
    """Read the device's network interfaces. Raises DriverError."""
    endpoint = device_endpoint(session.transport.device)
    return parse_device.interfaces(session.call(endpoint, "GetNetworkInterfaces", optional=True))


def read_protocols(session: Session) -> Protocols:
    """Read the services that the device lists; ONVIF has HTTP, HTTPS and RTSP alone. Raises DriverError."""
    endpoint = device_endpoint(session.transport.device)
    return parse_device.protocols(session.call(endpoint, "GetNetworkProtocols", optional=True))


def read_accounts(session: Session) -> Accounts:
    """Read names and levels of the device's accounts. Raises DriverError; NotPermitted for most simple accounts."""
    return parse_device.accounts(session.call(device_endpoint(session.transport.device), "GetUsers", optional=True))


def read_storages(session: Session) -> Storages:
    """Read where the device is configured to store. Raises DriverError."""
    endpoint = device_endpoint(session.transport.device)
    return parse_device.storages(session.call(endpoint, "GetStorageConfigurations", optional=True))


def read_signing(session: Session, table: ServiceTable) -> Signing:
    """Read whether the device can sign its media. Raises DriverError; Unsupported without a security service."""
    endpoint = table.require(documents.SECURITY, "security")
    return parse_device.signing(session.call(endpoint, "GetServiceCapabilities", optional=True))


def _measured(answer: Answer) -> ClockRead:
    said = parse_device.device_time(answer)
    offset_s, either_s = second_offset_s(said.utc, answer.exchange)
    return ClockRead(said, offset_s - either_s, offset_s + either_s, answer.exchange.anonymous)


def _shift_s(read: ClockRead, answer: Answer) -> int:
    """Return by how much the reported time differs from the one that the device checks tokens with.

    A device that fills "UTC" with its local time checks tokens with its real clock; with the HTTP Date shifted too, its
    whole clock is set so.
    """
    shift_s = parse_device.local_as_utc_s(read.said, read.offset_s, read.uncertainty_s)
    date_offset_s = answer.exchange.server_date_offset_s
    if shift_s and date_offset_s is not None and abs(date_offset_s - read.offset_s) < _SAME_CLOCK_S:
        return 0
    return shift_s
