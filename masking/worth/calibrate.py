"""Draws faults into a zone that passed, and measures the smallest one that the same judge would have found in it.

A PASS on a plain place is worth less than one on a busy place; this says how much. The scene behind the mask is not
known, so that what lies around the zone is mirrored into it: strips along each side, as a mask that is displaced or too
small leaves them bare, and the whole zone under a mask that is not quite opaque. Each drawing is coded again before it
is judged, as coarsely as the passing picture bears, for a codec would have had its share of the fault as well.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Verdict, Zone
from masking.worth.sensitivity import GAPS_PX, NOT_MEASURED, OPACITIES, SIDES, Sensitivity
from masking.zones.raster import Bgr, Bytes, cut
from masking.zones.verdict import judge_zone

QUALITIES: Final = (60, 80, 95)
"""JPEG qualities to code drawings with, coarsest first: the first at which the zone still passes as it is."""

GAP_DRAWN: Final = 2 / 3
SHOWN_DRAWN: Final = 0.4
SHOWN_DRAWN_SOFT: Final = 0.2
"""A gap is claimed only where one of two thirds of its width was found, and a mask that lets so much of the scene
through where one that lets less through was: the scene behind a mask is another one than that around it, and a
camera's codec takes more away than ours. Measured: `masking/README.md`."""

_MARGIN_PX: Final = 32
_BLOCK_PX: Final = 16
"""What is coded again: the zone and its surroundings, cut at the blocks of codecs."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where drawings go: `box` (left, top, right, bottom) of the picture; the rest has its size.

    `mirrored` is what lies around, reflected into the zone; `depth_px` how far from the nearest border each pixel of
    the zone lies, 0 outside; `side` which of SIDES that border is.
    """

    box: tuple[int, int, int, int]
    mirrored: Bgr
    depth_px: npt.NDArray[np.float32]
    side: npt.NDArray[np.intp]


def calibrate(picture: Bgr, zone: Zone) -> Sensitivity:
    """Measure what would have been found in a zone that passes in this picture (height x width x 3, BGR).

    NOT_MEASURED: nothing around it could be drawn into it, or a picture coded again no longer passes. Drawings are made
    in a copy, averaged down as far as the judge does it.
    """
    region = cut(picture, zone.polygon)
    if region is None:
        return NOT_MEASURED
    picture = _averaged(picture, region.ground.factor)
    scene = _scene(picture, zone)
    if scene is None:
        return NOT_MEASURED
    shown = SHOWN_DRAWN if judge_zone(picture, zone).reason == "solid" else SHOWN_DRAWN_SOFT
    quality = next((one for one in QUALITIES if _passes(picture, zone, scene, _patch(picture, scene), one)), None)
    if quality is None:
        return NOT_MEASURED
    scale = picture.shape[1] / 640
    gaps = []
    for number in range(len(SIDES)):
        here = scene.side == number
        if not here.any():
            continue
        deepest = float(scene.depth_px[here].max())
        sizes = [gap for gap in GAPS_PX if gap * scale <= deepest]
        drawn = [(scene.depth_px > 0) & (scene.depth_px <= max(gap * scale * GAP_DRAWN, 1.0)) & here for gap in sizes]
        found = _least(len(sizes), lambda at, drawn=drawn: _bare(picture, zone, scene, drawn[at], 0.0, quality))  # type: ignore[misc]
        gaps.append(None if found is None else sizes[found])
    inside = scene.depth_px > 0
    found = _least(
        len(OPACITIES),
        lambda at: _bare(
            picture, zone, scene, inside, 1 - shown * (1 - OPACITIES[at]) if OPACITIES[at] else 0.0, quality
        ),
    )
    told = [gap for gap in gaps if gap is not None]
    return Sensitivity(
        gap_px=max(told, default=None),
        sides=len(gaps),
        blind_sides=len(gaps) - len(told),
        opacity_ratio=None if found is None else OPACITIES[found],
    )


