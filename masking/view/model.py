"""Defines requests and answers of the view and quality measures: plain values, no numpy, no OpenCV.

A similarity is given in the picture's own frame: a point p (pixels, origin top-left, y down) of the approved picture is
found at `zoom * R(rotation) * (p - centre) + centre + shift` in the picture under test.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

Polygon = tuple[tuple[float, float], ...]
LightMode = Literal["day", "night", "infrared"]
LIGHT_MODES: Final[tuple[LightMode, ...]] = ("day", "night", "infrared")

ViewState = Literal["still", "moved", "unknown"]


@dataclass(frozen=True, slots=True)
class ViewJob:
    """The comparison requested for a picture.

    `references` are encoded baselines (see `baseline.py`), at most one for each light mode. `excluded` are areas that
    do not move with the scene, or move by themselves: privacy masks and overlays, as polygons in 0..1. `derived` are
    references that nobody approved, but that approved ones have proved (`agent/observe/pictures/derived_views.py`): one
    is used for a picture of its own light alone, and only where none of that light was approved.
    """

    references: tuple[bytes, ...] = field(repr=False)
    excluded: tuple[Polygon, ...] = ()
    derived: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Movement:
    """How the view differs from the approved one.

    `right_percent` and `down_percent`: how far the scene's centre went, in per cent of the picture's width (also down:
    of the width). `rotation_deg`: clockwise turn of the scene on the screen. `zoom_percent`: 1 is one per cent larger.
    `largest_percent`: the farthest that any corner of the picture went, in per cent of its width.
    """

    right_percent: float
    down_percent: float
    rotation_deg: float
    zoom_percent: float
    largest_percent: float


@dataclass(frozen=True, slots=True)
class ViewSeen:
    """The answer on one picture.

    `reason`: for `still` and `moved` the method that found it (`tiles`, `features`, `whole`); for `unknown`:
    `no-reference`, `other-light`, `other-shape`, `too-small`, `no-texture`, `excluded`, `no-match`, `few-agree`,
    `one-sided`, `other-scene`, `out-of-range`, `bad-reference`. Several pictures settle a view as `moved` for
    `several-looks` or `turned-away` too (`persistence.py`), the latter without a measure. `light`: light mode of this
    picture; `reference_light`: that of the reference used, None without one. `agreeing_ratio`: share (0..1) of the
    tiles with texture that agree; `quadrants`:
    in how many quarters of the picture they lie. `aspect`: width over height. `movement` is None when it could not be
    measured; with `unknown` it may be a hint that proves nothing.
    """

    state: ViewState
    reason: str
    light: LightMode
    reference_light: LightMode | None
    agreeing_ratio: float
    quadrants: int
    aspect: float
    movement: Movement | None = None


@dataclass(frozen=True, slots=True)
class QualityJob:
    """The other inputs of a picture's quality measures.

    `previous`: the encoded descriptor of the picture before (see `baseline.py`), or empty: shows a frozen and a shaking
    picture. `references`: as in `ViewJob`: show a covered one. `excluded`: masks and overlays. `overlays`: where the
    camera itself should write date and name, as polygons in 0..1; measured by their boxes.
    """

    previous: bytes = field(default=b"", repr=False)
    references: tuple[bytes, ...] = field(default=(), repr=False)
    excluded: tuple[Polygon, ...] = ()
    overlays: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class QualitySeen:
    """What was measured in one picture, on a 640 px wide copy. None: could not be measured.

    luma: mean, 0..255. contrast: standard deviation of luma, 0..127.5. dark_ratio, bright_ratio: share of pixels at
    most 20 and at least 245. sharpness: log10 of the variance of the Laplacian. noise: standard deviation of the
    sensor's noise in levels of luma. stripes: strength of the strongest row or column pattern in levels of luma.
    cast_a, cast_b: mean a* and b* (CIE L*a*b*). flat_ratio: share of cells without coarse structure.
    covered_ratio: share of the cells with structure in the reference that have lost it. lost_ratio: the same for cells
    that show something else. change: mean difference from the previous picture in levels of luma, after evening out
    brightness; changed_ratio: share of cells that differ at all. shift_percent: how far the picture went since the
    previous one, in per cent of the width. ink: fine strokes in each overlay's box, in levels of luma. even_ratio:
    share of pixels of one level of luma, give or take one, that is neither black nor burnt out: no sensor sees so.
    drawn_ratio: share of even areas of a few levels that stand alone, as in cards and bars. overlay_change: as
    `change`, in the overlays' boxes: 0 where a clock stands. floor: level of luma below which the darkest tenth lies.
    tint_red_low, ..._high, tint_blue_low, ..._high: logarithms of red over green and of blue over green, that a third
    of the picture lies below and above. kept_contrast: how much of the reference's contrast is left, cell by cell, each
    in proportion to its brightness: 1 as approved, whatever the exposure. stripes_over: as `stripes`, in what differs
    from the reference. noise_change: as `noise`, in what differs from the previous picture. kept_detail: as
    `sharpness`, how much more or less there is than in the reference, where that has most; None where it has none.
    """

    light: LightMode
    luma: float
    contrast: float
    dark_ratio: float
    bright_ratio: float
    sharpness: float
    noise: float
    stripes: float
    cast_a: float
    cast_b: float
    flat_ratio: float
    covered_ratio: float | None = None
    lost_ratio: float | None = None
    change: float | None = None
    changed_ratio: float | None = None
    shift_percent: float | None = None
    ink: tuple[float, ...] = ()
    even_ratio: float = 0.0
    drawn_ratio: float = 0.0
    overlay_change: float | None = None
    floor: float = 0.0
    tint_red_low: float | None = None
    tint_red_high: float | None = None
    tint_blue_low: float | None = None
    tint_blue_high: float | None = None
    kept_contrast: float | None = None
    stripes_over: float | None = None
    noise_change: float | None = None
    kept_detail: float | None = None


@dataclass(frozen=True, slots=True)
class DescriptorJob:
    """Asks for a descriptor of the picture, or of the median of five or more in `merge`; `excluded` as in `ViewJob`."""

    merge: tuple[bytes, ...] = field(default=(), repr=False)
    excluded: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How a path's picture frames the approved view: an upright mapping between two frames of 0..1.

    The approved view is mirrored (left becomes right) where `mirrored`, then turned clockwise by `turn_deg` (0, 90,
    180, 270); a point (x, y) of that is found at (`scale_x * x + offset_x`, `scale_y * y + offset_y`) of the picture.
    All zero and one: the picture frames what was approved, squeezed or not.
    """

    turn_deg: int = 0
    mirrored: bool = False
    scale_x: float = 1.0
    scale_y: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0


