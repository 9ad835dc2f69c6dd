"""Answers a simulated Dahua recorder gives over CGI and RPC2, as lines of `key=value` and as JSON. Pure.

Source: the shapes that others published, as `tests/fixtures/dahua/SOURCE.md` lists them; no real unit has been read.
Where that page says "guess", this is one too.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from agent.demo.onvif.device_view import DeviceView
from agent.demo.scene.scene import SIZES_PX
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.platform_slots import DemoSlot, codes_of
from agent.demo.world.recordings import SITE_ZONE, segments
from drivers.model import Span

COVERS = 4
STEPS = 8191
FIRMWARE = "4.001.0000000.6.R,build:2023-08-25"
DISK_BYTES = 991273418752.0
Lines = Sequence[tuple[str, object]]


def text(lines: Lines) -> bytes:
    """Write an answer of CGI."""
    return "".join(
        f"{key}={str(value).lower() if isinstance(value, bool) else value}\r\n" for key, value in lines
    ).encode()


@lru_cache(maxsize=8192)
def wall(at: datetime) -> str:
    """Write a moment as the recorder does: the wall clock without a zone."""
    return f"{at.astimezone(SITE_ZONE):%Y-%m-%d %H:%M:%S}"


def _titles(view: DeviceView) -> Lines:
    return [(f"table.ChannelTitle[{camera.channel - 1}].Name", camera.name) for camera in view.cameras]


def _encoders(view: DeviceView) -> Lines:
    rows: list[tuple[str, object]] = []
    for camera in view.cameras:
        for name, path in zip(("MainFormat[0]", "ExtraFormat[0]", "ExtraFormat[1]"), view.streams(), strict=False):
            at = f"table.Encode[{camera.channel - 1}].{name}"
            width, height = SIZES_PX[path]
            kbps = 512 if path == "main" else 256
            rows += [(f"{at}.AudioEnable", False), (f"{at}.VideoEnable", True), (f"{at}.Video.BitRate", kbps)]
            rows += [(f"{at}.Video.BitRateControl", "CBR"), (f"{at}.Video.Compression", "H.264")]
            rows += [(f"{at}.Video.FPS", 10), (f"{at}.Video.GOP", 8), (f"{at}.Video.Height", height)]
            rows += [(f"{at}.Video.Width", width), (f"{at}.Video.resolution", f"{width}x{height}")]
    return rows


def _widgets(view: DeviceView) -> Lines:
    rows: list[tuple[str, object]] = []
    for camera in view.cameras:
        at = f"table.VideoWidget[{camera.channel - 1}]"
        for title in ("ChannelTitle", "TimeTitle"):
            rows += [(f"{at}.{title}.EncodeBlend", True), (f"{at}.{title}.PreviewBlend", True)]
            rows += [(f"{at}.{title}.Rect[{n}]", 0) for n in range(4)]
        for number in range(COVERS):
            rows += _cover(f"{at}.Covers[{number}]", camera if number == 0 else None)
    return rows


def _cover(at: str, camera: DemoCamera | None) -> Lines:
    mask = camera.mask if camera else None
    shown = mask is not None and mask.enabled
    box = (0, 0, 0, 0)
    colour = (0, 0, 0)
    if mask is not None:
        across, down = [x for x, _ in mask.polygon], [y for _, y in mask.polygon]
        left, top, right, bottom = (round(one * STEPS) for one in (min(across), min(down), max(across), max(down)))
        box = (left, top, right, bottom)
        red, green, blue = bytes.fromhex(mask.color.removeprefix("#"))
        colour = (red, green, blue)
    rows: list[tuple[str, object]] = [(f"{at}.BackColor[{n}]", part) for n, part in enumerate((*colour, 128))]
    rows += [(f"{at}.{name}", shown) for name in ("EncodeBlend", "EncodeBlendExtra1", "PreviewBlend")]
    return [*rows, *((f"{at}.Rect[{n}]", part) for n, part in enumerate(box))]


def _behind(view: DeviceView) -> Lines:
    rows: list[tuple[str, object]] = []
    for camera in view.cameras:
        at = f"table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_{camera.channel - 1}"
        rows += [(f"{at}.Address", f"192.168.254.{10 + camera.channel}"), (f"{at}.DeviceType", "IPC-HFW2831T")]
        rows += [(f"{at}.Enable", True), (f"{at}.HttpPort", 80), (f"{at}.Mac", f"02:e3:6b:00:00:{camera.channel:02x}")]
        rows += [(f"{at}.Name", ""), (f"{at}.Password", "******"), (f"{at}.Port", 37777)]
        rows += [(f"{at}.ProtocolType", "Private"), (f"{at}.SerialNo", f"8J{camera.code[-8:]}")]
        rows += [(f"{at}.UserName", "admin"), (f"{at}.Vendor", "Private")]
    return rows


def _record_modes(view: DeviceView) -> Lines:
    return [(f"table.RecordMode[{camera.channel - 1}].Mode", 0) for camera in view.cameras]


def _records(view: DeviceView) -> Lines:
    rows: list[tuple[str, object]] = []
    for camera in view.cameras:
        at = f"table.Record[{camera.channel - 1}]"
        rows += [(f"{at}.Enable", False), (f"{at}.PreRecord", 4)]
        rows += [
            (f"{at}.TimeSection[{day}][{n}]", f"{0 if n else 1} 00:00:00-23:59:59")
            for day in range(8)
            for n in range(6)
        ]
    return rows


def _disks(view: DeviceView) -> Lines:
    del view
    at = "list.info[0]"
    return [
        (f"{at}.Detail[0].IsError", False), (f"{at}.Detail[0].Path", "/dev/sda0"),
        (f"{at}.Detail[0].TotalBytes", f"{DISK_BYTES:f}"), (f"{at}.Detail[0].Type", "ReadWrite"),
        (f"{at}.Detail[0].UsedBytes", f"{DISK_BYTES:f}"), (f"{at}.HealthDataFlag", 0), (f"{at}.Name", "/dev/sda"),
        (f"{at}.State", "Success"),
    ]  # fmt: skip


def _accounts(view: DeviceView) -> Lines:
    rows: list[tuple[str, object]] = []
    for number, (name, group) in enumerate((("admin", "admin"), (view.spec.user, "user"))):
        at = f"users[{number}]"
        rows += [(f"{at}.Group", group), (f"{at}.Id", number + 1), (f"{at}.Memo", ""), (f"{at}.Name", name)]
    return rows


_NTP: Lines = (
    ("table.NTP.Address", "ntp.site.invalid"), ("table.NTP.Enable", True), ("table.NTP.Port", 123),
    ("table.NTP.TimeZone", 13), ("table.NTP.TimeZoneDesc", "Beijing"), ("table.NTP.UpdatePeriod", 60),
)  # fmt: skip

READS: dict[str, Callable[[DeviceView], Lines]] = {
    "getCurrentTime": lambda view: [("result", wall(view.now))],
    "getSystemInfo": lambda view: [
        ("deviceType", 31), ("hardwareVersion", "V1.0"), ("processor", "ST7108"),
        ("serialNumber", view.spec.serial), ("updateSerial", view.spec.model),
    ],
    "getDeviceType": lambda view: [("type", view.spec.model)],
    "getSerialNo": lambda view: [("sn", view.spec.serial)],
    "getSoftwareVersion": lambda view: [("version", FIRMWARE)],
    "getVendor": lambda view: [("vendor", "Dahua")],
    "getDeviceAllInfo": _disks,
    "getUserInfoAll": _accounts,
    "NTP": lambda view: _NTP,
    "ChannelTitle": _titles,
    "Encode": _encoders,
    "VideoWidget": _widgets,
    "RemoteDevice": _behind,
    "RecordMode": _record_modes,
    "Record": _records,
}  # fmt: skip
"""What CGI answers, by its action or by the table whose configuration is read."""


def files(view: DeviceView, channel: int, window: tuple[str, str]) -> list[tuple[int, Span]]:
    """Return the files of a channel that lie in a window of wall-clock digits, oldest first."""
    found = [part for one in view.recordings() if one.camera.channel == channel for part in segments(one.span)]
    found.sort(key=lambda part: part.start_at)
    return [(channel - 1, one) for one in found if wall(one.end_at) > window[0] and wall(one.start_at) < window[1]]


def items(page: Sequence[tuple[int, Span]]) -> bytes:
    """Write an answer to findNextFile."""
    rows: list[tuple[str, object]] = [("found", len(page))]
    for number, (channel, span) in enumerate(page):
        at = f"items[{number}]"
        rows += [(f"{at}.Channel", channel), (f"{at}.EndTime", wall(span.end_at))]
        rows += [(f"{at}.FilePath", f"/mnt/dvr/sda0/{wall(span.start_at)[:10]}/x[R][0@0][0].dav")]
        rows += [(f"{at}.Length", 734003200), (f"{at}.StartTime", wall(span.start_at)), (f"{at}.Type", "dav")]
    return text(rows)


def camera_states(view: DeviceView) -> dict[str, Any]:
    """Answer RPC2's getCameraState."""
    states = [{"channel": one.channel - 1, "connectionState": "Connected"} for one in view.cameras]
    return {"params": {"states": states}, "result": True}


