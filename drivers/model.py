"""Defines the types that drivers share: devices, cameras, raw replies, pictures, and the facts read from them.

Everything is a frozen value; more facts are in `details.py`. Times are aware UTC datetimes; polygons are tuples of (x,
y) in 0..1 of the frame's width and height, origin top-left, y down (`masking/geometry.py` converts into this frame).
Texts of a device are sanitized by `text.py`: one line of at most 256 characters.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, get_args

from drivers.details import (
    Accounts,
    Audio,
    Encoders,
    GapEvents,
    Host,
    Interfaces,
    MaskOptions,
    Movable,
    OldestLog,
    RecordingSummary,
    RetentionLimits,
    Signing,
    Storages,
    Uptime,
    VideoSources,
)
from drivers.footage import (
    Channels,
    Disks,
    Opening,
    PlatformLink,
    Protocols,
    RecordedDays,
    RecordingMode,
    ReplayAddress,
    Schedule,
    StoreIndex,
)
from drivers.picture import (
    Access,
    FootageOpened,
    ObjectsTold,
    PathFramed,
    PathName,
    PictureSeen,
    PictureTold,
    PresetSeen,
    Streams,
    StreamSample,
    StreamSound,
    ZoneSensitivity,
    ZoneVerdict,
)  # fmt: skip
from masking.model import Confinement, PictureKind
from masking.view.model import QualitySeen, ViewSeen

Point = tuple[float, float]
Polygon = tuple[Point, ...]

Reason = Literal[
    "unreachable", "deadline", "refused", "not-tried", "busy", "unsupported", "fault", "malformed", "not-looked-at",
    "interrupted", "worker-not-confined", "too-old", "other-box", "other-source", "damaged",
]  # fmt: skip
"""Why a fact is not available. Never a pass."""

Cause = Literal[
    "", "port-closed", "no-route", "name-unknown", "untrusted", "no-answer", "no-right", "locked", "no-credential",
    "no-password", "tls-too-old", "protocol-broken", "other-certificate", "in-use",
]  # fmt: skip
"""The closer cause of a reason, where it is known."""

DeviceFact = Literal[
    "identity", "clock", "services", "interfaces", "protocols", "accounts", "storages", "disks", "signing", "channels",
    "video-sources", "recording-summary", "gap-events", "platform-link", "uptime", "oldest-log",
]  # fmt: skip
CameraFact = Literal[
    "streams", "encoders", "audio", "masks", "mask-options", "overlays", "recordings", "recorded-days", "schedule",
    "store-index", "retention-limits", "movable", "access", "picture",
]  # fmt: skip
Fact = Literal[DeviceFact, CameraFact, "host", "stream-sample"]
"""Names a kind of observation, also when it could not be made. The subject of `host` is the site.

A `stream-sample` is not part of a reading: it is taken on request."""

DEVICE_FACTS: tuple[Fact, ...] = get_args(DeviceFact)
CAMERA_FACTS: tuple[Fact, ...] = get_args(CameraFact)


@dataclass(frozen=True, slots=True)
class Credential:
    """A login that the configuration names. Its secret never shows in a repr, log or report."""

    name: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """The box that answers: a camera, or a recorder with many cameras.

    `host` is the only host that the device's credential is ever sent to; of addresses that the device gives only path
    and query are used. `rtsp_port` 0 means the port in the device's stream address. `allow_basic` lets the password go
    out readable, where the device can do no better and the network is trusted. `ca` is a file of certificates (PEM) to
    trust with `tls`; None: the public ones. `pin`, "sha256:" and lower-case hex, is the fingerprint of the device's own
    certificate (of its DER), which then is trusted alone, whatever name or end is in it. `time_zone` is that of its
    wall clock, an IANA name: many recorders report local time without a zone, or with a wrong one.
    """

    id: str
    host: str
    port: int
    driver: str
    credential: Credential | None = None
    rtsp_port: int = 0
    tls: bool = False
    allow_basic: bool = False
    ca: Path | None = None
    pin: str = ""
    time_zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Camera:
    """One video source and its place.

    `id` comes from the configuration and survives a new address. `code` is the 20-digit GB/T 28181 code, or empty.
    `device` is the id of the device it is read through. `channel` is the 1-based number in the order in which the
    device lists its video sources. `placement` is its place in the operator's words. `source` is the device's token of
    its video source where that was learned before, else empty: a device that lists only its online sources renumbers
    the others when one goes.
    """

    id: str
    device: str
    name: str = ""
    code: str = ""
    channel: int = 1
    placement: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The raw bytes of one answer: the only thing that a fixture stores. `path` has no host and no secret."""

    operation: str
    path: str
    status: int
    content_type: str
    body: bytes = field(repr=False)
    elapsed_s: float = 0.0


Level = Literal["told", "seen", "both", "declared", "own"]
"""How something is known. `told`: a device reports it. `seen`: shown by a picture or recording that was delivered.
`declared`: a person states it. `own`: this gateway itself: its state, what it tried, its counts over many looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a fact comes from, so that a neighbour's, a predecessor's or yesterday's value fits nowhere else.

    `box`: digest of the identity of the box that answered, empty where it gave none. `source`: the video source's token
    or the channel's number at that box; `profile`: the token of the profile or stream. Empty: of the whole box, or not
    known. `true_at`: when it was true, None where that is when it was observed.
    """

    box: str = ""
    source: str = ""
    profile: str = ""
    path: PathName | None = None
    true_at: datetime | None = None
    level: Level = "told"


