"""Reads a device's own facts: identity, clock, protocols, accounts, disks."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from drivers.details import Accounts, Uptime
from drivers.errors import DeviceFault, DriverError, Malformed, Unsupported
from drivers.exchange import Exchange
from drivers.footage import Disk, Disks, Protocols
from drivers.hikvision import parse_device
from drivers.hikvision.client import Isapi
from drivers.hikvision.parse_device import DeviceKind, DeviceTime
from drivers.hikvision.reply import document, plain_text
from drivers.hikvision.times import nearest, stamp
from drivers.model import Clock
from drivers.wall_clock import measure

DEFAULT_RTSP_PORT = 554
_SMART_ROOTS = ("SMARTTest", "SmartTest", "SMARTTestStatus", "SmartTestStatus")


def read_kind(isapi: Isapi) -> DeviceKind:
    """Read who made the device, and whether it is a camera or a recorder. Raises DriverError."""
    return isapi.get("System/deviceInfo", "DeviceInfo", parse_device.device_info)


def read_clock(isapi: Isapi, zone: ZoneInfo) -> Clock:
    """Compare the digits of the device's wall clock in `zone` with our clock. Raises DriverError.

    The offset behind them is not used. `zone_wrong`: it is not that of `zone`, as in summer time on DS-7716NI-I4.
    """
    told, exchange = _device_time(isapi)
    moment = nearest(told.stamp.written, zone, exchange.received_at)
    offset = told.stamp.offset
    clock = measure(moment, exchange, ntp=told.mode.upper() == "NTP" if told.mode else None)
    return replace(clock, zone_wrong=offset is not None and offset != moment.astimezone(zone).utcoffset())


def read_ntp(isapi: Isapi, clock: Clock) -> Clock:
    """Return the clock, without its claim of NTP where the device has no server for it. Raises nothing."""
    if not clock.ntp:
        return clock
    try:
        servers = isapi.get("System/time/ntpServers", "NTPServerList", parse_device.ntp_servers, optional=True)
    except DriverError:
        return clock
    return replace(clock, ntp=bool(servers))


def read_protocols(isapi: Isapi) -> Protocols:
    """Read the network services of the device, and their ports. Raises DriverError."""
    return isapi.get("Security/adminAccesses", "AdminAccessProtocolList", parse_device.protocols, guarded=True)


def rtsp_port(protocols: Protocols | DriverError, configured: int) -> int:
    """Return the port of RTSP: the configured one, else the device's, else the usual one."""
    told = () if isinstance(protocols, DriverError) else protocols.protocols
    return configured or next((one.port for one in told if one.name.upper() == "RTSP" and one.port), DEFAULT_RTSP_PORT)


def read_accounts(isapi: Isapi) -> Accounts:
    """Read names and levels of the accounts. Raises DriverError; NotPermitted for a viewer."""
    return isapi.get("Security/users", "UserList", parse_device.accounts, optional=True, guarded=True)


def read_uptime(isapi: Isapi) -> Uptime:
    """Read since when the device has been up. Raises DriverError."""
    request = "System/status"
    up_s, exchange = isapi.ask(
        request, lambda reply: parse_device.uptime_s(document(reply, "DeviceStatus")), optional=True
    )
    half_s = exchange.reply.elapsed_s / 2
    return Uptime(exchange.received_at - timedelta(seconds=half_s + up_s))


def read_disks(isapi: Isapi) -> Disks:
    """Read the disks, and of each that works whether its own test warns. Raises DriverError."""
    disks = isapi.get("ContentMgmt/Storage", "storage", parse_device.disks)
    return replace(disks, disks=tuple(_tested(isapi, disk) for disk in disks.disks))


def _device_time(isapi: Isapi) -> tuple[DeviceTime, Exchange]:
    path = "System/time"
    try:
        return isapi.ask(path, lambda reply: parse_device.device_time(document(reply, "Time")))
    except (Unsupported, Malformed, DeviceFault) as error:
        try:
            text, exchange = isapi.ask(f"{path}/localTime", plain_text)
            return DeviceTime(stamp(text)), exchange
        except (Unsupported, Malformed, DeviceFault):
            raise error from None


def _tested(isapi: Isapi, disk: Disk) -> Disk:
    """Return a disk as `failing` where it works and its own test warns; without an answer it stays as it is."""
    if disk.state != "ok" or not disk.name.isdigit():
        return disk
    path = f"ContentMgmt/Storage/hdd/{disk.name}/SMARTTest/status"
    try:
        warns = isapi.get(path, _SMART_ROOTS, parse_device.smart_warns, optional=True)
    except DriverError:
        return disk
    return replace(disk, state="failing") if warns else disk
