"""Defines the facts that no picture depends on: a device, its encoders, storages and limits.

Frozen values, members of `Value` in `model.py`. Texts of a device are sanitized by `text.py`: one line of at most 256
characters.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface: `mac` as twelve hex digits in pairs, `addresses` as address/prefix, static or leased."""

    name: str
    mac: str
    addresses: tuple[str, ...]
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Interfaces:
    """Every network interface that the device lists."""

    interfaces: tuple[Interface, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """One account on the device: its name, and its level in ONVIF's words (Administrator, Operator, User, ...)."""

    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every account that the device lists. Passwords are never read."""

    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the device stores: `kind` in its words (NFS, CIFS, ...), `location` a path or address without login."""

    token: str
    kind: str
    location: str


@dataclass(frozen=True, slots=True)
class Storages:
    """Every storage that is configured on the device; empty where it can have some and has none."""

    storages: tuple[Storage, ...]


@dataclass(frozen=True, slots=True)
class Signing:
    """Whether the device can sign its video so that a change shows.

    Source: ONVIF Media Signing Specification; Security Configuration Service, MediaSigningSupported.
    """

    supported: bool


@dataclass(frozen=True, slots=True)
class VideoSource:
    """One video source of a device: `channel` is its 1-based number, the size is that of its configured window."""

    channel: int
    token: str
    name: str
    width_px: int
    height_px: int
    profiles: int


@dataclass(frozen=True, slots=True)
class VideoSources:
    """The video sources that the device's profiles use, in its order. One that no profile uses is not among them.

    `complete`: numbers of channels are those of the device; else they are counted, and shift where one is missing.
    """

    sources: tuple[VideoSource, ...]
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Encoder:
    """A profile's encoding of video; zero, empty, None: not reported. `signed`: by the Media Signing Specification."""

    profile: str
    encoding: str
    width_px: int
    height_px: int
    frame_rate: float
    bitrate_kbps: int
    gop_frames: int = 0
    signed: bool | None = None


@dataclass(frozen=True, slots=True)
class Encoders:
    """How every profile of a camera encodes, in the device's order."""

    encoders: tuple[Encoder, ...]


@dataclass(frozen=True, slots=True)
class AudioEncoder:
    """How a profile of a camera encodes sound."""

    profile: str
    encoding: str
    bitrate_kbps: int
    sample_rate_khz: int


@dataclass(frozen=True, slots=True)
class Audio:
    """The profiles of a camera that carry sound; empty where none does. `untold`: profiles without a report on it."""

    encoders: tuple[AudioEncoder, ...]
    untold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Movable:
    """Whether a camera turns, tilts or zooms, if reported; False over ONVIF: no profile has a PTZConfiguration."""

    ptz: bool


@dataclass(frozen=True, slots=True)
class MaskOptions:
    """The masks that the device can draw for one camera. `effects` in ONVIF's words; zero: not reported.

    `steps`: the numbers that it counts over width and height of the picture, None where the protocol fixes them.

    Source: ONVIF Media2 Service Specification, MaskOptions; Hikvision ISAPI, PrivacyMask.
    """

    max_masks: int
    max_points: int
    effects: tuple[str, ...]
    rectangle_only: bool | None = None
    single_color_only: bool | None = None
    steps: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """The device's summary of all its recordings. Both moments are None where there are no recordings.

    Source: ONVIF Recording Search Service Specification, RecordingSummary.
    """

    recordings: int
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GapEvents:
    """How many starts and ends of recorded data the device's events report."""

    events: int


@dataclass(frozen=True, slots=True)
class RetentionLimit:
    """The longest time that one recording is stored; `limit` None: no limit is set, so that only space ends it.

    An upper bound, never a duty: a device may delete earlier. Source: ONVIF Recording Control Service Specification,
    RecordingConfiguration, MaximumRetentionTime, where 0 is "no limit".
    """

    recording: str
    limit: timedelta | None


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """The limits of every recording of one camera; empty where none is configured for it."""

    limits: tuple[RetentionLimit, ...]


@dataclass(frozen=True, slots=True)
class Host:
    """The gateway. `disk_*`: the agent's file system; ratios 0..1; `temperature_c`: hottest sensor, None without."""

    cpu_ratio: float
    memory_ratio: float
    disk_free_bytes: int
    disk_capacity_bytes: int
    uptime_s: int
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class Uptime:
    """Since when the device has been up, by its own count of seconds and our clock."""

    booted_at: datetime


@dataclass(frozen=True, slots=True)
class OldestLog:
    """When the oldest entry of the device's own log of logins and changes was written, by its own clock then.

    `alone`: no other day's entry follows within two months, so that it may be what was left of a log that was cleared.
    """

    at: datetime
    alone: bool = False
