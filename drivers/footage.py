"""Defines the facts of a recorder: channels, disks, schedule, footage, and requests for footage. Frozen values.

Members of `Value` in `model.py`, and `StoreTask`, the input of a reader of stores. Texts of a device are sanitized by
`text.py`: one line of at most 256 characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal
from zoneinfo import ZoneInfo

ChannelState = Literal["online", "offline", "empty", "unknown"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One input of a recorder.

    `number` is 1-based, as in `Camera.channel`; `state` is our word, `word` the device's. `host`, `mac`, `model` and
    `serial` are those of the camera behind it as the recorder reports them, else empty.
    """

    number: int
    name: str
    state: ChannelState
    word: str = ""
    host: str = ""
    mac: str = ""
    model: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Channels:
    """Every channel that the recorder lists, empty ones included."""

    channels: tuple[Channel, ...]


DiskState = Literal["ok", "failed", "failing", "unformatted", "mismatched", "formatting", "unknown"]
"""`ok` includes sleeping and full disks: a healthy recorder is full. `failing`: it works, and its own test warns."""


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk, array or network store that footage is written to. `word` is the device's word for its state.

    Disks that were taken out, and that a device still lists, are left out. None: not reported.
    """

    name: str
    kind: str
    state: DiskState
    word: str = ""
    capacity_bytes: int | None = None
    free_bytes: int | None = None
    writable: bool | None = None
    model: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Disks:
    """Every disk in use. `quota`: space is dealt out to channels, so that one may be short while others are not."""

    disks: tuple[Disk, ...]
    quota: bool | None = None


RecordingMode = Literal["continuous", "motion", "event", "other"]


@dataclass(frozen=True, slots=True)
class SchedulePeriod:
    """A stretch of the week in which a channel records: `weekday` 0 is Monday; seconds of its local day, 0..86400."""

    weekday: int
    start_s: int
    end_s: int
    mode: RecordingMode


@dataclass(frozen=True, slots=True)
class Schedule:
    """When one camera is recorded by plan. `enabled` None: whether the plan is in force is not reported.

    `expires_after`: footage is deleted at that age, whatever space is left; None where no age is set.
    """

    periods: tuple[SchedulePeriod, ...]
    enabled: bool | None = None
    expires_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way to reach a device over the network: the device's own name for it, and its port."""

    name: str
    port: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Protocols:
    """Every network service that the device lists."""

    protocols: tuple[Protocol, ...]


@dataclass(frozen=True, slots=True)
class PlatformServer:
    """One slot for an upper platform, as the device tells of it: filled in or not, switched on or not.

    `kind` is `GB28181`, `GA1400` or the device's own word. `registered` None: not reported. `codes` are pairs of
    1-based channel number and 20-digit code. `slot`: its number on the device's page, from 1. `filled`: a platform is
    typed in there, on or off; what a factory leaves there is none. `address_mark`: compares the platform's address
    within this process, and shows nothing of it. `heartbeat_misses`: after how many the device takes itself for
    offline; `retry_s`: between two tries to register. Zero and empty: not reported.
    """

    kind: str
    enabled: bool
    registered: bool | None
    server_id: str = ""
    domain: str = ""
    device_id: str = ""
    expires_s: int = 0
    heartbeat_s: int = 0
    codes: tuple[tuple[int, str], ...] = ()
    slot: int = 0
    filled: bool = False
    local_port: int = 0
    heartbeat_misses: int = 0
    retry_s: int = 0
    civil_code: str = ""
    address_mark: str = field(default="", repr=False)

    @property
    def is_free(self) -> bool:
        """Whether no platform is filled in: one that is only switched off is somebody's all the same."""
        return not self.enabled and not self.filled


