"""Measures how much of a picture is drawn and not seen: even areas of a few levels, as in cards and in colour bars.

A lens and a sensor spread luma: on walls, in fog and at night neighbouring levels are there too, whatever a codec makes
even. What a recorder draws for a camera that it has lost has each level alone, with nothing beside it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from masking.model import Polygon
from masking.quality.cells import Floats, Undrawn, shrunk, undrawn_of
from masking.view.picture import Bgr, Grey, grey_of

_CELL_PX: Final = 16
_EVEN_VARIANCE: Final = 0.8
_LEVELS_MOST: Final = 10
_LEVEL_LEAST_RATIO: Final = 0.02
_NEAR: Final = 0.75
_BESIDE: Final = 4.0
_BESIDE_MOST: Final = 0.15
"""A level is alone where the cells up to `_BESIDE` levels from it are so few, as a share of its own."""

_DARK: Final = 20.0
_BRIGHT: Final = 245.0
_SHOWN_LEAST: Final = 0.2

_INK_LEVELS: Final = 90.0
_INK_LEAST_RATIO: Final = 0.004
_BETWEEN_MOST: Final = 0.5


CARD_RATIO: Final = 0.75
"""Share of drawn areas from which a picture is a card. House rule, measured by tests/bench/quality.py."""


def is_card(picture: Bgr, hidden: Sequence[Polygon]) -> bool:
    """Return whether a decoded picture (height x width x 3, BGR) is a card, leaving out areas that are hidden in it."""
    grey = grey_of(picture)
    return drawn_ratio(grey, undrawn_of((grey.shape[0], grey.shape[1]), tuple(hidden))) >= CARD_RATIO


def drawn_ratio(grey: Grey, shown: Undrawn) -> float:
    """Return the share of even areas whose levels stand alone, where the camera itself draws nothing (0..1).

    Burnt-out and dark areas count beside others only, and dark ones with writing on them: a lens cap is black too.
    """
    if shown.pixels < _SHOWN_LEAST * grey.size:
        return 0.0
    values = grey.astype(np.float32)
    means = shrunk(values, _CELL_PX)
    even = shrunk(values * values, _CELL_PX) - means * means <= _EVEN_VARIANCE
    levels = np.sort(means[shown.quiet & even])
    count = int(shown.quiet.sum())
    if not count:
        return 0.0
    alone = _alone(levels, max(round(_LEVEL_LEAST_RATIO * count), 2))
    lit = sum(share for level, share in alone if _DARK < level < _BRIGHT)
    dark = sum(share for level, share in alone if level <= _DARK)
    if lit >= count / 4:
        lit = sum(share for _, share in alone)
    elif dark and _is_written(grey, shown, levels):
        lit += dark
    return min(lit / count, 1.0)


def _alone(levels: Floats, least: int) -> list[tuple[float, int]]:
    """Return the most common levels with nothing beside them, and how many cells have each."""
    found = list[tuple[float, int]]()
    for _ in range(_LEVELS_MOST):
        ends = np.searchsorted(levels, levels + 2 * _NEAR, side="right")
        counts = ends - np.arange(levels.size)
        if not levels.size or counts.max() < least:
            break
        first = int(counts.argmax())
        low, high = float(levels[first]), float(levels[first]) + 2 * _NEAR
        beside = (levels >= low - _BESIDE) & (levels <= high + _BESIDE) & ((levels < low) | (levels > high))
        if beside.sum() <= _BESIDE_MOST * counts[first]:
            found.append((low + _NEAR, int(counts[first])))
        levels = levels[(levels < low) | (levels > high)]
    return found


def _is_written(grey: Grey, shown: Undrawn, levels: Floats) -> bool:
    """Return whether what is not dark is writing: far brighter, and little of it in between."""
    above = grey[shown.mask > 0] - levels[levels.size // 2]
    ink, between = float((above >= _INK_LEVELS).sum()), float(((above > 12) & (above < _INK_LEVELS)).sum())
    return ink >= _INK_LEAST_RATIO * shown.pixels and between <= _BETWEEN_MOST * (ink + between)
