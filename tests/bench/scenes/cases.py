"""What is drawn into a zone: good masks and faulty ones, as cameras draw them, with the label that each must get.

The 33 cases of the measured set that the thresholds come from, and four more (a strip of 5 % beside a mosaic or a
blur, and 85 % of the area covered by one), so that every effect is tried with every fault. Lengths are in pixels of a
640 px wide picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Corners = tuple[tuple[float, float], ...]
Kind = Literal["none", "solid", "mosaic", "blur"]
Effect = Literal["color", "pixelated", "blurred"]

EFFECTS: dict[Kind, Effect] = {"solid": "color", "mosaic": "pixelated", "blur": "blurred"}
COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "gray": (128, 128, 128),
    "white": (255, 255, 255),
    "green": (0, 160, 0),
    "blue": (0, 0, 200),
}
"""Red, green, blue."""


@dataclass(frozen=True)
class Case:
    """One drawing.

    `strength`: opacity of a solid, block of a mosaic, sigma of a blur; `color` empty, or a `strength` of 0: drawn by
    lot. `shift` and `cover` are shares of the zone's width and area. `is_good`: the zone is hidden as it must be.
    """

    name: str
    kind: Kind
    is_good: bool
    strength: float = 1.0
    color: str = ""
    shift: float = 0.0
    cover: float = 1.0


def _faults(kind: Kind, strength: float) -> list[Case]:
    shifts = [Case(f"{kind}-shift-{s:.0%}", kind, False, strength, shift=s) for s in (0.05, 0.1, 0.25)]
    return shifts + [Case(f"{kind}-cover-{c:.0%}", kind, False, strength, cover=c) for c in (0.7, 0.85)]


BLOCKS_PX = (6, 8, 12, 16, 24)
SIGMAS_PX = (4, 6, 10)

CASES: tuple[Case, ...] = (
    *(Case(f"solid-{name}", "solid", True, color=name) for name in COLOURS),
    *(Case(f"mosaic-{px}", "mosaic", True, px) for px in BLOCKS_PX),
    *(Case(f"blur-{px}", "blur", True, px) for px in SIGMAS_PX),
    Case("none", "none", False),
    *(Case(f"translucent-{opacity}", "solid", False, opacity) for opacity in (0.3, 0.5, 0.7, 0.85)),
    *_faults("solid", 1.0),
    *(Case(f"mosaic-{px}", "mosaic", False, px) for px in (2, 3)),
    *_faults("mosaic", 0),
    *(Case(f"blur-{px}", "blur", False, px) for px in (1, 1.5)),
    *_faults("blur", 0),
)


def asked(case: Case) -> tuple[Effect, ...]:
    """The declared effects that a case is judged under: its own; a zone without a mask under each of them."""
    return ("color", "pixelated", "blurred") if case.kind == "none" else (EFFECTS[case.kind],)


@dataclass(frozen=True)
class Lot:
    """What is drawn by lot, the same for all cases of one shot.

    A colour, a block and a sigma for the faulty masks, how far
    the camera rounds the corners, where the mosaic's grid begins, and on which side a mask that covers too little ends.
    """

    color: str
    block_px: int
    sigma_px: int
    off_px: tuple[int, int]
    phase_px: tuple[float, float]
    side: int


def lot(rng: np.random.Generator) -> Lot:
    """Draw a lot."""
    off = (int(rng.integers(-1, 2)), int(rng.integers(-1, 2)))
    phase = (float(rng.uniform(0, 24)), float(rng.uniform(0, 24))) if rng.uniform() < 0.5 else (0.0, 0.0)
    block, sigma = int(rng.choice(BLOCKS_PX)), int(rng.choice(SIGMAS_PX))
    return Lot(str(rng.choice(list(COLOURS))), block, sigma, off, phase, int(rng.integers(0, 4)))


def color_of(case: Case, drawn: Lot) -> str:
    """The declared colour of a case as `#rrggbb`."""
    red, green, blue = COLOURS[case.color or drawn.color]
    return f"#{red:02x}{green:02x}{blue:02x}"


def draw(picture: Picture, zone: Corners, case: Case, drawn: Lot) -> None:
    """Draw a case into a picture, in place; `zone` in 0..1 of the picture."""
    if case.kind == "none":
        return
    height, width = picture.shape[:2]
    scale = width / 640
    length = scale * (case.strength or (drawn.block_px if case.kind == "mosaic" else drawn.sigma_px))
    where = _moved(np.array(zone, np.float64) * (width, height), case, drawn)
    where = np.round(where + np.round(np.array(drawn.off_px) * max(scale, 0.5)))
    area = np.zeros((height, width), np.uint8)
    cv2.fillPoly(area, [where.astype(np.int32)], 255)
    left, top = np.maximum(where.min(0), 0).astype(int)
    right, bottom = np.minimum(where.max(0) + 1, (width, height)).astype(int)
    part = picture[top:bottom, left:right]
    if case.kind == "solid":
        red, green, blue = COLOURS[case.color or drawn.color]
        over = part * (1 - case.strength) + np.array((blue, green, red)) * case.strength
    elif case.kind == "mosaic":
        phase = np.array(drawn.phase_px) * scale % length
        over = _mosaic(part, length, (float(phase[0]), float(phase[1])))
    else:
        over = cv2.GaussianBlur(picture, (0, 0), length)[top:bottom, left:right]
    inside = area[top:bottom, left:right] > 0
    part[inside] = np.clip(over + 0.5 * (case.kind == "solid"), 0, 255).astype(np.uint8)[inside]


def _moved(corners: npt.NDArray[np.float64], case: Case, drawn: Lot) -> npt.NDArray[np.float64]:
    """The corners where the mask really lies: beside the zone, or smaller than it, missing on one side."""
    low, high = corners.min(0), corners.max(0)
    span = high - low
    if case.shift:
        # Along x by a share of the width; towards either side.
        return corners + np.array((case.shift * span[0] * (1 if drawn.side % 2 else -1), 0.0))
    if case.cover < 1:
        axis, anchor = drawn.side // 2, (low, high)[drawn.side % 2]
        out = corners.copy()
        out[:, axis] = anchor[axis] + (corners[:, axis] - anchor[axis]) * case.cover
        return out
    return corners


def _mosaic(part: Picture, block: float, phase: tuple[float, float]) -> Picture:
    height, width = part.shape[:2]
    rows, columns = _lines(height, block, phase[1]), _lines(width, block, phase[0])
    out = part.copy()
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            out[top:bottom, left:right] = part[top:bottom, left:right].reshape(-1, 3).mean(0)
    return out


def _lines(size: int, block: float, phase: float) -> list[int]:
    inner = np.round(np.arange(phase - block, size + block, block)).astype(int)
    return [0, *sorted({int(at) for at in inner if 0 < at < size}), size]
