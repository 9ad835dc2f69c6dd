"""Zones as a person may draw them, and as none should: from a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from masking.geometry import GeometryError, validate
from masking.model import Polygon


def rectangle(left: float, top: float, right: float, bottom: float) -> Polygon:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def star(rng: random.Random, corners: int) -> Polygon:
    """Return a polygon around a middle, its corners in order of their angle; it does not cross itself."""
    middle = rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7)
    angles = sorted(rng.uniform(0, 2 * math.pi) for _ in range(corners))
    reaches = [rng.uniform(0.08, 0.28) for _ in angles]
    return tuple(
        (middle[0] + math.cos(angle) * reach, middle[1] + math.sin(angle) * reach)
        for angle, reach in zip(angles, reaches, strict=True)
    )


def stripe(rng: random.Random) -> Polygon:
    """Return a narrow slanted strip: what upright rectangles hide worst."""
    x, y, width = rng.uniform(0, 0.4), rng.uniform(0, 0.4), rng.uniform(0.02, 0.08)
    return (x, y), (x + width, y), (x + 0.5, y + 0.5), (x + 0.5 - width, y + 0.5)


def steps(rng: random.Random) -> Polygon:
    """Return stairs: only upright and level sides, so that rectangles hide it exactly."""
    xs = sorted(rng.uniform(0.1, 0.9) for _ in range(4))
    ys = sorted(rng.uniform(0.1, 0.9) for _ in range(4))
    return (
        (xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[2], ys[1]), (xs[2], ys[2]), (xs[3], ys[2]), (xs[3], ys[3]),
        (xs[0], ys[3]),
    )  # fmt: skip


def zones(count: int, seed: int = 20261129) -> Iterator[Polygon]:
    """Yield so many valid zones of all these kinds."""
    rng = random.Random(seed)
    made = 0
    while made < count:
        kind = rng.randrange(8)
        zone = stripe(rng) if kind == 0 else steps(rng) if kind == 1 else star(rng, rng.choice([3, 4, 5, 6, 8, 12, 24]))
        try:
            validate(zone)
        except GeometryError:
            continue
        made += 1
        yield zone
