"""Reads devices, cameras and zones out of site.toml, and what must hold between them. Pure, but for a look at `ca`.

A camera is read through exactly one device that stands in the same file; no two cameras share a device's channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from agent.config import DEFAULT_TIME_ZONE, CameraConfig, Mute, NoPrivateArea, Policy, PrivateZone
from agent.config_days import read_date, read_day, read_time_zone
from agent.config_sections import RETENTION_MAX_DAYS, read_credential, read_host
from agent.config_table import Table
from drivers.footage import Store
from drivers.model import Camera, Credential, Device, Point, Polygon
from drivers.registry import DRIVERS
from masking.geometry import GeometryError, validate
from masking.quality import INDICATORS

NAME = r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}"
"""Ids stand in subjects (`camera:ID`), file names and arguments: nothing in them needs quoting."""
NAME_RULE = "1 to 64 characters of 0-9, A-Z, a-z, . _ and -, the first a letter or digit"

CHANNEL_MAX = 1024
DEFAULT_DRIVER = "onvif"
DEFAULT_PORT = 80
DEFAULT_TLS_PORT = 443

MUTABLE = tuple(indicator.name for indicator in INDICATORS if indicator.name != "signal-lost")
"""Indicators of picture quality that a camera may be muted for; a camera that is gone is none of them."""
MUTE_EXAMPLE = "blurred"

_CA_MAX_BYTES = 1024 * 1024

_DEFAULT_CAMERA = Camera(id="", device="")
_DEFAULT_DEVICE = Device(id="", host="", port=DEFAULT_PORT, driver=DEFAULT_DRIVER)
_NO_POLYGON: Polygon = ()


def read_devices(
    top: Table, credentials: Mapping[str, Credential] | None, site_time_zone: str = DEFAULT_TIME_ZONE
) -> tuple[Device, ...]:
    """Read every `[[device]]`; `credentials` None: the secrets file could not be read."""
    devices: list[Device] = []
    seen = _Seen("device")
    addresses = _Seen("device")
    for table in top.tables("device", "device"):
        table.only("id", "host", "port", "driver", "credential", "rtsp_port", "tls", "allow_basic", "ca", "time_zone")
        tls = table.flag("tls", _DEFAULT_DEVICE.tls)
        driver = table.choice("driver", DEFAULT_DRIVER, tuple(DRIVERS))
        device = Device(
            id=table.text("id", like=NAME, rule=NAME_RULE, example='"gate-nvr"'),
            host=read_host(table, '"192.0.2.64"'),
            port=table.integer("port", DEFAULT_TLS_PORT if tls else DEFAULT_PORT, 1, 65535),
            driver=driver,
            credential=read_credential(table, credentials),
            rtsp_port=table.integer("rtsp_port", _DEFAULT_DEVICE.rtsp_port, 0, 65535),
            tls=tls,
            allow_basic=table.flag("allow_basic", _DEFAULT_DEVICE.allow_basic),
            time_zone=read_time_zone(table, site_time_zone),
            ca=_ca(table, tls),
        )
        seen.check(table, "id", device.id, f'id "{device.id}"')
        if device.host:
            port = f"{device.host.lower()} port {device.port}"
            addresses.check(table, "host", port, f"host {port}", "one box is one device: list its channels as cameras")
        devices.append(device)
    return tuple(devices)


def _ca(table: Table, tls: bool) -> Path | None:
    """Return the certificates that vouch for a device: a file that this user can read and that holds some."""
    if "ca" in table.data and not tls:
        table.note("ca", "ca has no use with tls = false", "set tls = true, or remove it")
    path = table.file("ca", "camera-ca.pem")
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            held = file.read(_CA_MAX_BYTES)
    except OSError as error:
        table.note("ca", f"ca {path} cannot be read: {error.strerror}", "let this user and the service's read it")
        return None
    if b"-----BEGIN CERTIFICATE-----" not in held:
        fix = "write certificates in PEM form into it, the authority's or the device's own"
        table.note("ca", f"ca {path} holds no certificate", fix)
        return None
    return path


def read_cameras(
    top: Table, devices: tuple[Device, ...], stores: tuple[Store, ...], policy: Policy
) -> tuple[CameraConfig, ...]:
    """Read every `[[camera]]` with its zones."""
    cameras: list[CameraConfig] = []
    ids, codes, channels = _Seen("camera"), _Seen("camera"), _Seen("camera")
    known = {device.id for device in devices}
    for table in top.tables("camera", "camera"):
        table.only(
            "id", "device", "channel", "name", "code", "placement", "recorded", "retention_days", "store", "store_name",
            "in_use_since", "private_zone", "no_private_area", "mute",
        )  # fmt: skip
        camera = Camera(
            id=table.text("id", like=NAME, rule=NAME_RULE, example='"gate"'),
            device=table.text("device", like=NAME, rule="the id of a device", example='"gate-nvr"'),
            name=table.text("name", _DEFAULT_CAMERA.name),
            code=table.text(
                "code", _DEFAULT_CAMERA.code, like="[0-9]{20}", rule="the 20 digits of a GB/T 28181 code",
                example='"14020000001320000017"',
            ),
            channel=table.integer("channel", _DEFAULT_CAMERA.channel, 1, CHANNEL_MAX),
            placement=table.text("placement", _DEFAULT_CAMERA.placement),
        )  # fmt: skip
        ids.check(table, "id", camera.id, f'id "{camera.id}"')
        codes.check(table, "code", camera.code, f"code {camera.code}")
        if camera.device and camera.device not in known:
            names = ", ".join(sorted(filter(None, known))) or "none"
            table.note("device", f'no device has the id "{camera.device}"', f"use one of: {names}")
        elif camera.device:
            channel = f"channel {camera.channel} of device {camera.device}"
            key = "channel" if "channel" in table.data else "device"
            channels.check(table, key, channel, channel, "give each camera its own channel")
        store = _store(table, stores)
        cameras.append(
            CameraConfig(
                camera=camera,
                zones=_zones(table),
                no_private_area=_no_private_area(table),
                recorded=table.flag("recorded", bool(store)),
                retention_days=_retention_days(table, policy),
                store=store,
                store_name=table.text("store_name", camera.id if store else ""),
                in_use_since=read_date(table, "in_use_since"),
                mutes=_mutes(table),
            )
        )
    return tuple(cameras)


def _store(table: Table, stores: tuple[Store, ...]) -> str:
    """Return the store that the camera's footage is in, empty where it is on its device."""
    store = table.text("store", "")
    known = [one.id for one in stores]
    if store and store not in known:
        names = ", ".join(sorted(filter(None, known))) or "none"
        table.note("store", f'no store has the id "{store}"', f"use one of: {names}")
    if "store_name" in table.data and "store" not in table.data:
        table.note("store_name", "store_name has no use without store", "add store, or remove store_name")
    return store


