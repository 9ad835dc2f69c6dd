"""Defines what was observed on each picture path of a camera; masking decides the verdict.

`ViewSeen` and `QualitySeen` of `masking/view/model.py` are further observations of a picture.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from drivers.footage import OpeningName
from masking.view.model import FramingSeen

PathName = Literal[
    "snapshot", "main", "sub", "stream-3", "stream-4", "stream-5", "recorder-live", "playback", "playback-beside",
    "platform", "metadata", "event",
]  # fmt: skip
"""A way on which a picture leaves the camera. A mask verdict names its path."""

FURTHER_STREAMS: Final[tuple[PathName, ...]] = ("stream-3", "stream-4", "stream-5")
"""The streams of a camera behind its main and its sub stream, in the device's order: the most that makers offer.

Source: Dahua HTTP API, Encode: ExtraFormat[0..2]; Hikvision ISAPI, Streaming/channels: up to five of a channel.
"""

STREAMS: Final[tuple[PathName, ...]] = ("main", "sub", *FURTHER_STREAMS)
"""The live streams of a camera, the largest first."""

LIVE: Final[tuple[PathName, ...]] = ("snapshot", *STREAMS, "recorder-live")
"""The paths on which the camera shows what is there now."""

RECORDED: Final[tuple[PathName, ...]] = ("playback", "playback-beside")
"""The paths on which what was recorded is played: where it is declared to be, and where the device has it besides."""

PLATFORM: Final[PathName] = "platform"
"""The path to the police platform (GB/T 28181), of which only a self-test shows a picture."""

TOLD: Final[tuple[PathName, ...]] = ("metadata", "event")
"""The paths of pictures that a stream's metadata brings, and of those at an address that it names. They only accuse."""

OF_A_LIST: Final[tuple[PathName, ...]] = (*RECORDED, PLATFORM)
"""The paths on which a list of the device's own says whose picture it sends: the view has to agree."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One path of a camera: `url` as the device gave it, rewritten to the configured host, without credentials.

    `profile` is the token of the ONVIF profile, or the vendor's number of the stream.
    """

    path: PathName
    url: str
    encoding: str = ""
    width_px: int = 0
    height_px: int = 0
    frame_rate: float = 0.0
    bitrate_kbps: int = 0
    gop_frames: int = 0
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Streams:
    """Every path of a camera's picture; `further`: the device's names for listed streams beyond those paths.

    `lost`: the device does not list the camera's video source any more, so that it has no stream.
    """

    streams: tuple[Stream, ...]
    further: tuple[str, ...] = ()
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What was asked without a credential, and what answered: names of protocol and path, such as `rtsp main`."""

    asked: tuple[str, ...]
    anonymous: tuple[str, ...]


BLANK_CONTRAST = 4.0
"""Contrast under which nothing is seen in a picture: sensor noise alone has less. House rule."""


@dataclass(frozen=True, slots=True)
class PictureSeen:
    """A picture was fetched and decoded on this path. `digest`: SHA-256 of its bytes, hex; `dated` as in `Picture`.

    `shows`: on a path of OF_A_LIST, whose approved view it shows, by camera id; empty where that is not proven.
    `imprint`: bits to compare it with others by, hex (`masking/view/likeness.py`); empty where it shows too little, or
    is cached. `clock_off_s`: by how much date and time in the picture are ahead of `taken_at`, of a live one as two
    pictures in a row say; None: not read.
    """

    path: PathName
    taken_at: datetime
    digest: str
    width_px: int
    height_px: int
    mean_luma: float
    contrast: float
    dated: bool = False
    shows: str = ""
    imprint: str = field(default="", repr=False)
    clock_off_s: float | None = None


@dataclass(frozen=True, slots=True)
class ZoneVerdict:
    """Masking's verdict on one zone in one picture: `reason` a kebab-case word, `numbers` measured values by name.

    `signature`: of a mask that hides, what it looks like (`masking/worth/same_mask.py`); empty where not measured.
    """

    path: PathName
    zone: str
    verdict: Literal["PASS", "FAIL", "UNSURE"]
    reason: str
    numbers: tuple[tuple[str, float], ...] = ()
    signature: tuple[tuple[str, float], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ZoneSensitivity:
    """The smallest faults that would have been found in a zone that passed (`masking/worth/sensitivity.py`).

    `gap_px` in pixels of a 640 px wide picture; `width_px` is that of the picture in which it was tried.
    """

    path: PathName
    zone: str
    gap_px: float | None
    sides: int
    blind_sides: int
    opacity_ratio: float | None
    width_px: int

    @property
    def is_proof(self) -> bool:
        """Whether gross faults, a bare zone and a bare strip, would have been found."""
        return self.gap_px is not None and self.opacity_ratio is not None


@dataclass(frozen=True, slots=True)
class PathFramed:
    """How a path's picture of this size frames the approved view; `approved`: digest (SHA-256, hex) over that view."""

    path: PathName
    width_px: int
    height_px: int
    approved: str
    seen: FramingSeen


