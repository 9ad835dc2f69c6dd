"""Draws good masks and faulty ones into zones, as cameras draw them, each with the label that it must get.

Lengths are in pixels of a 640 px wide picture. `fills.py` draws solid masks that are not plain, `overlays.py` the
clock, name or logo that stands in a zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from scenes.fills import Fill, filled
from scenes.overlays import Overlay

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
    "red": (200, 0, 0),
    "orange": (255, 128, 0),
    "yellow": (230, 220, 0),
    "darkgray": (60, 60, 60),
}
"""Red, green, blue: what recorders and cameras offer for masks."""


@dataclass(frozen=True)
class Case:
    """One drawing.

    `strength`: opacity of a solid, block of a mosaic, sigma of a blur; `color` empty, or a `strength` of 0: drawn by
    lot. `shift` and `cover` are shares of the zone's width and area. `is_good`: the zone is hidden as it must be.
    `fill`: how a solid one is not plain; `overlay`: what the camera writes over it; `grow_px`: by so much the mask is
    larger than the zone on each side.
    """

    name: str
    kind: Kind
    is_good: bool
    strength: float = 1.0
    color: str = ""
    shift: float = field(default=0.0, kw_only=True)
    cover: float = field(default=1.0, kw_only=True)
    fill: Fill = field(default="plain", kw_only=True)
    overlay: Overlay = field(default="", kw_only=True)
    grow_px: int = field(default=0, kw_only=True)

    @property
    def is_translucent(self) -> bool:
        """Whether the scene shines through: whether it can be read decides if a PASS is wrong."""
        return self.kind == "solid" and 0 < self.strength < 1


BLOCKS_PX = (6, 8, 12, 16, 24)
SIGMAS_PX = (4, 6, 10)
OPACITIES = (0.3, 0.5, 0.7, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98)
FILLS: tuple[Fill, ...] = ("gradient", "hatch", "noise", "two")
OVERLAYS: tuple[Overlay, ...] = ("clock", "name", "logo")
MASKS: tuple[tuple[Kind, float], ...] = (("solid", 1.0), ("mosaic", 0), ("blur", 0))


_LEAST_BARE_PX = 5
"""So much a displaced or too small mask leaves bare at least: less may be the camera's rounding."""


def _faults(kind: Kind, strength: float) -> list[Case]:
    shifts = [Case(f"{kind}-shift-{s:.0%}", kind, False, strength, shift=s) for s in (0.05, 0.1, 0.25)]
    return shifts + [Case(f"{kind}-cover-{c:.0%}", kind, False, strength, cover=c) for c in (0.7, 0.85)]


CASES: tuple[Case, ...] = (
    *(Case(f"solid-{name}", "solid", True, color=name) for name in COLOURS),
    *(Case(f"mosaic-{px}", "mosaic", True, px) for px in BLOCKS_PX),
    *(Case(f"blur-{px}", "blur", True, px) for px in SIGMAS_PX),
    *(Case(f"{kind}-{name}", kind, True, how, overlay=name) for kind, how in MASKS for name in OVERLAYS),
    *(Case(f"{kind}-grow-{px}", kind, True, how, grow_px=px) for kind, how in MASKS for px in (10, 30)),
    *(Case(f"solid-{fill}", "solid", True, fill=fill) for fill in FILLS),
    Case("none", "none", False),
    *(Case(f"none-{name}", "none", False, overlay=name) for name in OVERLAYS),
    *(Case(f"translucent-{opacity}", "solid", False, opacity) for opacity in OPACITIES),
    *(Case(f"translucent-{opacity}-clock", "solid", False, opacity, overlay="clock") for opacity in (0.85, 0.95)),
    *_faults("solid", 1.0),
    *(Case(f"mosaic-{px}", "mosaic", False, px) for px in (2, 3)),
    *_faults("mosaic", 0),
    *(Case(f"mosaic-shift-10%-{name}", "mosaic", False, 0, shift=0.1, overlay=name) for name in OVERLAYS),
    *(Case(f"blur-{px}", "blur", False, px) for px in (1, 1.5)),
    *_faults("blur", 0),
    *(Case(f"blur-shift-10%-{name}", "blur", False, 0, shift=0.1, overlay=name) for name in OVERLAYS),
)


def asked(case: Case) -> tuple[Effect, ...]:
    """The declared effects that a case is judged under: its own; a zone without a mask under each of them."""
    return ("color", "pixelated", "blurred") if case.kind == "none" else (EFFECTS[case.kind],)


@dataclass(frozen=True, kw_only=True)
class Lot:
    """What is drawn by lot, the same in all looks at one zone, as a camera keeps its masks.

    A colour, a block and a sigma where the case names none, a seed for fills and overlays, how far the camera rounds
    the corners, where the mosaic's grid begins, on which side a mask that covers too little ends, and how blocks and
    blurs are made.
    """

    color: str
    block_px: int
    sigma_px: int
    off_px: tuple[int, int]
    phase_px: tuple[float, float]
    side: int
    seed: int
    picks: bool
    """Whether a block shows one pixel of its area instead of their mean."""
    box: bool
    """Whether a blur is three means over a square instead of a Gaussian."""


