"""Defines the configuration as frozen values, with every default in this one place; `load.py` parses into these."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from agent.contract.chain import Origin
from agent.site.config.messages import DailyDigest, Receiver
from agent.site.declarations.accepted import Accepted
from agent.site.declarations.standing import Declaration, Group
from agent.site.declarations.table import Profile
from agent.site.rules.pack import Pack
from agent.site.toml.storage import Storage as Storage
from drivers.footage import Store
from drivers.model import Camera, Credential, Device, Polygon
from masking.quality.compared import Thresholds

DEFAULT_TIME_ZONE = "Asia/Shanghai"

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in 0..1 of the picture's width and height, origin top-left, y down."""


@dataclass(frozen=True, slots=True)
class PrivateZone:
    """An area of a camera's picture that must be hidden.

    `polygon` is in 0..1 of width and height, origin top-left, y down. `effect` is how it is to be hidden: `color`,
    `pixelated`, `blurred`, or `any`. `color` is the declared colour as `#rrggbb`, empty when any solid colour will do.
    """

    name: str
    polygon: Polygon
    effect: Literal["color", "pixelated", "blurred", "any"] = "any"
    color: str = ""


@dataclass(frozen=True, slots=True)
class NoPrivateArea:
    """A person's declaration that nothing private is in this camera's view: by whom, on which day (ISO date)."""

    by: str
    at: str


@dataclass(frozen=True, slots=True)
class PtzLock:
    """A person's declaration that a PTZ camera is locked in one position: by whom, on which day (ISO date)."""

    by: str
    at: str
    locked: Literal[True] = True


@dataclass(frozen=True, slots=True)
class Preset:
    """A position that a camera turns to, and what must be hidden in its picture there; no zones: nothing private."""

    name: str
    zones: tuple[PrivateZone, ...] = ()