@dataclass(frozen=True, slots=True)
class FootageOpened:
    """Another moment of footage than the oldest was opened, or was not.

    `asked_at` is the moment that was requested, `at` the recorded moment of the picture that came, by the recorder's
    clock; None: none came, for `reason`. `dated` as in `Picture`, `shows`, `imprint`, `digest` and `clock_off_s` as in
    `PictureSeen`, the last beside `at`. `verdicts` are those on the camera's zones. `blank`: nothing is seen in it.
    `repeats`: of `again`, whether the picture of that moment came that had come before; None: that cannot be told.
    `same_as_at`: another moment that was requested in the same look, and for which the same picture came.
    """

    name: OpeningName
    asked_at: datetime
    at: datetime | None = None
    reason: str = ""
    dated: bool = False
    shows: str = ""
    verdicts: tuple[ZoneVerdict, ...] = ()
    blank: bool = False
    imprint: str = field(default="", repr=False)
    clock_off_s: float | None = None
    repeats: bool | None = None
    same_as_at: datetime | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class StreamSound:
    """Whether a stream's own description offers sound: `encodings` as it names them, empty where it offers none.

    It may offer what no profile lists, and says so of one path only; that of a recording tells of what is kept.
    """

    path: PathName
    encodings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object of a stream's metadata was, in 0..1, origin top-left, y down. `number`: which object."""

    number: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class ObjectsTold:
    """What the metadata of a stream told in a few seconds of listening.

    `documents` came with `objects` in them, of which `unplaced` stand in no frame that is known; `pictures`: so often a
    picture or its address was among them, of which `crops` were cut out around one object, and `elsewhere` had an
    address on another host; `unread` were too long to be read. `reason` why nothing was heard, empty where it was
    listened to. `places` are dropped as soon as it is counted which objects lie in a private zone: `inside` by the
    zone's name.
    """

    path: PathName
    documents: int = 0
    objects: int = 0
    unplaced: int = 0
    pictures: int = 0
    reason: str = ""
    inside: tuple[tuple[str, int], ...] = ()
    places: tuple[Place, ...] = field(default=(), repr=False)
    unread: int = 0
    crops: int = 0
    elsewhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTold:
    """What a picture of TOLD showed, of which the metadata of `stream` told.

    `reason`: why nothing is known of it, empty where it was judged. `shows`: whose approved view it shows, by camera
    id, empty where that is not proven; there are `verdicts` only of one that shows its own camera's. `digest`: SHA-256
    of its bytes, hex. Nothing says how old it is: it proves no zone hidden.
    """

    path: PathName
    stream: PathName
    reason: str = ""
    shows: str = ""
    digest: str = ""
    verdicts: tuple[ZoneVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class PresetSeen:
    """The preset position of a turning camera at which a picture was taken, and the verdicts on that preset's zones.

    `preset` is empty where it is unknown: `reason` is then `position-unknown` or `several-presets`. `nearest` and
    `off_percent`: the preset that was missed by little, by how much of the picture's width; empty, None for none.
    """

    path: PathName
    preset: str
    reason: str
    verdicts: tuple[ZoneVerdict, ...] = ()
    nearest: str = ""
    off_percent: float | None = None


@dataclass(frozen=True, slots=True)
class StreamSample:
    """What a live stream was measured to deliver on one path; its configuration is in `Stream`.

    `seconds` is the measured stretch of the stream's own time, for `fps` and `bitrate_bps` (payload of RTP). `codec` in
    ONVIF's words. A size of zero: not in the stream. `keyframe_interval_s` None: fewer than two keyframes.
    `packets_lost` counts missing packet numbers.
    """

    path: PathName
    seconds: float
    frames: int
    fps: float
    bitrate_bps: int
    width_px: int
    height_px: int
    codec: str
    keyframe_interval_s: float | None
    packets_lost: int
