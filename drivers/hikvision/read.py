"""Reads one Hikvision device and its cameras over ISAPI: the driver's way in.

Each read fails alone and becomes an `Unavailable` with its reason. The checks decide what the facts mean;
`drivers/capture.py` fetches pictures and detects paths that answer without a login.
"""

from datetime import timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from drivers.allowed_requests import Ask, http
from drivers.collect import Collector, attempt
from drivers.errors import DriverError
from drivers.exchange import Transport
from drivers.footage import Wanted, WantedFootage
from drivers.hikvision import camera as camera_reads
from drivers.hikvision import channels as channel_reads
from drivers.hikvision import device as device_reads
from drivers.hikvision import log_search, platform_link, retention
from drivers.hikvision import recordings as recording_reads
from drivers.hikvision.channels import Table
from drivers.hikvision.client import Isapi
from drivers.hikvision.recordings import Archive
from drivers.hikvision.times import Frame
from drivers.model import Camera, Clock, Observations, Unavailable

ASKS: Final[tuple[Ask, ...]] = (
    *http(
        "device", "GET",
        "/ISAPI/System/deviceInfo", "/ISAPI/System/status", "/ISAPI/System/time", "/ISAPI/System/time/localTime",
        "/ISAPI/System/time/ntpServers",
        "/ISAPI/System/Video/inputs/channels", "/ISAPI/Streaming/channels",
        "/ISAPI/ContentMgmt/InputProxy/channels", "/ISAPI/ContentMgmt/InputProxy/channels/status",
        "/ISAPI/ContentMgmt/record/tracks", "/ISAPI/ContentMgmt/Storage",
        "/ISAPI/ContentMgmt/Storage/hdd/*/SMARTTest/status",
        "/ISAPI/System/Network/SIP", "/ISAPI/System/Network/SIP/*/SIPInfo",
        "/ISAPI/System/Network/Ehome", "/ISAPI/System/Network/EZVIZ",
        "/ISAPI/Security/adminAccesses", "/ISAPI/Security/users",
    ),
    *http(
        "camera", "GET",
        "/ISAPI/ContentMgmt/InputProxy/channels/*/status",
        "/ISAPI/System/Video/inputs/channels/*/privacyMask",
        "/ISAPI/System/Video/inputs/channels/*/privacyMask/regions",
        "/ISAPI/ContentMgmt/InputProxy/channels/*/video/privacyMask",
        "/ISAPI/ContentMgmt/InputProxy/channels/*/video/privacyMask/regions",
        "/ISAPI/System/Video/inputs/channels/*/overlays", "/ISAPI/ContentMgmt/InputProxy/channels/*/video/overlays",
    ),
    *http(
        "search", "POST", "/ISAPI/ContentMgmt/search", "/ISAPI/ContentMgmt/record/tracks/*/dailyDistribution",
        "/ISAPI/ContentMgmt/logSearch",
    ),
)  # fmt: skip

METHOD = "isapi"

_NOTHING = Wanted()


def read(
    cameras: tuple[Camera, ...], transport: Transport, wanted: WantedFootage = MappingProxyType({})
) -> Observations:
    """Read the device behind `transport` and its `cameras`. Never raises for what the device does.

    Reads that pictures, masks and recordings depend on come first; then, within half of the time left, the others. A
    camera's `channel` is the first part of its stream's number: 3 for stream 301. The observation's method names how
    the device writes the times of its recordings.
    """
    isapi, seen = Isapi(transport), Collector(transport, METHOD)
    device = transport.device
    zone = ZoneInfo(device.time_zone)
    box = f"device:{device.id}"
    kind = attempt(device_reads.read_kind, isapi)
    seen.note(box, "identity", kind if isinstance(kind, DriverError) else kind.identity)
    clock = attempt(device_reads.read_clock, isapi, zone)
    protocols = attempt(device_reads.read_protocols, isapi)
    seen.note(box, "protocols", protocols)
    rtsp_port = device_reads.rtsp_port(protocols, device.rtsp_port)
    table = attempt(lambda: channel_reads.read_table(isapi, kind))
    seen.note(box, "channels", attempt(channel_reads.read_channels, isapi, table))
    for camera in cameras:
        subject, channel = f"camera:{camera.id}", camera.channel
        seen.of_source(subject, str(channel))
        seen.note(subject, "streams", attempt(camera_reads.streams_of, device, table, channel, rtsp_port))
        seen.note(subject, "encoders", attempt(camera_reads.encoders_of, table, channel))
        seen.note(subject, "audio", attempt(camera_reads.audio_of, table, channel))
        masks = attempt(camera_reads.read_masks, isapi, table, channel)
        seen.note(subject, "masks", masks if isinstance(masks, DriverError) else masks[0])
        if not isinstance(masks, DriverError):
            seen.note(subject, "mask-options", masks[1])
        movable = attempt(camera_reads.movable_of, kind, table, channel)
        if not isinstance(movable, DriverError):
            seen.note(subject, "movable", movable)
    _footage(isapi, seen, cameras, wanted, table, clock, rtsp_port)
    seen.note(box, "disks", attempt(device_reads.read_disks, isapi))

    for camera in cameras:
        overlays = attempt(camera_reads.read_overlays, isapi, table, camera.channel)
        seen.note(f"camera:{camera.id}", "overlays", overlays)
    seen.note(box, "clock", attempt(device_reads.read_ntp, isapi, clock))
    seen.note(box, "platform-link", attempt(platform_link.read_platforms, isapi))
    seen.note(box, "accounts", attempt(device_reads.read_accounts, isapi))
    seen.note(box, "uptime", attempt(device_reads.read_uptime, isapi))
    now = transport.clock() + _offset(clock)
    seen.note(box, "oldest-log", attempt(log_search.read_oldest, isapi, Frame(zone), now))
    return tuple(seen.observations)


def _footage(
    isapi: Isapi,
    seen: Collector,
    cameras: tuple[Camera, ...],
    wanted: WantedFootage,
    table: Table | DriverError,
    clock: Clock | DriverError,
    rtsp_port: int,
) -> None:
    """Collect each camera's footage, its days, and its plan."""
    device = isapi.transport.device
    tracks = attempt(recording_reads.read_tracks, isapi)
    archive = Archive(isapi, tracks, ZoneInfo(device.time_zone), isapi.transport.clock() + _offset(clock))
    of_camera = {
        camera.id: camera.channel * 100 + 1 if isinstance(table, DriverError) else table.track(camera.channel)
        for camera in cameras
    }
    archive.look(of_camera.values())
    for camera in cameras:
        subject, track, asked = f"camera:{camera.id}", of_camera[camera.id], wanted.get(camera.id, _NOTHING)
        days = attempt(retention.recorded_days, archive, track, asked)
        known = () if isinstance(days, DriverError) else days.days
        held = attempt(retention.recordings_of, archive, track, asked, known, device, rtsp_port)
        seen.note(subject, "recordings", held, how=archive.frame.how)
        later = Unavailable("recorded-days", "not-looked-at", "not asked for in this cycle")
        seen.note(subject, "recorded-days", days if asked.months else later)
        seen.note(subject, "schedule", attempt(retention.schedule_of, archive, track))


def _offset(clock: Clock | DriverError) -> timedelta:
    return timedelta() if isinstance(clock, DriverError) else timedelta(seconds=clock.offset_s)