def table(view: DeviceView, name: str) -> dict[str, Any]:
    """Answer RPC2's configManager.getConfig: the slots for platforms, and the servers beside them."""
    tables: dict[str, Callable[[], dict[str, Any]]] = {
        "VSP_GAYS_SERVER": lambda: {
            "enable": True, "version": "2016", "sipServer": [_slot(view, one) for one in view.slots.listed()],
        },
        "VSP_GAVI": lambda: {"Enable": False, "Password": "******"},
        "T2UServer": lambda: {"Enable": False},
    }  # fmt: skip
    if name not in tables:
        return {"error": {"code": 268894210, "message": "Component error: Method not found!"}, "result": False}
    return {"params": {"options": None, "table": tables[name]()}, "result": True}


def _slot(view: DeviceView, slot: DemoSlot) -> dict[str, Any]:
    used = bool(slot.server_id)
    codes = codes_of((one.code for one in view.cameras), view.slots.lies) if used else []
    told = {"IsOnLine": slot.registered} if slot.registered is not None else {}
    return {
        "serverOption": "GB28181" if slot.enabled else "Disable", "sipSvrId": slot.server_id,
        "domain": slot.server_id[:10], "sipSvrIp": slot.host, "sipSvrPort": slot.port, "deviceId": slot.device_id,
        "password": "******", "localSipPort": slot.local_port, "sipRegExpires": slot.expires_s,
        "regInterval": slot.retry_s, "keepAliveCircle": slot.heartbeat_s, "maxTimeoutTimes": slot.misses,
        "civilCode": slot.server_id[:6], "channelInfo": [{"id": code, "alarmLevel": 1} for code in codes], **told,
    }  # fmt: skip
