"""Writes what a camera writes over its picture into a zone: a line with the clock, a name, a logo.

Glyphs are drawn as cameras draw them: white with a dark edge, or on a box of their own. They stand over the mask, or
over the bare scene where there is none.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Corners = tuple[tuple[float, float], ...]
Overlay = Literal["", "clock", "name", "logo"]

_NAMES = ("Camera 01", "GATE WEST", "IPCAM", "CH03 Yard", "Lobby-2")


def written(picture: Picture, zone: Corners, overlay: Overlay, seed: int, moment: int) -> Corners:
    """Write an overlay into a zone of the picture, in place, and return the box that a device would tell of it.

    `seed` decides font, size and place, `moment` what the clock shows. Empty: nothing was to be written.
    """
    if not overlay:
        return ()
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    scale = width / 640
    xs, ys = [x * width for x, _ in zone], [y * height for _, y in zone]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    most = right - left + 40 * scale  # a line may be longer than the zone
    if overlay == "logo":
        side = int(min(18 * scale, (right - left) / 3, (bottom - top) / 3))
        x = int(left + rng.uniform(0.1, 0.8) * (right - left - side))
        y = int(top + rng.uniform(0.1, 0.8) * (bottom - top - side))
        ink = tuple(int(part) for part in rng.integers(120, 256, 3))
        cv2.circle(picture, (x + side // 2, y + side // 2), side // 2, ink, -1, cv2.LINE_AA)
        cv2.line(picture, (x + side // 4, y + side // 2), (x + 3 * side // 4, y + side // 2), (20, 20, 20), 2)
        return _box(x, y, x + side + 1, y + side + 1, width, height)
    text = _NAMES[int(rng.integers(0, len(_NAMES)))]
    if overlay == "clock":
        second = int(rng.integers(0, 30000)) + moment * 613
        text = f"2026-11-{1 + second // 86400:02d} {second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    glyphs = _glyphs(text, float(rng.uniform(0.34, 0.6)) * scale, most, blocky=bool(rng.uniform() < 0.4))
    high, wide = glyphs.shape
    x = int((left + right - wide) / 2 + rng.uniform(-0.5, 0.5) * abs(right - left + 40 * scale - wide))
    y = int(top + rng.uniform(0.08, 0.8) * max(bottom - top - high, 1))
    x, y = min(max(x, 1), width - wide - 1), min(max(y, 1), height - high - 1)
    ground = glyphs if rng.uniform() < 0.75 else np.full_like(glyphs, 255)
    edge = np.asarray(cv2.dilate(ground, np.ones((3, 3), np.uint8)), np.float32)[..., None] / 255
    part = picture[y : y + high, x : x + wide]
    ink = np.float32(255 if rng.uniform() < 0.9 else 20)
    over = part * (1 - edge) + (255 - ink) * edge
    share = glyphs[..., None].astype(np.float32) / 255
    part[...] = np.clip(over * (1 - share) + ink * share, 0, 255).astype(np.uint8)
    return _box(x - 1, y - 1, x + wide + 1, y + high + 1, width, height)


def _glyphs(text: str, size: float, most_px: float, *, blocky: bool) -> Picture:
    """A line of text as a map of ink, 0..255; `blocky`: drawn in pixels of two, as cameras with fonts of dots do."""
    factor = 2 if blocky else 1
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 1)
    size = min(size, most_px / wide) / factor
    (wide, high), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    ink = np.zeros((high + below + 4, wide + 4), np.uint8)
    cv2.putText(ink, text, (2, high + 2), cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1, cv2.LINE_AA)
    if blocky:
        ink = (ink > 90).astype(np.uint8) * 255
    ink = ink.repeat(factor, 0).repeat(factor, 1)
    rows, columns = np.flatnonzero(ink.max(1)), np.flatnonzero(ink.max(0))
    return np.asarray(ink[max(rows[0] - 2, 0) : rows[-1] + 3, max(columns[0] - 2, 0) : columns[-1] + 3], np.uint8)


def _box(left: float, top: float, right: float, bottom: float, width: int, height: int) -> Corners:
    x1, y1, x2, y2 = max(left / width, 0), max(top / height, 0), min(right / width, 1), min(bottom / height, 1)
    return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
