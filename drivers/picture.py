"""Defines what was observed on each picture path of a camera; masking decides the verdict.

What else is seen in a picture are `ViewSeen` and `QualitySeen` of `masking/view/model.py`: plain values, taken as they
are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

PathName = Literal["snapshot", "main", "sub", "recorder-live", "playback"]
"""A way on which a picture leaves the camera. A mask verdict names the path that it was seen on."""


@dataclass(frozen=True, slots=True)
class Access:
    """What was asked without a credential, and what answered: names of protocol and path, such as `rtsp main`."""

    asked: tuple[str, ...]
    anonymous: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PictureSeen:
    """A picture was fetched and decoded on this path. `digest`: SHA-256 of its bytes, hex; `dated` as in `Picture`."""

    path: PathName
    taken_at: datetime
    digest: str
    width_px: int
    height_px: int
    mean_luma: float
    contrast: float
    dated: bool = False


@dataclass(frozen=True, slots=True)
class ZoneVerdict:
    """The judgement of one private zone in one picture.

    `verdict` is masking's PASS, FAIL or UNSURE; `reason` a short kebab-case word; `numbers` measured values by name.
    """

    path: PathName
    zone: str
    verdict: Literal["PASS", "FAIL", "UNSURE"]
    reason: str
    numbers: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class PresetSeen:
    """At which of a turning camera's preset positions one picture was taken, and what of that preset's zones it shows.

    `preset` is empty where that cannot be told: `reason` is then `position-unknown` or `several-presets`. `nearest`
    and `off_percent`: the preset that was missed by little, and by how much of the picture's width; empty and None
    where there is none.
    """

    path: PathName
    preset: str
    reason: str
    verdicts: tuple[ZoneVerdict, ...] = ()
    nearest: str = ""
    off_percent: float | None = None


@dataclass(frozen=True, slots=True)
class StreamSample:
    """What a live stream was measured to deliver on one path; what it is configured to is `Stream`'s word.

    `seconds` is how much of the stream's own time was measured, and what `fps` and `bitrate_bps` (payload of RTP) are
    over. `codec` in ONVIF's words. A size of zero: the stream does not tell it. `keyframe_interval_s` None: there were
    fewer than two keyframes. `packets_lost` counts the numbers that are missing among those of the packets.
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