@dataclass(frozen=True, slots=True)
class Mute:
    """An indicator (of `masking/quality/indicators.py`) that `by` decided not to report through local day `until`."""

    indicator: str
    until: date
    by: str


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """A camera and what is due of it.

    `zones` and `no_private_area` exclude each other; a camera with neither is an open declaration. `ptz_lock` and
    `presets` exclude each other. `overlay_boxes`: where the camera itself should write the time and its name.

    `recorded`: its footage is stored, in the store `store` under the name `store_name`, or, where that is empty, on its
    device. `retention_days` 0: the site's floor. `in_use_since` None: the site's day. `mutes`: known faults of its
    picture.
    """

    camera: Camera
    zones: tuple[PrivateZone, ...] = ()
    no_private_area: NoPrivateArea | None = None
    recorded: bool = False
    retention_days: int = 0
    store: str = ""
    store_name: str = ""
    in_use_since: date | None = None
    mutes: tuple[Mute, ...] = ()
    ptz_lock: PtzLock | None = None
    presets: tuple[Preset, ...] = ()
    overlay_boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkerRules:
    """Whether pictures are judged (`accept`: every report notes it) where the decoding process cannot be confined."""

    unconfined: Literal["refuse", "accept"] = "refuse"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Whether root's timer may install the version that the hub names, and when.

    `hours` (`HH:MM-HH:MM` in the site's time, empty: any) may span midnight.
    """

    allow: bool = False
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """How devices are read. `deadline_s` is one limit for all reads of a device, pictures included."""

    deadline_s: float = 20.0
    max_devices_at_once: int = 64


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds of the checks; each is a design default unless a rule is named in `agent/judge/judging.md`.

    `retention_floor_days`: State Council Order 799 article 17. `retention_ceiling_days`: age at which footage must be
    deleted unless under a `Hold`; 0: none was declared. `forecast_days`: how far ahead a shortage is warned of.
    `clock_warn_s`, `clock_fail_s`: absolute offset.
    `completeness_*_ratio`: recorded time over scheduled time. `mask_uncovered_max_ratio`: share of a zone without an
    enabled mask that is still accepted as rounding. `gap_*_s`: one hole in the recordings, however small
    its share. `recording_stale_s`: maximum age of the newest footage. `own_clock` = `trusted`: the operator vouches for
    the gateway's clock although the kernel does not report it as synchronised (a virtual machine, for instance).
    """

    retention_floor_days: int = 30
    retention_ceiling_days: int = 0
    forecast_days: int = 30
    clock_warn_s: float = 1.0
    clock_fail_s: float = 30.0
    completeness_warn_ratio: float = 0.99
    completeness_fail_ratio: float = 0.95
    gap_warn_s: float = 3600.0
    gap_fail_s: float = 86_400.0
    recording_stale_s: float = 900.0
    mask_uncovered_max_ratio: float = 0.01
    own_clock: Literal["kernel", "trusted"] = "kernel"


@dataclass(frozen=True, slots=True)
class Hub:
    """Where reports go and who confirms them.

    `confirm` = `hub` needs `jwks`, the pinned public keys of the hub; `broker` trusts the broker's PUBACK (weaker, and
    `state` says so); `file` carries batches by hand, and then `host` may be empty. `user` and `password` come from the
    secrets file.
    """

    host: str
    port: int = 8883
    tls: bool = True
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    credential: Credential | None = None
    jwks: Path | None = None
    confirm: Literal["hub", "broker", "file"] = "hub"


@dataclass(frozen=True, slots=True)
class Mirror:
    """A further broker that gets the same signed reports, best effort. It confirms nothing."""

    name: str
    host: str
    port: int = 8883
    tls: bool = True
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    credential: Credential | None = None

    @property
    def broker(self) -> Hub:
        """Its connection."""
        return Hub(
            self.host, self.port, self.tls, self.ca, self.certificate, self.key, self.credential, confirm="broker"
        )


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where the report key is.

    `source`: `file` in the state directory; `systemd`, which passes it as a credential; `token`, which it never
    leaves. Only a token has the rest: `module` is its PKCS#11 library, `token` its label, `label` that of the key in
    it, and the password of `credential` is its user PIN.
    """

    source: Literal["file", "systemd", "token"] = "file"
    module: Path | None = None
    token: str | None = None
    label: str | None = None
    credential: Credential | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """Where Prometheus finds the agent's metrics: `listen`, loopback and port; `textfile` for node_exporter."""

    listen: str = ""
    textfile: Path | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A device that may answer discovery without being a camera of this site, and why; by endpoint or address.

    `address` is a host, or `host:port` for one service of it; `channel` is one of a recorder, `DEVICE/NUMBER`. `by` and
    `at`: who decided it, on which day.
    """

    reason: str
    by: str
    at: str
    endpoint: str = ""
    address: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """Where to search for devices that nobody configured. All of `interfaces`, `addresses`, `ranges` empty: nowhere.

    `interfaces` are own addresses from which multicasts and broadcasts are sent; `addresses` are single responders,
    `host:port` or host; every host of `ranges` is asked, slowly. `ignore` names what is known and no camera.

    Source: WS-Discovery (April 2005); ONVIF Core Specification, Device discovery.
    """

    interfaces: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    wait_s: float = 2.0
    ignore: tuple[Ignored, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Footage retained past the ceiling, of one camera or all, for local days both included, by `by` on day `at`."""

    from_day: date
    until_day: date
    reason: str
    by: str
    at: str
    camera: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The profile of required declarations, and the files of the site's own rule packs, beside the shipped ones."""

    profile: Profile = "technical"
    packs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """The whole configuration of a site.

    `id` is 1 to 23 of 0-9, A-Z, a-z; topic level, client id and certificate name at once. `city` is the topic level
    above it. `division` is the six-digit GB/T 2260 code. `time_zone` is that of the wall clocks on site, an IANA
    name. `in_use_since` is the day on which the system was put into use, None where nobody declared it. `quality`: the
    thresholds of picture quality. `packs`: the rule packs in force, shipped ones and the site's own. `digest` is
    SHA-256 over the configuration file's bytes, empty where there is no file.
    """

    id: str
    city: str
    division: str
    name: str = ""
    period_s: int = 900
    time_zone: str = DEFAULT_TIME_ZONE
    in_use_since: date | None = None
    devices: tuple[Device, ...] = ()
    cameras: tuple[CameraConfig, ...] = ()
    probe: Probe = field(default_factory=Probe)
    worker: WorkerRules = field(default_factory=WorkerRules)
    upgrade: Upgrade = field(default_factory=Upgrade)
    policy: Policy = field(default_factory=Policy)
    quality: Thresholds = field(default_factory=Thresholds)
    hub: Hub | None = None
    mirrors: tuple[Mirror, ...] = ()
    key: KeyPlace = field(default_factory=KeyPlace)
    storage: Storage = field(default_factory=Storage)
    metrics: Metrics = field(default_factory=Metrics)
    daily_digest: DailyDigest | None = None
    notify: tuple[Receiver, ...] = ()
    discovery: Discovery = field(default_factory=Discovery)
    stores: tuple[Store, ...] = ()
    holds: tuple[Hold, ...] = ()
    groups: tuple[Group, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    rules: Rules = field(default_factory=Rules)
    packs: tuple[Pack, ...] = ()
    digest: str = ""

    @property
    def origin(self) -> Origin:
        """Return the site's members of each of its payloads."""
        return Origin(self.id, self.city, self.digest)

    @property
    def confirm(self) -> str:
        """Return who confirms the arrival of a report: `hub`, `broker` or `file`."""
        return self.hub.confirm if self.hub else "file"
