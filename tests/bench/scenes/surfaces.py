"""Paints what zones lie on: bare surfaces, tiles, frosted glass, darkness, in place of what a place has there.

Most cameras look at much that has no texture at all, and a mask there can hardly be told from none. Tiles resemble a
mosaic and frosted glass a blur; both go on around the zone, as a mask does not.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Surface = Literal["as-is", "bare", "tiles", "frosted", "dark"]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are outside."""


def laid(picture: Picture, surface: Surface, where: Box, seed: int, of: Picture) -> None:
    """Paint a surface over a box of the picture, in place, with a soft edge.

    `of`: the place at its first moment, from which the colours are taken, so that the surface stays the same.
    """
    if surface == "as-is":
        return
    left, top, right, bottom = where
    rng = np.random.default_rng(seed)
    part = of[top:bottom, left:right].astype(np.float32)
    height, width = part.shape[:2]
    scale = picture.shape[1] / 640
    smooth = cv2.resize(cv2.resize(part, (3, 3), interpolation=cv2.INTER_AREA), (width, height))
    if surface == "tiles":
        smooth = _tiled(smooth, rng, scale)
    elif surface == "frosted":
        part = picture[top:bottom, left:right].astype(np.float32)
        smooth = cv2.GaussianBlur(part, (0, 0), float(rng.uniform(3, 9)) * scale)
    elif surface == "dark":
        smooth = part * float(rng.uniform(0.01, 0.12))
    elif rng.uniform() < 0.5:
        smooth = smooth.mean((0, 1), keepdims=True) * 0.7 + smooth * 0.3
    soft = np.zeros((height, width), np.float32)
    edge = max(int(float(rng.choice([1, 3, 8])) * scale), 1)
    soft[edge : height - edge, edge : width - edge] = 1
    soft = cv2.blur(soft, (2 * edge + 1, 2 * edge + 1))[..., None]
    seen = picture[top:bottom, left:right]
    seen[...] = np.clip(seen * (1 - soft) + smooth * soft + 0.5, 0, 255).astype(np.uint8)


def _tiled(ground: npt.NDArray[np.float32], rng: np.random.Generator, scale: float) -> npt.NDArray[np.float32]:
    height, width = ground.shape[:2]
    across, down = (max(float(step) * scale, 3.0) for step in rng.uniform(6, 36, 2))
    if rng.uniform() < 0.5:
        down = across
    rows = (np.arange(height) / down).astype(int)
    columns = (np.arange(width) / across).astype(int)
    shades = rng.normal(0, float(rng.uniform(0, 8)), (rows[-1] + 1, columns[-1] + 1)).astype(np.float32)
    out = ground + shades[rows][:, columns, None]
    joint = float(rng.uniform(-60, 40))
    thick = max(round(float(rng.choice([0, 1, 2])) * scale), 0)
    for at in range(thick):
        out[np.flatnonzero(np.diff(rows)) - at] += joint
        out[:, np.flatnonzero(np.diff(columns)) - at] += joint
    return np.asarray(out, np.float32)
