"""Which parts of a place are zones: its flattest one, and one at the 75th percentile of texture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Corners = tuple[tuple[float, float], ...]
Texture = Literal["flattest", "textured"]

CANDIDATES = 80
MARGIN = 0.045
"""How far a zone stays from the picture's edge and from the other zone, as a share of the width."""


@dataclass(frozen=True)
class Area:
    """A zone: its corners in 0..1 of the picture, clockwise, and how it was chosen."""

    texture: Texture
    corners: Corners


def areas(picture: Picture, seed: int, slanted: bool) -> tuple[Area, Area]:
    """Choose the two zones of a place by its first picture, among candidates of about 20 % x 25 % of the frame.

    `slanted`: quadrilaterals without a right angle instead of rectangles.
    """
    rng = np.random.default_rng(seed)
    found = [_candidate(rng, slanted) for _ in range(CANDIDATES)]
    rough = [_roughness(picture, corners) for corners in found]
    order = np.argsort(rough)
    flat = found[int(order[0])]
    wanted = float(np.percentile(rough, 75))
    apart = [i for i in range(CANDIDATES) if not _overlap(found[i], flat)]
    textured = found[min(apart, key=lambda i: abs(rough[i] - wanted))]
    return Area("flattest", flat), Area("textured", textured)


def _candidate(rng: np.random.Generator, slanted: bool) -> Corners:
    wide, high = float(rng.uniform(0.17, 0.26)), float(rng.uniform(0.21, 0.34))
    left, top = float(rng.uniform(MARGIN, 1 - MARGIN - wide)), float(rng.uniform(MARGIN, 1 - MARGIN - high))
    corners = ((left, top), (left + wide, top), (left + wide, top + high), (left, top + high))
    if not slanted:
        return corners
    # Each corner moves inwards by up to a quarter of the sides.
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    return tuple(
        (x + sx * wide * float(rng.uniform(0, 0.25)), y + sy * high * float(rng.uniform(0, 0.25)))
        for (x, y), (sx, sy) in zip(corners, signs, strict=True)
    )


def _roughness(picture: Picture, corners: Corners) -> float:
    height, width = picture.shape[:2]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    part = picture[int(min(ys) * height) : int(max(ys) * height), int(min(xs) * width) : int(max(xs) * width)]
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


def _overlap(one: Corners, other: Corners) -> bool:
    """Whether two zones come nearer to each other than twice the margin."""
    lows, highs = (np.array([f(z, axis=0) for z in (one, other)]) for f in (np.min, np.max))
    return bool(np.all(lows.max(0) - 2 * MARGIN < highs.min(0)))