UNPROVEN: Final = Provenance()

STORE_BOX: Final = "store "
"""How the box of what lies on this gateway begins, before the store's id: no device answered."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture as it left the camera: one JPEG, or one keyframe in Annex-B form with parameter sets.

    `dated`: of a recording, `taken_at` came with the picture itself; else it is only the requested moment.
    `provenance`: which box, source and profile delivered it. `opening`: the request that it answers, of a recording at
    another moment than the oldest.
    """

    camera_id: str
    path: PathName
    taken_at: datetime
    data: bytes = field(repr=False)
    kind: PictureKind
    dated: bool = False
    provenance: Provenance = UNPROVEN
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity that a device reports."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    hardware: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """The device's clock against ours: `offset_s` = device minus ours, true within `uncertainty_s`.

    `ntp`: whether the device claims to use NTP; None: not reported. `local_time_as_utc`: it gives the time of its zone
    as UTC, so that `offset_s` is that of the zone plus its clock's error. `drift_s`: change of the offset between two
    measurements, beyond what their uncertainty explains; `uncertainty_s` then spans both. `zone_wrong`: its
    zone, or the UTC offset behind its local time, is not that of its site, so that pictures carry another hour.
    """

    offset_s: float
    uncertainty_s: float
    ntp: bool | None = None
    local_time_as_utc: bool = False
    drift_s: float = 0.0
    zone_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Services:
    """The service namespaces that the device offers, and the hosts its addresses name other than the configured."""

    namespaces: tuple[str, ...]
    foreign_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mask:
    """One privacy mask as the device reports it.

    `effect` is ONVIF's Type (Color, Pixelated, Blurred) or the device's own word. `enabled` is None where the device's
    word cannot be parsed. `polygon` is in the shared frame, empty where the device gave none; only a picture proves its
    vertical origin.

    Source: ONVIF Media2 Service Specification, Privacy Masks.
    """

    token: str
    polygon: Polygon
    effect: str
    enabled: bool | None
    color: str = ""


@dataclass(frozen=True, slots=True)
class Masks:
    """The complete list of masks that a device which supports masks reports for one camera."""

    masks: tuple[Mask, ...]


@dataclass(frozen=True, slots=True)
class Overlays:
    """Texts that the device draws into the picture. `time_shown` None: whether the time is drawn is not reported."""

    texts: tuple[str, ...]
    time_shown: bool | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Recorded time without a known gap, from `start_at` to before `end_at`."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings that the recorder claims for one camera: spans sorted and merged. Not yet a proof.

    The proof is a `PictureSeen` on path `playback`: its `taken_at` is the recorded moment that was opened and decoded.
    `replay_url` is its address, without credentials; empty where the device offers no replay. `replay_from_at` None:
    the moment to play is requested as ONVIF has it; else `replay_url` itself names it. `listed`: stretches whose holes
    all show in the spans, because every segment was listed, or each hole was told. `tracks` names the kinds of recorded
    data (Video, Audio, Metadata); `running`: whether the device claims to record now, None: not reported. `modes`: why
    the listed stretches were recorded, as far as reported. `owner_guessed`: the footage names no source or track; an
    order of lists, or the request alone, assigns it. `replays`: names other moments in the address, where they are
    requested so; `newest_url`: the address of the newest footage where it is another recording's. `locked`: of what was
    listed segment by segment, the oldest included, what somebody protected from being recorded over.
    """

    spans: tuple[Span, ...]
    replay_url: str = ""
    replay_from_at: datetime | None = None
    listed: tuple[Span, ...] = ()
    tracks: tuple[str, ...] = ()
    running: bool | None = None
    modes: tuple[RecordingMode, ...] = ()
    owner_guessed: bool = False
    replays: ReplayAddress | None = None
    newest_url: str = ""
    locked: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedBeside:
    """What a device records besides a store: it satisfies no duty to keep footage, and has to hide like any other."""

    recordings: Recordings


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A missing fact and why; `path`: of a picture or sample; `unlocks_in_s`: reported lock time, 0 without."""

    fact: Fact
    reason: Reason
    detail: str = ""
    path: PathName | None = None
    cause: Cause = ""
    unlocks_in_s: int = 0


Value = (
    Identity | Clock | Services | Interfaces | Accounts | Storages | Signing | VideoSources | Streams | Encoders
    | Audio | Masks | MaskOptions | Movable | Overlays | Recordings | RecordedBeside | RecordingSummary | GapEvents
    | RetentionLimits | Channels | Disks | Protocols | PlatformLink | Uptime | Confinement | OldestLog | RecordedDays
    | Schedule | StoreIndex | Host | Access | PictureSeen | FootageOpened | ObjectsTold | ZoneVerdict | ZoneSensitivity
    | PictureTold | PresetSeen | PathFramed | ViewSeen | QualitySeen | StreamSample | StreamSound | Unavailable
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Observation:
    """One fact about one subject (`device:ID` or `camera:ID`), with its time and method."""

    subject: str
    value: Value
    taken_at: datetime
    method: str
    provenance: Provenance = UNPROVEN


Observations = tuple[Observation, ...]
