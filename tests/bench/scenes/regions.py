"""Chooses the zones of a course: one in each of six cells of the picture, of any size and shape that fits there."""

from __future__ import annotations

import numpy as np

Corners = tuple[tuple[float, float], ...]
Frame = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the picture's width and height."""

COLUMNS, ROWS = 3, 2
MARGIN = 0.1
"""How far a zone stays from the edges of its cell, as a share of the cell."""

SLANTED_RATIO = 0.25
THIN_RATIO = 0.04
THIN_PX = (10, 15)
"""Of a 640 px wide picture."""


def cells(content: Frame) -> list[Frame]:
    """Divide the part of the picture that shows the place."""
    left, top, right, bottom = content
    wide, high = (right - left) / COLUMNS, (bottom - top) / ROWS
    return [
        (left + x * wide, top + y * high, left + (x + 1) * wide, top + (y + 1) * high)
        for y in range(ROWS)
        for x in range(COLUMNS)
    ]


def two_zones(place: str, shape: float) -> tuple[Corners, Corners]:
    """Return two zones of a place that are the same in each run; `shape` as for `zone`."""
    rng = np.random.default_rng(list(place.encode()))
    ways = cells((0.0, 0.0, 1.0, 1.0))
    return zone(ways[1], rng, shape), zone(ways[3], rng, shape)


def zone(cell: Frame, rng: np.random.Generator, shape: float) -> Corners:
    """Draw a zone in a cell, clockwise from the top left; `shape`: the picture's height over its width."""
    left, top, right, bottom = cell
    wide = float(rng.uniform(0.34, 1 - 2 * MARGIN)) * (right - left)
    high = float(rng.uniform(0.34, 1 - 2 * MARGIN)) * (bottom - top)
    if rng.uniform() < THIN_RATIO:
        if rng.uniform() < 0.5:
            wide = float(rng.uniform(*THIN_PX)) / 640
        else:
            high = float(rng.uniform(*THIN_PX)) / 640 / shape
    across, down = MARGIN * (right - left), MARGIN * (bottom - top)
    x = float(rng.uniform(left + across, right - across - wide))
    y = float(rng.uniform(top + down, bottom - down - high))
    corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
    if rng.uniform() >= SLANTED_RATIO:
        return corners
    # Each corner moves inwards by up to a quarter of the sides.
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    return tuple(
        (px + sx * wide * float(rng.uniform(0, 0.25)), py + sy * high * float(rng.uniform(0, 0.25)))
        for (px, py), (sx, sy) in zip(corners, signs, strict=True)
    )
