"""Judges the zones of filmed courses, under their declared effect and under any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from masking.model import Effect, Zone
from scenes.cases import asked
from scenes.courses import Film, Picture, Spot
from scenes.looking import judge_each
from scenes.regions import THIN_PX, Corners
from scenes.scoring import Scored

_INSET_PX = 3
"""Of a 640 px wide picture: so far from its edge a zone is compared with the scene."""


def scored(film: Film) -> Iterator[tuple[Spot, Scored]]:
    """Yield what comes of each zone of a film, for each effect that it may be declared to have."""
    one = film.course
    for spot, box in zip(one.spots, film.boxes, strict=True):
        readable = correlation(film.pictures, film.scene, spot.corners, box) if spot.case.is_translucent else 0.0
        effects: tuple[Effect, ...] = (*asked(spot.case), "any")
        for effect in effects:
            zone = zone_of(spot, box, effect)
            yield (
                spot,
                Scored(
                    place=one.place.name,
                    is_real=one.place.is_real,
                    case=spot.case,
                    effect=effect,
                    surface=spot.surface,
                    shape=_shape(spot.corners, one.size_px),
                    quality=one.quality.name,
                    size_px=one.size_px,
                    light=one.lights[0] if len(set(one.lights)) == 1 else "several",
                    readable=readable,
                    verdicts=tuple(judge_each(film.pictures, zone)),
                ),
            )


def zone_of(spot: Spot, box: Corners, effect: Effect) -> Zone:
    """The zone as it would be declared; `box`: of an overlay that the device tells of, or empty."""
    overlays = (box,) if box else ()
    return Zone("zone", spot.corners, effect, spot.color if effect == "color" else "", overlays=overlays)


def _shape(corners: Corners, size_px: tuple[int, int]) -> str:
    spans = np.ptp(np.array(corners), 0) * (640, 640 * size_px[1] / size_px[0])
    if spans.min() <= THIN_PX[1]:
        return "thin"
    return "rectangle" if len({x for x, _ in corners}) == 2 else "slanted"


def correlation(pictures: Sequence[Picture], scene: Picture, corners: Corners, box: Corners) -> float:
    """How far the mean of some looks correlates with the scene behind (grey), inside a zone and beside its overlay."""
    height, width = scene.shape
    inside = np.zeros((height, width), np.uint8)
    cv2.fillPoly(inside, [_pixels(corners, width, height)], 255)
    inset = 2 * max(round(_INSET_PX * width / 640), 1) + 1
    inside = np.asarray(cv2.erode(inside, np.ones((inset, inset), np.uint8)), np.uint8)
    if box:
        cv2.fillPoly(inside, [_pixels(box, width, height)], 0)
    where = inside > 0
    if where.sum() < 16:
        return 0.0
    looks = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[where] for picture in pictures]
    seen, behind = np.mean(looks, 0, dtype=np.float64), scene[where].astype(np.float64)
    spread = float(seen.std() * behind.std())
    return 0.0 if spread == 0 else float(((seen - seen.mean()) * (behind - behind.mean())).mean() / spread)


def _pixels(corners: Corners, width: int, height: int) -> np.ndarray:
    return np.round(np.array(corners) * (width, height)).astype(np.int32)
