"""Defines requests and answers of the picture worker: plain values, no numpy, no OpenCV.

Polygons are tuples of (x, y) in 0..1 of the picture's width and height, origin top-left, y down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from masking.clock.model import ClockJob, ClockSeen
from masking.view.model import FramingJob, FramingSeen, ViewJob, ViewSeen
from masking.worker.study import Studied, Study
from masking.worth.sensitivity import Sensitivity

Point = tuple[float, float]
Polygon = tuple[Point, ...]
PictureKind = Literal["jpeg", "h264", "h265"]
Effect = Literal["color", "pixelated", "blurred", "any"]


@dataclass(frozen=True, slots=True)
class Zone:
    """An area that must be hidden, and how: `effect` `any` accepts any effect.

    `color` is `#rrggbb`, or empty when any one solid colour counts. `least_block_ratio` and `least_sigma_ratio` are a
    policy's limits for a mosaic's block and a blur's sigma, as shares of the zone's shorter side; 0: none. `overlays`:
    where the camera is told to draw text or logos over the picture. `earlier`: what earlier looks at it on the same
    path have left (`Verdict.evidence`), oldest first, each of another moment.
    """

    name: str
    polygon: Polygon
    effect: Effect = "any"
    color: str = ""
    least_block_ratio: float = 0.0
    least_sigma_ratio: float = 0.0
    overlays: tuple[Polygon, ...] = ()
    earlier: tuple[bytes, ...] = field(default=(), repr=False, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Position:
    """A preset position and its zones, judged when still; `view`: approved references, pictures stretched to them."""

    name: str
    view: ViewJob
    zones: tuple[Zone, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One encoded picture and the zones in it.

    `device` and `camera`: the source of these bytes; a recorder hands on what its cameras send, so both count. Pictures
    of one camera may be judged by one child, those of two never; without a device each has a child of its own.
    `calibrate`: names of zones in which, where they pass, it is measured what would have been found in them
    (`worth/calibrate.py`). `study`:
    further measures of the picture, None for none. `positions`: the possible positions of the camera; empty where it is
    fixed. `framing`: how the picture frames the approved view, in whose frame `zones` are; None: as they are given.
    `clock`: what is asked of a clock in the picture, None for nothing.
    """

    data: bytes = field(repr=False)
    kind: PictureKind
    zones: tuple[Zone, ...] = ()
    study: Study | None = None
    positions: tuple[Position, ...] = ()
    device: str = ""
    camera: str = ""
    framing: FramingJob | None = None
    calibrate: tuple[str, ...] = ()
    clock: ClockJob | None = None


@dataclass(frozen=True, slots=True)
class Confinement:
    """How far a child of the picture worker is locked down.

    `limits`: layers that could not be applied, one sentence each; others may hold. `open_ways`: ways out that it found
    open when it tried them (`confined.py`); with one, it judges nothing.
    """

    limits: tuple[str, ...] = ()
    open_ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one zone is hidden in one picture.

    `verdict`: PASS hidden, FAIL shown, UNSURE undecidable. `reason` is a kebab-case word; `numbers` are the measured
    values behind it, `hidden_probability` (0..1) among them where the zone could be measured; `explanation` is one
    readable English sentence. `evidence`: what this look leaves for later ones, opaque bytes that are held in memory
    and nowhere else; empty where the zone could not be measured. `together`: the verdict on this look and the `earlier`
    ones of the zone as one measurement; None where that was not asked for. `signature`: of a mask that hides, what it
    looks like (`worth/same_mask.py`).
    """

    zone: str
    verdict: Literal["PASS", "FAIL", "UNSURE"]
    reason: str
    numbers: tuple[tuple[str, float], ...] = ()
    explanation: str = ""
    evidence: bytes = field(default=b"", repr=False, compare=False)
    together: Verdict | None = field(default=None, repr=False, compare=False)
    signature: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Positioned:
    """A picture's comparison with each position, in order, and verdicts on the zones of the matched one, if any."""

    views: tuple[ViewSeen, ...]
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to a job. `mean_luma` is 0..255; `contrast` the standard deviation of luma, 0..127.5.

    `studied` answers the job's `study`, None where there was none; `positioned` its `positions`. `dropped_units`: how
    many units of the bitstream were not handed to a decoder because they are not of a picture, or of unknown type.
    `sensitivities`: with `calibrate`, one for each verdict, None where it was not measured.
    `imprint`: bits to compare the picture with others by (`view/likeness.py`), empty where it shows too little.
    `framing` answers the job's. `clock` answers the job's, None where there was none.
    """

    width_px: int
    height_px: int
    mean_luma: float
    contrast: float
    verdicts: tuple[Verdict, ...] = ()
    studied: Studied | None = None
    positioned: Positioned | None = None
    dropped_units: int = 0
    imprint: bytes = field(default=b"", repr=False)
    framing: FramingSeen | None = None
    sensitivities: tuple[Sensitivity | None, ...] = ()
    clock: ClockSeen | None = None


NOT_CONFINED: Final = "worker-not-confined"
"""Why a picture was not judged where the child could not be locked down."""

DAMAGED: Final = "damaged"
"""Why a picture was not judged of which a part did not arrive, or arrived wrong."""


class WorkerError(Exception):
    """The picture was not judged.

    `reason`: `undecodable`, `damaged` (a part of it is missing or wrong), `timeout`, `crashed`, `too-large`,
    `worker-not-confined`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
