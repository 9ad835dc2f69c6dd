"""Finds text and logos that a camera draws over a mask, and takes them out of a zone before it is judged again.

A camera draws its clock and its name last, over the mask. They are no scene, but they are unlike the mask. What is
taken out must stand on the mask's own fill: thin strokes of an extreme brightness, away from the zone's border, on a
small part of it. Only boxes that somebody told excuse it, so that the rest of the zone may pass; a drawing that nobody
told, or one with thick parts, leaves the zone open. A told box excuses no bare strip: pixels in it that are neither
fill nor stroke, or a rest with more detail than the zone's other parts, keep it a part of the zone.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from masking.model import Effect, Polygon
from masking.zones.raster import BEND_UNIT, Bytes, Floats, Region, bend, level_at, levels

MOST_RATIO: Final = 0.15
"""Up to so much of a zone may lie under drawings, for the rest to pass."""

OPEN_RATIO: Final = 0.4
"""Up to so much may, for the zone to be left open instead of failing."""

UNLIKE_LUMA: Final = 8
UNLIKE_CHROMA: Final = 16
"""Distance from the fill, in levels, from which a pixel is marked; as for solid masks."""

CONTRAST_MIN: Final = 48
"""Distance in levels from the fill of a stroke's core."""

WHITE_FROM: Final = 165
BLACK_TO: Final = 60
"""Luma of strokes: as a rule white, often with a black outline; one pixel wide, a codec darkens them."""

_STROKE_PX: Final = 7.0
"""Strokes are thinner than this, at 640 px."""

_LOCAL_PX: Final = 19.0
"""Size of the window whose median is the local fill of a blur, at 640 px: wider than two strokes."""

HALOS_PX: Final[dict[Effect, tuple[float, ...]]] = {"color": (1.0,), "pixelated": (2.0, 5.0), "blurred": (2.0, 5.0)}
"""Reaches to try: as little as possible, and a codec's block."""

_SMEAR_PX: Final = 6.0
"""So far, at 640 px, a stroke blurs, and so far a codec's block carries its ripples."""

LEAST_PIXELS: Final = 12
"""Fewer pixels of strokes over a mosaic or blur are none."""

PLAIN_STRAY_RATIO: Final = 0.06
"""What is plainly unlike the fill and no part of a stroke, over the strokes: more of it may be the scene."""

BARE_RIM_RATIO: Final[dict[Effect, float]] = {"color": 0.06, "pixelated": 0.015, "blurred": 0.015}
"""Where more of the border is unlike the fill, it may be bare; text that crosses it marks less."""

RIPPLE: Final[dict[Effect, float]] = {"color": 2.0, "pixelated": 0.4, "blurred": 0.4}
"""Detail beside the strokes, in levels, that a codec may add; of a colour, what is off by more is marked anyway."""

FEW_KEPT: Final = 0.05
"""Where less than this share of the window is left, a wider one tells the fill."""

SIDE_RATIO: Final = 0.6
_SIDE_POINTS: Final = 24
"""Share of a side, by so many points, from which told boxes hold it."""

_COLORS: Final = 3
"""A logo has so few colours that they cover nearly all of it."""


@dataclass(frozen=True, slots=True)
class Drawings:
    """What seems to be drawn over a zone's mask: `marks` unlike the `fill` (both of the crop), and the zone's `area`.

    `is_told`: nothing but strokes, and all in told `boxes`.
    """

    effect: Effect
    fill: Bytes
    marks: Bytes
    area: Bytes
    boxes: Bytes
    is_told: bool


@dataclass(frozen=True, slots=True)
class Cleared:
    """A zone without its drawings. `left_out_ratio`: their share of it; `is_excused`: told, and nothing but strokes."""

    region: Region
    left_out_ratio: float
    is_excused: bool