def _least(count: int, is_found: Callable[[int], bool]) -> int | None:
    """Return the first of so many faults, each grosser than the one before, that is found; None: not the last one."""
    if not count or not is_found(count - 1):
        return None
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_found(middle) else (middle + 1, high)
    return low


def _averaged(picture: Bgr, factor: int) -> Bgr:
    """Return a copy of the picture, averaged down by a whole factor as `raster.cut` does it."""
    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    whole = picture[: height * factor, : width * factor]
    return np.array(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _bare(picture: Bgr, zone: Zone, scene: _Scene, where: npt.NDArray[np.bool_], opacity: float, quality: int) -> bool:
    """Whether a zone is no longer believed where the scene shows through a part of it."""
    patch = _patch(picture, scene).copy()
    mixed = patch[where] * opacity + scene.mirrored[where] * (1 - opacity)
    patch[where] = (mixed + 0.5).astype(np.uint8)
    return not _passes(picture, zone, scene, patch, quality)


def _patch(picture: Bgr, scene: _Scene) -> Bgr:
    left, top, right, bottom = scene.box
    return picture[top:bottom, left:right]


def _passes(picture: Bgr, zone: Zone, scene: _Scene, patch: Bgr, quality: int) -> bool:
    """Judge the picture with a patch in it, coded again; the picture is as it was afterwards."""
    own = _patch(picture, scene)
    before = own.copy()
    coded = cv2.imencode(".jpg", patch, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    try:
        own[:] = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        return judge_zone(picture, zone).verdict == "PASS"
    finally:
        own[:] = before


def _scene(picture: Bgr, zone: Zone) -> _Scene | None:
    height, width = picture.shape[:2]
    corners = np.array(zone.polygon, np.float64) * (width, height)
    low, high = corners.min(0), corners.max(0)
    margin = max(_MARGIN_PX, round(_MARGIN_PX * width / 640))
    left, top = (max(int(at - margin) // _BLOCK_PX * _BLOCK_PX, 0) for at in low)
    right, bottom = (
        min(-(-int(at + margin) // _BLOCK_PX) * _BLOCK_PX, end) for at, end in zip(high, (width, height), strict=True)
    )
    area: Bytes = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(area, [np.rint(corners - (left, top)).astype(np.int32)], 1)
    if not area.any() or area.all():
        return None
    depth, labels = cv2.distanceTransformWithLabels(area, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    outside = np.argwhere(area == 0)
    nearest = np.zeros((int(labels.max()) + 1, 2), np.intp)
    nearest[labels[outside[:, 0], outside[:, 1]]] = outside
    rows, columns = np.indices(area.shape)
    border_y, border_x = nearest[labels][..., 0], nearest[labels][..., 1]
    off_x, off_y = border_x - columns, border_y - rows
    side = np.where(np.abs(off_x) >= np.abs(off_y), np.where(off_x < 0, 0, 2), np.where(off_y < 0, 1, 3))
    map_x, map_y = (border_x + off_x + left).astype(np.float32), (border_y + off_y + top).astype(np.float32)
    mirrored = cv2.remap(picture, map_x, map_y, cv2.INTER_NEAREST, None, cv2.BORDER_REFLECT_101)
    inside = np.where(area > 0, depth, 0).astype(np.float32)
    return _Scene((left, top, right, bottom), np.asarray(mirrored, np.uint8), inside, np.where(area > 0, side, -1))


def calibrate_passed(
    picture: Bgr, zones: Sequence[Zone], verdicts: Sequence[Verdict], names: Collection[str]
) -> tuple[Sensitivity | None, ...]:
    """Calibrate the zones of these names that passed; None for the others."""
    return tuple(
        calibrate(picture, zone) if verdict.verdict == "PASS" and zone.name in names else None
        for zone, verdict in zip(zones, verdicts, strict=True)
    )