AS_APPROVED: Final = Framing()


@dataclass(frozen=True, slots=True)
class Bars:
    """Black bars at a picture's edges, as shares (0..1) of its width or height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


NO_BARS: Final = Bars()


@dataclass(frozen=True, slots=True)
class FramingJob:
    """Asks how a picture frames the approved view; its zones are then looked for where they lie in this picture.

    `references`, `excluded`, `derived` as in `ViewJob`; without references only bars are looked for. `known`: what an
    earlier picture of this path proved, which this one confirms, or contradicts; it is none for a picture of another
    size than `known_size` (width, height). `search`: look for another framing where none is confirmed, which takes
    half a second.
    """

    references: tuple[bytes, ...] = field(default=(), repr=False)
    excluded: tuple[Polygon, ...] = ()
    derived: tuple[bytes, ...] = field(default=(), repr=False)
    known: Framing | None = None
    known_size: tuple[int, int] = (0, 0)
    search: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FramingSeen:
    """How one picture frames the approved view.

    `state`: `found`, this picture proves it; `held`, it has too little to compare and the known one is used; `unknown`.
    `reason`: `tiles` where found; else why not: `no-reference`, `bad-reference`, `too-small`, `no-texture`, `no-match`,
    `not-searched`. `hinted`: its shape or its bars hint at another framing than the approved one. `agreeing_ratio`:
    share (0..1) of the tiles with texture that agree, `tiles` how many those are, `quadrants` the quarters where.
    """

    state: Literal["found", "held", "unknown"]
    reason: str
    framing: Framing | None = None
    bars: Bars = NO_BARS
    hinted: bool = False
    agreeing_ratio: float = 0.0
    tiles: int = 0
    quadrants: int = 0