def find(region: Region, effect: Effect, told: tuple[Polygon, ...]) -> Drawings | None:
    """Find drawings over a mask of this effect; None where there are none that can be such.

    Args:
        region: The zone as cut out.
        effect: `color`, `pixelated` or `blurred`: how the drawings differ from the fill depends on it.
        told: Where drawings were told to be, in pixels of the crop.
    """
    area = np.asarray(cv2.dilate(region.core, _square(2 * region.inset_px + 1)), np.uint8)
    within = np.asarray(cv2.erode(area, _square(2 * region.inset_px - 1), borderValue=1), np.uint8)
    fill, marks = _marks(region, effect, within)
    marked = cv2.countNonZero(marks)
    held_boxes = _boxes(told, area.shape)
    # A line that is longer than the zone crosses its border; one that lies along a side excuses nothing there.
    crossing = 0 * marks if _holds_a_side(region, held_boxes) else held_boxes
    along = np.asarray(marks & (1 - crossing), np.uint8)
    if not 0 < marked <= OPEN_RATIO * cv2.countNonZero(area) or _is_bare_along(along, within, BARE_RIM_RATIO[effect]):
        return None
    off = np.asarray(cv2.absdiff(region.luma, fill[..., 0]), np.uint8)
    brighter = region.luma > fill[..., 0]
    is_extreme = (brighter & (region.luma >= WHITE_FROM)) | (~brighter & (region.luma <= BLACK_TO))
    cores = np.asarray(((off >= CONTRAST_MIN) & is_extreme).view(np.uint8) & marks, np.uint8)
    core_pixels = cv2.countNonZero(cores)
    if effect != "color" and core_pixels < LEAST_PIXELS:
        return None
    thick = np.asarray(cv2.morphologyEx(cores, cv2.MORPH_OPEN, _square(_odd(region, _STROKE_PX))), np.uint8)
    smear = _square(2 * max(round(region.px(_SMEAR_PX)), 4) + 1)
    near = np.asarray(cv2.dilate(cores, smear), np.uint8)
    stray = cv2.countNonZero(cv2.bitwise_and(marks, 1 - near))
    is_strokes = cv2.countNonZero(thick) <= 0.1 * core_pixels and stray <= 0.1 * marked
    if is_strokes:
        marks = np.asarray(marks & near, np.uint8)
    elif not _is_logo(region, marks):
        return None
    any_off = np.asarray(cv2.absdiff(region.ycc, fill).max(2) if effect == "color" else off, np.uint8)
    beside = np.asarray(marks & (1 - np.asarray(cv2.dilate(cores, _square(5)), np.uint8)), np.uint8)
    plain = cv2.countNonZero((any_off >= CONTRAST_MIN // 2).view(np.uint8) & beside)
    boxes = np.asarray(cv2.dilate(held_boxes, smear), np.uint8)
    is_told = is_strokes and plain <= PLAIN_STRAY_RATIO * core_pixels
    is_told = is_told and not cv2.countNonZero(cv2.bitwise_and(marks, 1 - boxes))
    return Drawings(effect, fill, marks, area, boxes, is_told)


def clear(region: Region, drawn: Drawings, halo_px: float) -> Cleared | None:
    """Take drawings out of a zone, with so much around them (at 640 px); None where too little would be left."""
    halo = max(round(region.px(halo_px)), 1)
    out = np.asarray(cv2.bitwise_and(cv2.dilate(drawn.marks, _square(2 * halo + 1)), drawn.area), np.uint8)
    ratio = cv2.countNonZero(out) / cv2.countNonZero(drawn.area)
    if ratio > OPEN_RATIO:
        return None
    cleaned = _filled(region, out, drawn.fill if drawn.effect == "color" else None)
    is_excused = drawn.is_told and ratio <= MOST_RATIO
    if is_excused:
        beside = np.asarray(drawn.boxes & (1 - out) & region.core, np.uint8)
        is_excused = _is_like_the_rest(cleaned, beside, drawn.boxes, RIPPLE[drawn.effect])
    return Cleared(cleaned, ratio, is_excused)


def without_told(region: Region, effect: Effect, told: tuple[Polygon, ...], most_ratio: float) -> Cleared | None:
    """Take all that told boxes hold out of a zone and its surroundings, and what a codec smears out of them.

    What is in the zone is filled by what else is in it, and what is around it by what else is around; where boxes hold
    more than `most_ratio` of it, all stays as it is. None where boxes
    hold a whole side of a solid mask: bare scene along a side is unlike one colour, whatever is written there.
    """
    if effect == "color" and _holds_a_side(region, _boxes(told, region.luma.shape)):
        return None
    out = held(region, told)
    area = np.asarray(cv2.dilate(region.core, _square(2 * region.inset_px + 1)), np.uint8)
    inside, around = (np.asarray(out & side, np.uint8) for side in (area, 1 - area))
    ratio = cv2.countNonZero(inside) / cv2.countNonZero(area)
    if ratio > most_ratio:
        return Cleared(region, ratio, False)
    kept = np.asarray(region.core & (1 - out), np.uint8)
    fill = _middle(region, kept) if effect == "color" and kept.any() else None
    cleared = _filled(region, inside, fill, 1 - region.core)
    return Cleared(_filled(cleared, around, None, 1 - region.ring), ratio, False)


def held(region: Region, told: tuple[Polygon, ...]) -> Bytes:
    """Return which pixels of the crop told boxes hold, with what a codec smears out of them."""
    smear = _square(2 * max(round(region.px(_SMEAR_PX)), 4) + 1)
    return np.asarray(cv2.dilate(_boxes(told, region.luma.shape), smear), np.uint8)


def _holds_a_side(region: Region, boxes: Bytes) -> bool:
    """Whether any side of the zone lies for the most part in boxes."""
    if not boxes.any():
        return False
    last = np.array(boxes.shape[::-1]) - 1
    along = np.linspace(0, 1, _SIDE_POINTS)[:, None]
    for begin, end in zip(region.corners, np.roll(region.corners, -1, 0), strict=True):
        columns, rows = np.clip(np.rint(begin + along * (end - begin)), 0, last).astype(int).T
        if float(boxes[rows, columns].mean()) > SIDE_RATIO:
            return True
    return False


def _marks(region: Region, effect: Effect, area: Bytes) -> tuple[Bytes, Bytes]:
    """The fill that is expected everywhere, and where the zone is unlike it."""
    if effect == "color":
        fill = _middle(region, region.core)
        colour = fill[0, 0].astype(int)
        tolerances = np.array((UNLIKE_LUMA, UNLIKE_CHROMA, UNLIKE_CHROMA))
        unlike = cv2.inRange(region.ycc, colour - tolerances, colour + tolerances) == 0
    elif effect == "blurred":
        luma = cv2.medianBlur(region.luma, _odd(region, _LOCAL_PX))
        fill = np.asarray(np.dstack((luma, region.ycc[..., 1:])), np.uint8)
        unlike = cv2.absdiff(region.luma, fill[..., 0]) > 2 * UNLIKE_LUMA
    else:
        around = _square(_odd(region, _STROKE_PX))
        opened = cv2.morphologyEx(region.luma, cv2.MORPH_OPEN, around)
        closed = cv2.morphologyEx(region.luma, cv2.MORPH_CLOSE, around)
        bright, dark = cv2.subtract(region.luma, opened), cv2.subtract(closed, region.luma)
        luma = np.where(bright >= dark, opened, closed)
        fill = np.asarray(np.dstack((luma, region.ycc[..., 1:])), np.uint8)
        unlike = cv2.max(bright, dark) > 2 * UNLIKE_LUMA
    return fill, np.asarray(unlike.view(np.uint8) & area, np.uint8)


def _middle(region: Region, within: Bytes) -> Bytes:
    """A crop of the median colour of some pixels."""
    fill = np.empty_like(region.ycc)
    fill[:] = [round(level_at(levels(region.ycc, within, plane), 0.5)) for plane in range(3)]
    return fill


def _is_bare_along(marks: Bytes, within: Bytes, most_ratio: float) -> bool:
    """Whether marks lie along the zone's border: that is where a displaced mask leaves it bare."""
    rim = np.asarray(within - cv2.erode(within, _square(3), borderValue=1), np.uint8)
    return cv2.countNonZero(cv2.bitwise_and(marks, rim)) > most_ratio * cv2.countNonZero(rim)


def _is_logo(region: Region, marks: Bytes) -> bool:
    """Whether few colours cover all marked pixels but those at their edges, as in something drawn."""
    inner = np.asarray(cv2.erode(marks, _square(3)), np.uint8)
    pixels = region.luma[inner > 0]
    if len(pixels) < 20:
        return True
    counts = np.bincount(pixels, minlength=256).astype(np.float32)
    covered = 0.0
    for _ in range(_COLORS):
        sums = np.convolve(counts, np.ones(13, np.float32), "same")
        at = int(sums.argmax())
        covered += float(sums[at])
        counts[max(at - 12, 0) : at + 13] = 0
    return covered >= 0.75 * len(pixels)


def _filled(region: Region, out: Bytes, fill: Bytes | None, unused: Bytes | None = None) -> Region:
    """The zone with pixels replaced by the fill, or by the mean of what is around them and not `unused`."""
    if fill is None:
        kept = ((1 - out) if unused is None else (1 - out) & (1 - unused)).astype(np.float32)
        source = region.ycc.astype(np.float32) * kept[..., None]
        means = np.zeros_like(source) + source.sum((0, 1)) / max(float(kept.sum()), 1.0)
        for factor in (3, 1):
            near, share = _mean_around(source, kept, _odd(region, factor * _LOCAL_PX))
            means = np.where(share[..., None] > FEW_KEPT, near, means)
        fill = np.asarray(np.clip(means + 0.5, 0, 255), np.uint8)
    ycc = np.where(out[..., None] > 0, fill, region.ycc)
    return replace(region, ycc=ycc, luma=np.ascontiguousarray(ycc[..., 0]))


def _mean_around(source: Floats, kept: Floats, side_px: int) -> tuple[Floats, Floats]:
    """Means over a square around each pixel of what is kept, and its share in it."""
    weights = np.asarray(cv2.blur(kept, (side_px, side_px)), np.float32)
    return np.asarray(cv2.blur(source, (side_px, side_px)) / np.maximum(weights, 1e-3)[..., None], np.float32), weights


def _is_like_the_rest(cleaned: Region, beside: Bytes, boxes: Bytes, ripple: float) -> bool:
    """Whether what a box holds beside its strokes has no more detail than the zone outside of the boxes."""
    rest = np.asarray(cleaned.core & (1 - boxes), np.uint8)
    if cv2.countNonZero(beside) < 20 or not cv2.countNonZero(rest):
        return False
    bends = bend(cleaned.luma)
    own, usual = (float(cv2.mean(bends, mask)[0]) * BEND_UNIT for mask in (beside, rest))
    return own <= 1.5 * usual + ripple


def _boxes(told: tuple[Polygon, ...], shape: tuple[int, ...]) -> Bytes:
    """Which pixels of the crop lie in a told box."""
    boxes = np.zeros(shape, np.uint8)
    for polygon in told:
        cv2.fillPoly(boxes, [np.rint(np.array(polygon)).astype(np.int32)], 1)
    return boxes


def _square(side_px: int) -> Bytes:
    return np.ones((side_px, side_px), np.uint8)


def _odd(region: Region, at_640: float) -> int:
    """A length as an odd number of pixels; a small picture has strokes as wide as a large one."""
    return round(max(region.scale, 1.0) * at_640) // 2 * 2 + 1