NeighbourName = Literal["isup", "cloud", "view-library", "co-signing"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another server that the device can be set up for, beside GB/T 28181. None: not reported.

    `isup`: its maker's own protocol, once EHome; `cloud`: its maker's; `view-library`: GA/T 1400; `co-signing`: that of
    GB 35114, which only a box made for it has.
    """

    name: NeighbourName
    enabled: bool | None
    registered: bool | None = None


@dataclass(frozen=True, slots=True)
class PlatformLink:
    """Every platform slot that the device lists, unused ones included, and its neighbours that answered."""

    servers: tuple[PlatformServer, ...]
    neighbours: tuple[Neighbour, ...] = ()


OpeningName = Literal["floor", "newest", "drawn", "bare", "again"]
"""Why a moment of footage is opened besides the oldest: at the age of the retention floor, the newest, seen as bare.

`again`: a moment that was opened in the same look, to see whether the same picture comes.
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A moment of footage of which a picture is wanted, by the recorder's clock; of the newest the time of the look."""

    name: OpeningName
    at: datetime


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """Names any moment in a vendor's address of playback.

    `url` has `{start}` and `{end}`; `digits` is how strftime writes each of them, `zone` (IANA) whose clock's they are.
    """

    url: str
    digits: str
    zone: str

    def between(self, start_at: datetime, end_at: datetime) -> str:
        """Return the address that plays from one moment to another."""
        start, end = (at.astimezone(ZoneInfo(self.zone)).strftime(self.digits) for at in (start_at, end_at))
        return self.url.format(start=start, end=end)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The footage requested of one camera, beyond its oldest and newest moment.

    `months`: those whose days with footage are requested. `days`: local days whose segments are to be listed one by
    one. A device that reports everything at once gives more. `opens`: moments of which a picture is wanted where
    playback is due.
    """

    months: tuple[tuple[int, int], ...] = ()
    days: tuple[date, ...] = ()
    opens: tuple[Opening, ...] = ()


WantedFootage = Mapping[str, Wanted]
"""What is wanted of each camera, by its id; a camera that is not in it is asked for its ends only."""

NOTHING_WANTED: Final[WantedFootage] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DayRecorded:
    """Whether a local day of one camera holds footage, as the device sums it up; holes within it stay unknown."""

    day: date
    recorded: bool


@dataclass(frozen=True, slots=True)
class RecordedDays:
    """The days of the months that were asked for, as far as they have begun, in order."""

    days: tuple[DayRecorded, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """Recordings on a disk of this host.

    `kind` names a row of `drivers/registry.py`'s STORES. `path` is its directory, or the file of its database.
    `pattern`: names of segments below the directory, with `%path` for the camera's name and strftime's words for a
    segment's start; empty where the kind fixes it. `time_zone`: of the names, an IANA name.
    """

    id: str
    kind: str
    path: Path
    pattern: str = ""
    time_zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class DayIndex:
    """The content of one local day of a local store, sealed so that a later look can recognize it.

    `digest` is SHA-256, hex, over the sorted names, sizes and times of change of its segments; of a database over
    paths, times and sizes of its rows; where a day lies in several folders, over their digests.
    """

    day: date
    segments: int
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class StoreIndex:
    """The days of one camera's store. `troubles` are one line each: what in the store could not be believed."""

    days: tuple[DayIndex, ...]
    troubles: tuple[StoreTrouble, ...] = ()


TroubleKind = Literal[
    "row-without-file",
    "file-without-row",
    "empty",
    "unreadable",
    "clock-jump",
    "future",
    "stalled",
    "forbidden",
    "name",
    "written-later",
]
"""`written-later`: a file was last written long after what its name says that it holds."""


@dataclass(frozen=True, slots=True)
class StoreTrouble:
    """Something in a store that is not as it should be: how often, and where it was met first (a name, no path)."""

    kind: TroubleKind
    times: int
    first: str
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreTask:
    """One look at one store, which is only ever read.

    `cameras`: pairs of camera id and its name in the store. `index` is a file of the agent's own for the reader's
    cache, outside the store; it may be missing, old or damaged. `due` are the ids of cameras of whose oldest footage a
    picture is wanted, and of the moments that `opens` has by id. `progress` is called at least every few hundred
    milliseconds and may raise to end the look; then nothing that was indexed is lost.
    """

    store: Store
    cameras: tuple[tuple[str, str], ...]
    index: Path
    now: datetime
    due: frozenset[str] = frozenset()
    opens: Mapping[str, tuple[Opening, ...]] = field(default_factory=dict)
    progress: Callable[[], None] = lambda: None
