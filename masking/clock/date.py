"""Finds and reads the date beside a learned time: eight digits in the same drawing, in one of three orders.

Which digits a date shows is known in the looks that teach, so that each place left of the hours can be asked how well
the known digits fit there; a chain of eight places, one pitch apart within a group and further between, fits best.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from masking.clock.glyphs import Array, Layout, Template, likeness
from masking.clock.orders import GROUPS, DatePlace, digits_of_date
from masking.clock.strip import Plane

GAP_PITCHES: Final = (1.25, 3.8)
"""Between the last digit of a group and the first of the next: a dash, a stroke, or a Chinese sign between them."""
LEAST_FIT: Final = 0.5
CLEAR_OF: Final = 0.08
"""By so much one order fits better than the others, or none counts: 11-11 stands in two."""


def find_date(
    planes: npt.NDArray[np.float32], days: Sequence[date], layout: Layout, digits: tuple[Template, ...], top: int
) -> DatePlace | None:
    """Return where the date stands left of the hours, None where no order fits.

    Args:
        planes: Enlarged looks: looks x rows x columns.
        days: The day of each look.
        layout: Of the time.
        digits: Templates of the ten digits.
        top: First row of a cell in `planes`.
    """
    right = layout.lefts[0] - layout.wide // 2
    if right < 8 * layout.wide:
        return None
    fits = np.stack([_along(plane, layout, digits, top, right) for plane in planes])
    pitch = layout.lefts[1] - layout.lefts[0]
    found: list[tuple[float, DatePlace]] = []
    for order in GROUPS:
        shown = np.array([digits_of_date(day, order) for day in days])
        scores = np.stack([fits[np.arange(len(days)), :, shown[:, place]].mean(0) for place in range(8)])
        score, lefts = _chain(scores, GROUPS[order], pitch)
        found.append((score, DatePlace(order, lefts)))
    found.sort(key=lambda one: -one[0])
    clear = found[0][0] - found[1][0] >= CLEAR_OF
    return found[0][1] if clear and found[0][0] >= LEAST_FIT else None


def _along(plane: Plane, layout: Layout, digits: tuple[Template, ...], top: int, right: int) -> Array:
    """Correlation of each place left of `right` with each digit: places x digits."""
    window = np.lib.stride_tricks.sliding_window_view(plane[top : top + layout.high], (layout.high, layout.wide))[0]
    flat = window[:right].reshape(min(right, len(window)), -1)
    centred = flat - flat.mean(1, keepdims=True)
    return likeness(np.asarray(centred / np.maximum(centred.std(1, keepdims=True), 1.0), np.float32), digits)


def _chain(scores: npt.NDArray[np.float32], groups: Sequence[int], pitch: int) -> tuple[float, tuple[int, ...]]:
    """The eight places that together fit best, and their mean correlation."""
    starts = {sum(groups[:index]) for index in range(1, len(groups))}
    count = scores.shape[1]
    best = scores[0].copy()
    came: list[npt.NDArray[np.int64]] = []
    for place in range(1, 8):
        if place in starts:
            steps = range(round(GAP_PITCHES[0] * pitch), round(GAP_PITCHES[1] * pitch) + 1)
        else:
            steps = range(max(pitch - 1, 1), pitch + 2)
        trials = np.full((len(steps), count), -np.inf, np.float32)
        for row, step in enumerate(steps):
            trials[row, step:] = best[: count - step] if step < count else -np.inf
        chosen = trials.argmax(0)
        came.append(np.arange(count) - np.array(list(steps))[chosen])
        best = trials.max(0) + scores[place]
    at = int(best.argmax())
    score = float(best[at]) / 8
    lefts = [at]
    for back in reversed(came):
        at = int(back[at])
        lefts.append(at)
    return (score, tuple(reversed(lefts))) if np.isfinite(score) else (-1.0, tuple(lefts))
