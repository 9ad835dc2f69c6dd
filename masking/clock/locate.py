"""Locates a clock's minutes: how much of each pixel's variance over looks the known minute explains.

Daylight, hours and dates change with everything else in a picture; the ones and tens of the minute do not. No font
and no place need be known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.clock.strip import Plane

LEAST_LOOKS: Final = 12
WINDOWS: Final = ((5, 7), (9, 13), (13, 21), (19, 27))
"""Sides (width, height in px) over which variances are averaged: about a digit of 8, 14, 22 and 30 px."""
PITCHES_PX: Final = range(5, 27)
HYPOTHESES: Final = 3
APART_PX: Final = 24
_MINUTE_EDGE_S: Final = 2.2


@dataclass(frozen=True, slots=True)
class Minutes:
    """A place where the minutes may stand, in px: centre of the ones, distance to the tens, height of the window."""

    x: int
    y: int
    pitch: int
    high: int
    score: float


def find_minutes(rows: npt.NDArray[np.float32], known_s: Sequence[float]) -> tuple[Minutes, ...]:
    """Return up to three places where the minutes may stand, the likeliest first.

    Args:
        rows: Features of each look: looks x height x width.
        known_s: For each look the second of the day that the clock should show, off by two seconds at most.
    """
    sure = [index for index, at in enumerate(known_s) if _MINUTE_EDGE_S <= at % 60 <= 60 - _MINUTE_EDGE_S]
    if len(sure) < LEAST_LOOKS:
        return ()
    looks = rows[sure]
    minutes = [int(known_s[index] // 60) % 60 for index in sure]
    ones = explained(looks, [minute % 10 for minute in minutes])
    tens = explained(looks, [minute // 10 for minute in minutes])
    found: list[Minutes] = []
    for wide, high in WINDOWS:
        by_ones, by_tens = _ratio(ones, (wide, high)), _ratio(tens, (wide, high))
        for pitch in PITCHES_PX:
            if not 0.6 * wide <= pitch <= 2.2 * wide:
                continue
            both = np.minimum(by_ones[:, pitch:], 1.4 * by_tens[:, :-pitch])
            for _ in range(HYPOTHESES):
                _, score, _, (x, y) = cv2.minMaxLoc(both)
                found.append(Minutes(x + pitch, y, pitch, high, float(score)))
                both[max(y - high, 0) : y + high, max(x - 2 * pitch, 0) : x + 2 * pitch] = -1
    return _apart(sorted(found, key=lambda one: -one.score))


def explained(looks: npt.NDArray[np.float32], labels: Sequence[int]) -> tuple[Plane, Plane]:
    """Return each pixel's variance between the labels' means, and that within them, both per degree of freedom."""
    kinds = sorted(set(labels))
    count, height, width = looks.shape
    flat = looks.reshape(count, -1)
    which = np.array([[label == kind for label in labels] for kind in kinds], np.float32)
    counts = which.sum(1)
    means = which @ flat / counts[:, None]
    between = (counts[:, None] * (means - flat.mean(0)) ** 2).sum(0)
    within = (flat**2).sum(0) - (counts[:, None] * means**2).sum(0)
    shape = (height, width)
    freedom = max(len(kinds) - 1, 1), max(count - len(kinds), 1)
    return (
        np.asarray(between.reshape(shape) / freedom[0], np.float32),
        np.asarray(np.maximum(within, 0).reshape(shape) / freedom[1], np.float32),
    )


def _ratio(parts: tuple[Plane, Plane], window: tuple[int, int]) -> Plane:
    between, within = (cv2.blur(part, window) for part in parts)
    return np.asarray(between / (within + 4.0), np.float32)


def _apart(found: Sequence[Minutes]) -> tuple[Minutes, ...]:
    """The best ones that are not the same place again."""
    kept: list[Minutes] = []
    for one in found:
        near = any(abs(one.x - other.x) < APART_PX and abs(one.y - other.y) < APART_PX for other in kept)
        if not near and len(kept) < HYPOTHESES:
            kept.append(one)
    return tuple(kept)
