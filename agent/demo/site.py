"""Simulates the site: one recorder with six channels and six more boxes, all on loopback, with faults on show.

Start it, write the agent's configuration for it, switch faults on and off, stop it. Its devices, cameras and faults
are in `agent/demo/world/cameras.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from agent.demo.dahua.device import DahuaDevice
from agent.demo.isapi.device import IsapiDevice
from agent.demo.onvif.announcing import Announcer
from agent.demo.onvif.device import OnvifDevice
from agent.demo.onvif.device_view import HOST
from agent.demo.site_config import CITY, SITE_ID, SITE_NAME, secrets_toml, site_toml, write
from agent.demo.world.cameras import BARE_CLIPS, CAMERAS, DEVICE_FAULTS, DEVICES, DemoCamera, DemoDevice, Fault
from agent.demo.world.changes import DEVICE_KEY, Changes
from agent.demo.world.listening import HangingDevice
from agent.demo.world.lying import HONEST, Lying
from agent.demo.world.platform_slots import SlotTable

__all__ = ["CITY", "SITE_ID", "SITE_NAME", "DeviceAddress", "SimulatedSite"]

_Spec = TypeVar("_Spec", DemoCamera, DemoDevice)
_Server = OnvifDevice | IsapiDevice | DahuaDevice | HangingDevice
_KINDS: Mapping[str, type[OnvifDevice | IsapiDevice | DahuaDevice]] = {
    "onvif": OnvifDevice,
    "hikvision": IsapiDevice,
    "dahua": DahuaDevice,
}


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """Address and ports of a simulated device."""

    host: str
    port: int
    rtsp_port: int


class SimulatedSite:
    """All devices of the site. Passwords are new with every site, unless one is given for all."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        devices: Sequence[DemoDevice] = DEVICES,
        cameras: Sequence[DemoCamera] = CAMERAS,
        password: str = "",
    ) -> None:
        """Bind every port. Nothing answers before `start`.

        Args:
            clock: Returns aware UTC time; the devices' clocks, scenes and recordings follow it.
            devices: The devices of the site.
            cameras: Their cameras.
            password: That of every device; empty: a new one for each.

        Raises:
            OSError: A port could not be bound.
        """
        self._changes = Changes(clock)
        self._specs, self._cameras = tuple(devices), tuple(cameras)
        self._passwords = {device.id: password or secrets.token_urlsafe(12) for device in devices}
        self._servers: dict[str, _Server] = {}
        self._announcer: Announcer | None = None
        try:
            for device in devices:
                self._servers[device.id] = self._build(device, clock)
            ports = {name: server.http.port for name, server in self._servers.items()}
            self._announcer = Announcer(ports, {device.id: device for device in devices})
        except OSError:
            self.stop()
            raise

    def _build(self, device: DemoDevice, clock: Callable[[], datetime]) -> _Server:
        if device.behaviour == "hangs":
            return HangingDevice(device.id)
        return _KINDS[device.driver](
            device, self._cameras_of(device.id), self._passwords[device.id], clock, self._changes
        )

    def _cameras_of(self, device_id: str) -> tuple[DemoCamera, ...]:
        of_it = (camera for camera in self._cameras if camera.device == device_id)
        return tuple(sorted(of_it, key=lambda one: one.channel))

    def start(self) -> None:
        """Let every device answer."""
        for server in self._servers.values():
            server.start()
        if self._announcer:
            self._announcer.start()

    def stop(self) -> None:
        """End every thread and close every socket. Safe to call twice."""
        if self._announcer:
            self._announcer.stop()
        for server in self._servers.values():
            server.stop()

    def __enter__(self) -> SimulatedSite:
        """Start the site."""
        self.start()
        return self

    def __exit__(self, *details: object) -> None:
        """Stop the site."""
        self.stop()

    @property
    def devices(self) -> Mapping[str, DeviceAddress]:
        """Addresses by device id."""
        return MappingProxyType(
            {name: DeviceAddress(HOST, server.http.port, server.rtsp.port) for name, server in self._servers.items()}
        )

    @property
    def responder(self) -> str:
        """Where discovery is answered for all of them, as `[discovery] addresses` names it."""
        return self._announcer.address if self._announcer else ""

    @property
    def failed_logins(self) -> Mapping[str, int]:
        """Number of refused logins by device id."""
        gates = {name: one.gate for name, one in self._servers.items() if not isinstance(one, HangingDevice)}
        return MappingProxyType({name: gate.failed_logins for name, gate in gates.items()})

    @property
    def most_streams(self) -> Mapping[str, int]:
        """The most RTSP sessions that there were at one time, by device id."""
        return MappingProxyType({name: server.rtsp.most_playing for name, server in self._servers.items()})

    @property
    def writes_refused(self) -> Mapping[str, int]:
        """Number of refused requests that would have changed something, by id of the ISAPI device."""
        return MappingProxyType({name: server.writes_refused for name, server in self._isapi().items()})

    def _isapi(self) -> dict[str, IsapiDevice]:
        return {name: server for name, server in self._servers.items() if isinstance(server, IsapiDevice)}

    def login(self, device_id: str) -> tuple[str, str]:
        """The user and the right password of a device, whatever is configured."""
        user = next(device.user for device in self._specs if device.id == device_id)
        return user, self._passwords[device_id]

    def change(self, camera_id: str, fault: Fault | None) -> None:
        """Put a camera into a fault, or mend it with None.

        Raises:
            ValueError: There is no such camera, or it cannot show this fault.
        """
        camera = next((camera for camera in self._cameras if camera.id == camera_id), None)
        if camera is None:
            raise ValueError(f"the simulated site has no camera {camera_id}")
        if fault in DEVICE_FAULTS:
            raise ValueError(f"{fault} is a fault of a whole recorder, not of camera {camera_id}")
        if fault == "mask-removed" and camera_id not in BARE_CLIPS:
            raise ValueError(f"camera {camera_id} has no clip without its mask")
        if fault == "recordings-lost" and camera.recording is None:
            raise ValueError(f"camera {camera_id} is not recorded")
        if fault in ("motion-only", "old-deleted") and (camera.device not in self._isapi() or not camera.recording):
            raise ValueError(f"camera {camera_id} is not recorded by a device that speaks ISAPI")
        self._changes.switch(camera_id, fault)

    def change_device(self, device_id: str, fault: Fault | None) -> None:
        """Put a whole recorder into a fault, or mend it with None.

        Raises:
            ValueError: It is no device that speaks ISAPI, or that is no fault of a device.
        """
        if device_id not in self._isapi() or (fault is not None and fault not in DEVICE_FAULTS):
            raise ValueError(f"device {device_id} cannot show the fault {fault}")
        self._changes.switch(DEVICE_KEY + device_id, fault)

    def lie(self, device_id: str, lying: Lying = HONEST) -> None:
        """Let a device lie from its next answer on, or say what is true again.

        Raises:
            ValueError: The device never answers.
        """
        server = self._servers[device_id]
        if isinstance(server, HangingDevice):
            raise ValueError(f"device {device_id} never answers, whatever it is")
        server.lying = lying

    def slots(self, device_id: str) -> SlotTable:
        """Return the slots for platforms of a recorder, to fill in, to empty, and to lie of.

        Raises:
            ValueError: The device tells of none.
        """
        server = self._servers[device_id]
        if not isinstance(server, IsapiDevice | DahuaDevice):
            raise ValueError(f"device {device_id} tells of no slots")
        return server.slots

    def restart(self, device_id: str) -> None:
        """Restart a recorder that speaks ISAPI.

        Raises:
            KeyError: There is no such recorder.
        """
        self._isapi()[device_id].restart()

    def replace(self, *rows: DemoCamera | DemoDevice) -> None:
        """Replace the rows with these ids while the site runs; addresses and logins stay those of the device.

        Raises:
            ValueError: There is no such device or camera, or the device never answers.
        """
        for row in rows:
            if isinstance(row, DemoCamera):
                self._cameras = _replaced(self._cameras, row)
            else:
                self._specs = _replaced(self._specs, row)
            name = row.device if isinstance(row, DemoCamera) else row.id
            server = self._servers[name]
            if isinstance(server, HangingDevice):
                raise ValueError(f"device {name} never answers, whatever it is")
            server.become(next(one for one in self._specs if one.id == name), self._cameras_of(name))

    def write_config(self, directory: Path, hub: Mapping[str, object]) -> Path:
        """Write site.toml and secrets.toml (0600) for an agent at this site; return the path of site.toml.

        Args:
            directory: For both files; the agent's own files go below it.
            hub: Rows of `[hub]`. `user` and `password`, where given, go into secrets.toml.
        """
        logins = {device.id: (device.user, self._configured_password(device)) for device in self._specs}
        if "user" in hub:
            logins["hub"] = (str(hub["user"]), str(hub["password"]))
        directory = directory.resolve()
        ports = {name: (address.port, address.rtsp_port) for name, address in self.devices.items()}
        site = site_toml(ports, hub, directory, (self.responder,) if self.responder else (), self._specs, self._cameras)
        return write(directory, site, secrets_toml(logins))

    def _configured_password(self, device: DemoDevice) -> str:
        right = self._passwords[device.id]
        return f"{right[:-1]}-outdated" if device.wrong_password_configured else right


def _replaced(rows: tuple[_Spec, ...], new: _Spec) -> tuple[_Spec, ...]:
    if new.id not in {row.id for row in rows}:
        raise ValueError(f"the simulated site has no {new.id}")
    return tuple(new if row.id == new.id else row for row in rows)