def lot(rng: np.random.Generator) -> Lot:
    """Draw a lot."""
    return Lot(
        color=str(rng.choice(list(COLOURS))),
        block_px=int(rng.choice(BLOCKS_PX)),
        sigma_px=int(rng.choice(SIGMAS_PX)),
        off_px=(int(rng.integers(-1, 2)), int(rng.integers(-1, 2))),
        phase_px=(float(rng.uniform(0, 24)), float(rng.uniform(0, 24))) if rng.uniform() < 0.5 else (0.0, 0.0),
        side=int(rng.integers(0, 4)),
        seed=int(rng.integers(0, 2**31)),
        picks=bool(rng.uniform() < 0.15),
        box=bool(rng.uniform() < 0.25),
    )


def color_of(case: Case, drawn: Lot) -> str:
    """The declared colour of a case as `#rrggbb`; empty where a fill has several."""
    if case.fill != "plain":
        return ""
    red, green, blue = COLOURS[case.color or drawn.color]
    return f"#{red:02x}{green:02x}{blue:02x}"


def draw(picture: Picture, zone: Corners, case: Case, drawn: Lot) -> None:
    """Draw a case into a picture, in place; `zone` in 0..1 of the picture."""
    if case.kind == "none":
        return
    height, width = picture.shape[:2]
    scale = width / 640
    length = scale * (case.strength or (drawn.block_px if case.kind == "mosaic" else drawn.sigma_px))
    where = _moved(np.array(zone, np.float64) * (width, height), case, drawn, scale)
    if not (case.shift or case.cover < 1):  # else it might undo the fault
        where = where + np.round(np.array(drawn.off_px) * max(scale, 0.5))
    where = np.round(where)
    area = np.zeros((height, width), np.uint8)
    cv2.fillPoly(area, [where.astype(np.int32)], 255)
    left, top = np.maximum(where.min(0), 0).astype(int)
    right, bottom = np.minimum(where.max(0) + 1, (width, height)).astype(int)
    part = picture[top:bottom, left:right]
    if case.kind == "solid":
        red, green, blue = COLOURS[case.color or drawn.color]
        colour = filled(case.fill, part.shape[:2], (blue, green, red), drawn.seed, scale)
        over = part * (1 - case.strength) + colour * case.strength
    elif case.kind == "mosaic":
        phase = np.array(drawn.phase_px) * scale % length
        over = _mosaic(part, length, (float(phase[0]), float(phase[1])), drawn.picks)
    else:
        over = _blurred(picture, (left, top, right, bottom), length, drawn.box)
    inside = area[top:bottom, left:right] > 0
    part[inside] = np.clip(over + 0.5 * (case.kind == "solid"), 0, 255).astype(np.uint8)[inside]


def _moved(corners: npt.NDArray[np.float64], case: Case, drawn: Lot, scale: float) -> npt.NDArray[np.float64]:
    """The corners where the mask really lies: beside the zone, larger, or smaller than it, missing on one side."""
    low, high = corners.min(0), corners.max(0)
    span = high - low
    least = max(_LEAST_BARE_PX * scale, 3.0)
    if case.shift:
        # Along x by a share of the width; towards either side.
        return corners + np.array((max(case.shift * span[0], least) * (1 if drawn.side % 2 else -1), 0.0))
    if case.cover < 1:
        axis, anchor = drawn.side // 2, (low, high)[drawn.side % 2]
        out = corners.copy()
        cover = min(case.cover, 1 - least / span[axis])
        out[:, axis] = anchor[axis] + (corners[:, axis] - anchor[axis]) * cover
        return out
    if case.grow_px:
        return corners + np.sign(corners - (low + high) / 2) * case.grow_px * scale
    return corners


def _blurred(picture: Picture, where: tuple[int, int, int, int], sigma: float, box: bool) -> Picture:
    """One part of the picture blurred as the whole would be."""
    left, top, right, bottom = where
    reach = int(4 * sigma) + 2
    x, y = max(left - reach, 0), max(top - reach, 0)
    part = picture[y : bottom + reach, x : right + reach]
    if box:
        side = max(round((4 * sigma * sigma + 1) ** 0.5), 2)
        for _ in range(3):
            part = cv2.blur(part, (side, side))
    else:
        part = cv2.GaussianBlur(part, (0, 0), sigma)
    return np.asarray(part[top - y : bottom - y, left - x : right - x], np.uint8)


def _mosaic(part: Picture, block: float, phase: tuple[float, float], picks: bool) -> Picture:
    height, width = part.shape[:2]
    rows, columns = np.array(_lines(height, block, phase[1])), np.array(_lines(width, block, phase[0]))
    if picks:
        small = part[(rows[:-1] + rows[1:]) // 2][:, (columns[:-1] + columns[1:]) // 2]
    else:
        sums = np.add.reduceat(np.add.reduceat(part.astype(np.float32), rows[:-1], 0), columns[:-1], 1)
        small = (sums / (np.diff(rows)[:, None] * np.diff(columns))[..., None]).astype(np.uint8)
    return np.asarray(small.repeat(np.diff(rows), 0).repeat(np.diff(columns), 1), np.uint8)


def _lines(size: int, block: float, phase: float) -> list[int]:
    inner = np.round(np.arange(phase - block, size + block, block)).astype(int)
    return [0, *sorted({int(at) for at in inner if 0 < at < size}), size]
