"""Parses devices and cameras from site.toml, and validates their relations. Pure, but for reading `ca`.

A camera is read through exactly one device of the same file; no two cameras share a device's channel.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from agent.model.errors import os_words
from agent.model.finding import Message, listed
from agent.site.config.limits import RETENTION_MAX_DAYS
from agent.site.config.sections import read_credential, read_host
from agent.site.config.site import DEFAULT_TIME_ZONE, CameraConfig, Mute, Policy
from agent.site.config.zones import read_no_private_area, read_overlay_boxes, read_presets, read_ptz_lock, read_zones
from agent.site.toml.days import read_date, read_day, read_time_zone
from agent.site.toml.table import Table, Unique
from drivers.footage import Store
from drivers.model import Camera, Credential, Device
from drivers.registry import DRIVERS
from masking.quality.indicators import INDICATORS

NAME = r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}"
"""Ids are used in subjects (`camera:ID`), file names and arguments: nothing in them needs quoting."""
NAME_RULE = "1 to 64 characters of 0-9, A-Z, a-z, . _ and -, the first a letter or digit"

CHANNEL_MAX = 1024
DEFAULT_DRIVER = "onvif"
DEFAULT_PORT = 80
DEFAULT_TLS_PORT = 443

MUTABLE = tuple(indicator.name for indicator in INDICATORS if indicator.name != "signal-lost")
"""Indicators of picture quality that a camera may be muted for; a lost signal is none of them."""
MUTE_EXAMPLE = "blurred"

_CA_MAX_BYTES = 1024 * 1024

_PIN = r"sha256:(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}"
_PIN_RULE = "sha256: and the 64 digits of the certificate's fingerprint, with or without colons"
_PIN_EXAMPLE = '"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"'

_DEFAULT_CAMERA = Camera(id="", device="")
_DEFAULT_DEVICE = Device(id="", host="", port=DEFAULT_PORT, driver=DEFAULT_DRIVER)


def read_devices(
    top: Table, credentials: Mapping[str, Credential] | None, site_time_zone: str = DEFAULT_TIME_ZONE
) -> tuple[Device, ...]:
    """Read every `[[device]]`; `credentials` None: the secrets file could not be read."""
    devices: list[Device] = []
    seen = Unique("device")
    addresses = Unique("device")
    for table in top.tables("device", "device"):
        table.only(
            "id", "host", "port", "driver", "credential", "rtsp_port", "tls", "allow_basic", "ca", "pin", "time_zone"
        )
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
            pin=_pin(table, tls),
        )
        seen.check(table, "id", device.id, f'id "{device.id}"')
        if device.host:
            port = f"{device.host.lower()} port {device.port}"
            addresses.check(table, "host", port, f"host {port}", "one box is one device: list its channels as cameras")
        devices.append(device)
    return tuple(devices)


def _ca(table: Table, tls: bool) -> Path | None:
    """Return the certificates that vouch for a device: a file that this user can read and that has some."""
    if "ca" in table.data and not tls:
        table.note("ca", "ca has no use with tls = false", "set tls = true, or remove it")
    path = table.file("ca", "camera-ca.pem")
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            held = file.read(_CA_MAX_BYTES)
    except OSError as error:
        table.note(
            "ca",
            Message("ca {path} cannot be read: {why}", {"path": path, "why": os_words(error)}),
            "let this user and the service's read it",
        )
        return None
    if b"-----BEGIN CERTIFICATE-----" not in held:
        fix = "write certificates in PEM form into it, the authority's or the device's own"
        table.note("ca", Message("ca {path} holds no certificate", {"path": path}), fix)
        return None
    return path


def _pin(table: Table, tls: bool) -> str:
    """Return the one certificate that is trusted, as `Device.pin` has it; empty where none is pinned."""
    if "pin" not in table.data:
        return ""
    if not tls:
        table.note("pin", "pin has no use with tls = false", "set tls = true, or remove it")
    written = table.text("pin", "", like=_PIN, rule=_PIN_RULE, example=_PIN_EXAMPLE)
    kind, _, digits = written.partition(":")
    return f"{kind}:{digits.replace(':', '').lower()}" if written else ""


def read_cameras(
    top: Table, devices: tuple[Device, ...], stores: tuple[Store, ...], policy: Policy
) -> tuple[CameraConfig, ...]:
    """Read every `[[camera]]` with its zones."""
    cameras: list[CameraConfig] = []
    ids, codes, channels = Unique("camera"), Unique("camera"), Unique("camera")
    known = {device.id for device in devices}
    for table in top.tables("camera", "camera"):
        table.only(
            "id", "device", "channel", "name", "code", "placement", "recorded", "retention_days", "store", "store_name",
            "in_use_since", "private_zone", "no_private_area", "mute", "ptz", "preset", "overlay_boxes",
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
            names = listed(sorted(filter(None, known)) or ["none"])
            table.note(
                "device",
                Message('no device has the id "{device}"', {"device": camera.device}),
                Message("use one of: {names}", {"names": names}),
            )
        elif camera.device:
            channel = f"channel {camera.channel} of device {camera.device}"
            key = "channel" if "channel" in table.data else "device"
            channels.check(table, key, channel, channel, "give each camera its own channel")
        store = _store(table, stores)
        cameras.append(
            CameraConfig(
                camera=camera,
                zones=read_zones(table),
                no_private_area=read_no_private_area(table),
                recorded=table.flag("recorded", bool(store)),
                retention_days=_retention_days(table, policy),
                store=store,
                store_name=table.text("store_name", camera.id if store else ""),
                in_use_since=read_date(table, "in_use_since"),
                mutes=_mutes(table),
                ptz_lock=read_ptz_lock(table),
                presets=read_presets(table),
                overlay_boxes=read_overlay_boxes(table),
            )
        )
    return tuple(cameras)


def _store(table: Table, stores: tuple[Store, ...]) -> str:
    """Return the store of the camera's footage, empty where it is on its device."""
    store = table.text("store", "")
    known = [one.id for one in stores]
    if store and store not in known:
        names = listed(sorted(filter(None, known)) or ["none"])
        table.note(
            "store",
            Message('no store has the id "{store}"', {"store": store}),
            Message("use one of: {names}", {"names": names}),
        )
    if "store_name" in table.data and "store" not in table.data:
        table.note("store_name", "store_name has no use without store", "add store, or remove store_name")
    return store


def _retention_days(table: Table, policy: Policy) -> int:
    days = table.integer("retention_days", 0, 0, RETENTION_MAX_DAYS)
    if 0 < days < policy.retention_floor_days:
        table.note(
            "retention_days",
            Message(
                "retention_days = {days} is below the site's floor of {retention_floor_days} days",
                {"days": days, "retention_floor_days": policy.retention_floor_days},
            ),
            "raise it, or leave it away to use the floor",
        )
    return days


def _mutes(camera: Table) -> tuple[Mute, ...]:
    mutes: list[Mute] = []
    names = Unique("mute")
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
