"""Captures the state of a simulated device at one request. Replies are pure functions of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.demo.onvif.soap import DEVICE, MEDIA1, MEDIA2, RECORDING, REPLAY, SEARCH, SoapFault
from agent.demo.world.cameras import DemoCamera, DemoDevice, Fault
from agent.demo.world.platform_slots import SlotTable
from agent.demo.world.recordings import ActiveFault, Recording, recordings
from drivers.picture import PathName

HOST = "127.0.0.1"
SERVICE_PATHS = {
    DEVICE: "/onvif/device_service",
    MEDIA1: "/onvif/media_service",
    MEDIA2: "/onvif/media2_service",
    RECORDING: "/onvif/recording_service",
    SEARCH: "/onvif/search_service",
    REPLAY: "/onvif/replay_service",
}
STREAMS: tuple[PathName, ...] = ("main", "sub", "stream-3")
"""The third one is that of few boxes."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A media profile: one stream of one channel. Both media services list the same ones."""

    token: str
    camera: DemoCamera
    path: PathName


@dataclass(frozen=True, slots=True)
class DeviceView:
    """The device, its cameras by channel, its own clock, its ports and the faults in force.

    `up_s`: its uptime. `slots`: what it lists of upper platforms, where it has any.
    """

    spec: DemoDevice
    cameras: tuple[DemoCamera, ...]
    now: datetime
    started_at: datetime
    http_port: int
    rtsp_port: int
    faults: Mapping[str, ActiveFault]
    up_s: int = 0
    slots: SlotTable = field(default_factory=lambda: SlotTable([]))

    @property
    def mac(self) -> str:
        """A MAC made of the serial number, with the bit of locally administered addresses."""
        return bytes((0x02, *hashlib.sha256(self.spec.serial.encode()).digest()[:5])).hex(":")

    def namespaces(self) -> tuple[str, ...]:
        """The services that this device offers."""
        offered = [DEVICE, MEDIA1]
        offered += [MEDIA2] if self.spec.media2 else []
        offered += [RECORDING, SEARCH, REPLAY] if self.spec.recorder else []
        return tuple(offered)

    def xaddr(self, namespace: str) -> str:
        """The address of a service, as the device gives it."""
        return f"http://{HOST}:{self.http_port}{SERVICE_PATHS[namespace]}"

    def profiles(self) -> tuple[Profile, ...]:
        """Every profile, main before sub, channel by channel."""
        return tuple(
            Profile(f"ch{camera.channel}-{path}", camera, path) for camera in self.cameras for path in self.streams()
        )

    def streams(self) -> tuple[PathName, ...]:
        """What each camera streams."""
        return STREAMS if self.spec.third_stream else STREAMS[:2]

    def profile(self, token: str | None) -> Profile:
        """Find a profile.

        Raises:
            SoapFault: `ter:NoProfile`.
        """
        for profile in self.profiles():
            if profile.token == token:
                return profile
        raise SoapFault("Sender", ("InvalidArgVal", "NoProfile"), "the requested profile token does not exist")

    def camera(self, source_configuration: str | None) -> DemoCamera:
        """Find the camera behind a video source configuration.

        Raises:
            SoapFault: `ter:NoConfig`.
        """
        for camera in self.cameras:
            if source_token(camera, "vsc") == source_configuration:
                return camera
        raise SoapFault("Sender", ("InvalidArgVal", "NoConfig"), "the requested configuration does not exist")

    def fault(self, camera: DemoCamera) -> Fault | None:
        """The fault that this camera shows now."""
        active = self.faults.get(camera.id)
        return active.fault if active is not None else None

    def recordings(self) -> tuple[Recording, ...]:
        """What the device has recorded; nothing unless it is a recorder."""
        return recordings(self.cameras, self.now, self.started_at, self.faults) if self.spec.recorder else ()


def source_token(camera: DemoCamera, kind: str) -> str:
    """The token of a camera's video source (`vs`) or video source configuration (`vsc`)."""
    return f"{kind}{camera.channel}"