def _retention_days(table: Table, policy: Policy) -> int:
    days = table.integer("retention_days", 0, 0, RETENTION_MAX_DAYS)
    if 0 < days < policy.retention_floor_days:
        table.note(
            "retention_days",
            f"retention_days = {days} is below the site's floor of {policy.retention_floor_days} days",
            "raise it, or leave it away to use the floor",
        )
    return days


def _zones(camera: Table) -> tuple[PrivateZone, ...]:
    zones: list[PrivateZone] = []
    names = _Seen("zone")
    for table in camera.tables("private_zone", "zone"):
        table.only("name", "polygon", "effect", "color")
        zone = PrivateZone(
            name=table.text("name", example='"window"'),
            polygon=_polygon(table),
            effect=table.choice("effect", "any", ("color", "pixelated", "blurred", "any")),
            color=table.text(
                "color", "", like="#[0-9A-Fa-f]{6}", rule="a colour as #rrggbb", example='"#000000"'
            ).lower(),
        )
        if zone.color and zone.effect in ("pixelated", "blurred"):
            table.note("color", f'color has no use with effect = "{zone.effect}"', 'remove it, or set effect = "color"')
        names.check(table, "name", zone.name, f'name "{zone.name}"')
        zones.append(zone)
    return tuple(zones)


def _polygon(table: Table) -> Polygon:
    example = "[[0.1, 0.1], [0.4, 0.1], [0.4, 0.5]]"
    if not table.required("polygon", example):
        return _NO_POLYGON
    value = table.data["polygon"]
    if not isinstance(value, list):
        shown = table.document.shown(value)
        table.note("polygon", f"polygon must be a list of points, not {shown}", f"write for example {example}")
        return _NO_POLYGON
    points: list[Point] = []
    for index, element in enumerate(value):
        point = _point(element)
        if point is None:
            table.document.note(
                (*table.path, "polygon", index),
                table.where,
                f"point {index + 1} of polygon is {table.document.shown(element)}",
                "write [x, y], both from 0 to 1: shares of the picture's width and height, from its top left",
            )
        else:
            points.append(point)
    if len(points) < len(value):
        return _NO_POLYGON
    polygon = tuple(points)
    try:
        validate(polygon)
    except GeometryError as error:
        table.note("polygon", str(error), "name its corners in order around the area, each once")
    return polygon


def _point(element: object) -> Point | None:
    if not isinstance(element, list) or len(element) != 2:
        return None
    x, y = element
    for number in (x, y):
        # NaN fails the comparison.
        if not isinstance(number, int | float) or isinstance(number, bool) or not 0 <= number <= 1:
            return None
    return float(x), float(y)


def _no_private_area(camera: Table) -> NoPrivateArea | None:
    table = camera.table("no_private_area", "optional")
    if table is None:
        return None
    table.only("by", "at")
    if camera.data.get("private_zone"):
        camera.note(
            "no_private_area",
            "it declares both private zones and that there is no private area",
            "remove [camera.no_private_area] or the zones",
        )
    return NoPrivateArea(by=table.text("by", example='"Li Na"'), at=read_day(table, "at"))


def _mutes(camera: Table) -> tuple[Mute, ...]:
    mutes: list[Mute] = []
    names = _Seen("mute")
    for table in camera.tables("mute", "mute"):
        table.only("indicator", "until", "by")
        named = table.required("indicator", f'"{MUTE_EXAMPLE}"')
        indicator = table.choice("indicator", MUTE_EXAMPLE, MUTABLE) if named else ""
        until = read_day(table, "until")
        by = table.text("by", example='"Li Na"')
        said = indicator if table.data.get("indicator") == indicator else ""
        names.check(table, "indicator", said, f'indicator "{said}"')
        if until:
            mutes.append(Mute(indicator, date.fromisoformat(until), by))
    return tuple(mutes)


class _Seen:
    """Where each value stood first, so that the second one can name it. `noun` is what carries the value."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self.first: dict[str, int] = {}

    def check(self, table: Table, key: str, value: str, shown: str, fix: str = "") -> None:
        """Note that a value was used before; an empty value (a mistake noted elsewhere, or none given) is not one."""
        if not value:
            return
        if value in self.first:
            table.note(
                key,
                f"{shown} is already used on line {self.first[value]}",
                fix or f"give each {self.noun} its own {key}",
            )
        else:
            self.first[value] = table.line(key) or table.line("")
