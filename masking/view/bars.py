"""Finds black bars at the edges of a grey picture: rows and columns without a sensor's noise. For the child.

A camera letterboxes a picture that does not fit its stream. Text may be drawn over a bar. The dark of a night has
noise, and a mask along an edge lies there alone: the caller decides what one bar alone means.
"""

from typing import Final

import numpy as np

from masking.view.model import NO_BARS, Bars
from masking.view.picture import Grey

_BLACK: Final = 40.0
"""No bar's level is higher; a screen's black comes out at 0 or 16."""

_EVEN: Final = 3.0
"""Levels around the bar's own within which most of each line lies."""

_MOST: Final = 0.75
"""Share of a line that must be even: text over a bar takes the rest."""

_LEAST: Final = 0.02
"""Share of the picture from which dark lines at an edge are a bar: scalers leave one or two of them."""

_LARGEST: Final = 0.45


def find_bars(grey: Grey) -> Bars:
    """Return the bars of a picture (height x width); none where it is dark altogether."""
    top, bottom = _run(grey), _run(grey[::-1])
    height, width = grey.shape
    middle = grey[round(top * height) : height - round(bottom * height)]
    left, right = _run(middle.T), _run(middle.T[::-1])
    if max(top, bottom, left, right) == 0:
        return NO_BARS
    inner = middle[:, round(left * width) : width - round(right * width)]
    if inner.size == 0 or float(inner.mean()) <= _BLACK / 2:
        return NO_BARS
    return Bars(left, top, right, bottom)


def _run(lines: Grey) -> float:
    """Return the share of the lines, from the first on, that are even and as black as the first."""
    level = float(np.median(lines[:2]))
    if level > _BLACK:
        return 0.0
    even = (np.abs(lines.astype(np.int16) - level) <= _EVEN).mean(axis=1) >= _MOST
    count = len(even) if even.all() else int(np.argmin(even))
    share = count / len(even)
    return share if _LEAST <= share <= _LARGEST else 0.0


def both_sides(bars: Bars) -> bool:
    """Tell whether bars lie at two opposite edges, about equally wide: a picture that does not fit its stream."""
    pairs = ((bars.left, bars.right), (bars.top, bars.bottom))
    return any(min(pair) > 0 and max(pair) - min(pair) <= max(0.25 * max(pair), 0.015) for pair in pairs)
