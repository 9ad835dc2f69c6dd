"""Writes the agent's configuration for the simulated site, as an operator would: site.toml and secrets.toml."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from agent.demo.onvif.device_view import HOST
from agent.demo.world.cameras import CAMERAS, DEVICES, DemoCamera, DemoDevice, DemoMask
from agent.host.files import write_atomic

SITE_ID = "dt0001"
SITE_NAME = "Simulated school, Datong"
CITY = "140200"
DIVISION = "140200"
PERIOD_S = 60
IN_USE_SINCE = "2024-09-01"
DEADLINE_S = 6
DISCOVERY_WAIT_S = 0.5
EFFECTS = {"Color": "color", "Pixelated": "pixelated", "Blurred": "blurred"}

Row = tuple[str, object]
DECLARED: tuple[Row, ...] = (("by", "head of security"), ("at", "2026-09-01"))


def site_toml(
    ports: Mapping[str, tuple[int, int]],
    hub: Mapping[str, object],
    directory: Path,
    responders: Iterable[str] = (),
    devices: Iterable[DemoDevice] = DEVICES,
    cameras: Iterable[DemoCamera] = CAMERAS,
) -> str:
    """Render site.toml.

    `ports` are HTTP and RTSP port of each device, `hub` the rows of `[hub]` (user and password go into secrets.toml),
    `directory` is for the agent's own files, `responders` are the addresses that answer discovery.
    """
    hub_rows: list[Row] = [(key, value) for key, value in hub.items() if key not in ("user", "password")]
    if "user" in hub:
        hub_rows.append(("credential", "hub"))
    periods: list[Row] = [("period_s", PERIOD_S), ("in_use_since", IN_USE_SINCE)]
    tables = [
        "# Written by the simulated site; as an operator would write it for real devices.",
        _table("[site]", [("id", SITE_ID), ("name", SITE_NAME), ("city", CITY), ("division", DIVISION), *periods]),
        _table("[probe]", [("deadline_s", DEADLINE_S)]),
        # The simulated devices take their time from this machine's clock, whatever its kernel thinks of it.
        _table("[policy]", [("own_clock", "trusted")]),
        _table("[discovery]", [("addresses", list(responders)), ("wait_s", DISCOVERY_WAIT_S)]),
        _table("[storage]", [("directory", str(directory / "state")), ("runtime", str(directory / "runtime"))]),
        _table("[hub]", hub_rows),
    ]
    for device in devices:
        http_port, rtsp_port = ports[device.id]
        rows: list[Row] = [("id", device.id), ("host", HOST), ("port", http_port), ("driver", device.driver)]
        tables.append(_table("[[device]]", [*rows, ("credential", device.id), ("rtsp_port", rtsp_port)]))
    tables += [_camera(camera) for camera in cameras]
    # Without them no duty of Order 799 that spares some places could fail here, and no age of footage could pass.
    duties: tuple[Row, ...] = (("national-class", "7-2"), ("key-target", False))
    tables += [_table("[[declaration]]", [("duty", duty), ("value", value), *DECLARED]) for duty, value in duties]
    return "\n\n".join(tables) + "\n"


def secrets_toml(logins: Mapping[str, tuple[str, str]]) -> str:
    """Render secrets.toml from user and password by the credential's name."""
    tables = (
        _table(f"[credential.{name}]", [("user", login[0]), ("password", login[1])]) for name, login in logins.items()
    )
    return "\n\n".join(tables) + "\n"


def write(directory: Path, site: str, secrets: str) -> Path:
    """Write both files into a directory, with the folders that the agent needs; return the path of site.toml."""
    for folder in (directory, directory / "state", directory / "runtime"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(directory / "secrets.toml", secrets.encode(), 0o600)
    write_atomic(directory / "site.toml", site.encode(), 0o644)
    return directory / "site.toml"


def _camera(camera: DemoCamera) -> str:
    rows: list[Row] = [("id", camera.id), ("device", camera.device), ("channel", camera.channel)]
    rows += [("name", camera.name), ("placement", camera.placement)]
    rows += [("code", camera.code)] if camera.code else []
    rows += [("recorded", True)] if camera.recording is not None else []
    table = _table("[[camera]]", rows)
    if camera.mask is not None:
        return f"{table}\n\n{_table('[[camera.private_zone]]', _zone(camera.zone, camera.mask))}"
    return f"{table}\n\n{_table('[camera.no_private_area]', DECLARED)}"


def _zone(name: str, mask: DemoMask) -> list[Row]:
    rows: list[Row] = [("name", name), ("polygon", mask.polygon), ("effect", EFFECTS[mask.effect])]
    return [*rows, ("color", mask.color)] if mask.effect == "Color" else rows


def _table(header: str, rows: Iterable[Row]) -> str:
    return "\n".join([header, *(f"{key} = {_value(value)}" for key, value in rows)])


def _value(value: object) -> str:
    """A TOML value: JSON's strings, numbers, booleans and arrays are written alike."""
    return json.dumps(value, ensure_ascii=False)
