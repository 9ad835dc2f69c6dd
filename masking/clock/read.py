"""Reads a learned clock in a picture: every cell must be plainly one digit, the colons must be there, the time valid.

What is not plainly so is refused: an unknown drawing, a covered clock, another size of picture. Nothing is guessed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from masking.clock import align
from masking.clock.digits import MOST, Hours, is_whole_day, second_of
from masking.clock.glyphs import Array, Glyphs, Template, correlation, likeness
from masking.clock.orders import date_of
from masking.clock.strip import Strip

MARGIN: Final = 0.14
"""The best digit of each cell beats the second best by this, times what of the patch the best leaves unexplained."""
LEAST_MARGIN: Final = 0.025
PLAIN: Final = 0.92
"""A digit that fits worse must beat the second best twice as clearly: a bright edge may disturb it, not noise."""
LEAST: Final = 0.5
COLON: Final = 0.4
NEAR_PX: Final = 3
SIDEWAYS_PITCHES: Final = 1.6
"""A weekday's name is wider or narrower than another's, and moves the time."""
SIDEWAYS_MARGIN: Final = 0.18
SIDEWAYS_GAIN: Final = 0.05
OWN_SLACK: Final = 2.5
"""A cell may leave so many times as much unexplained as the weakest cells of the clock's own looks did."""
OWN_LEEWAY: Final = 0.02


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A reading: `second` of the day; modulo 12 hours unless `whole_day`. `day` is None where no date was read.

    `at`: how far right and down of its learned place it stood, in px of the enlarged strip.
    """

    second: int
    whole_day: bool
    at: tuple[int, int]
    day: date | None = None


def read_clock(strip: Strip, glyphs: Glyphs) -> ClockTime | None:
    """Return what the clock shows, None where that is not plain."""
    layout = glyphs.layout
    if (strip.width_px, strip.height_px) != (glyphs.width_px, glyphs.height_px):
        return None
    scale, near = layout.scale, NEAR_PX * layout.scale
    reach = round(SIDEWAYS_PITCHES * layout.wide)
    plane, left, top = _around(strip, glyphs, reach + near, near + scale)
    squares = [(right, down) for right in range(-near, near + 1) for down in range(-near, near + 1)]
    there = _best(plane, glyphs, left, top, squares)
    told = _told(plane, glyphs, left, top, there, MARGIN)
    if told is not None:
        return replace(told, day=_day(strip, glyphs, there[1]))
    line = [(right, down) for right in range(-reach, reach + 1) for down in range(-scale, scale + 1)]
    aside = _best(plane, glyphs, left, top, line)
    if aside[0] < there[0] + SIDEWAYS_GAIN:
        return None
    told = _told(plane, glyphs, left, top, aside, SIDEWAYS_MARGIN)
    return None if told is None else replace(told, day=_day(strip, glyphs, aside[1]))


def _day(strip: Strip, glyphs: Glyphs, moved: tuple[int, int]) -> date | None:
    """Read the date, where the time stood `moved` of its place; it may not have moved with the time."""
    place, layout = glyphs.date, glyphs.layout
    if place is None:
        return None
    near = NEAR_PX * layout.scale
    at = replace(glyphs, layout=replace(layout, lefts=place.lefts, colons=()), colons=())
    plane, left, top = _around(strip, at, round(SIDEWAYS_PITCHES * layout.wide) + 2 * near, 2 * near)
    for middle in sorted({0, moved[0]}, key=lambda one: abs(one - moved[0])):
        places = [
            (middle + right, moved[1] + down)
            for right in range(-near, near + 1)
            for down in range(-layout.scale, layout.scale + 1)
        ]
        fits, _ = _measured(plane, at, left, top, _best(plane, at, left, top, places)[1])
        digits = plain_digits(fits, _own_least(glyphs), MARGIN)
        day = None if digits is None else date_of(digits, place.order)
        if day is not None:
            return day
    return None


def accept(
    fits: Array, dots: Sequence[float], hours: Hours, least: float, margin: float = MARGIN
) -> tuple[int, ...] | None:
    """Return the six digits where each cell is plainly one, None otherwise.

    Args:
        fits: Correlations of the six cells with the ten digits.
        dots: Correlations of the two gaps with their colons.
        hours: Of a clock of 12 or 24 hours, or undecided.
        least: Least correlation of a cell.
        margin: Least distance of the best digit from the second best, as a share of the unexplained deviation.
    """
    if min(dots) < COLON:
        return None
    digits = plain_digits(fits, least, margin)
    if digits is None or any(digit > most for digit, most in zip(digits, MOST, strict=True)):
        return None
    return digits if second_of(digits, hours) is not None else None


def plain_digits(fits: Array, least: float, margin: float) -> tuple[int, ...] | None:
    """Return the digit of each cell where it is plainly one, None where any is not."""
    said = []
    for cell in fits:
        digit = int(cell.argmax())
        best = float(cell[digit])
        unexplained = math.sqrt(max(1 - best * best, 0.0))
        needed = max(margin * unexplained * (1 if best >= PLAIN else 2), LEAST_MARGIN)
        if best < max(least, LEAST) or best - float(np.delete(cell, digit).max()) < needed:
            return None
        said.append(digit)
    return tuple(said)


def _own_least(glyphs: Glyphs) -> float:
    """The correlation below which nothing of this clock lies."""
    return 1 - OWN_SLACK * (1 - glyphs.least) - OWN_LEEWAY


def _around(strip: Strip, glyphs: Glyphs, right: int, down: int) -> tuple[Array, int, int]:
    """The enlarged part of the strip in which the clock is searched, and where its own left and top lie in it."""
    layout = glyphs.layout
    scale = layout.scale
    first = (layout.top - down) // scale - strip.top - 1
    last = -(-(layout.top + layout.high + down) // scale) - strip.top + 1
    begin = (layout.lefts[0] - right) // scale - 1
    end = -(-(layout.lefts[-1] + layout.wide + right) // scale) + 1
    rows = strip.rows[max(first, 0) : max(last, 0), max(begin, 0) : max(end, 0)]
    if not rows.size:
        rows = np.zeros((1, 1), np.float32)
    rows = np.abs(rows) if layout.unsigned else rows
    plane = align.enlarged(rows[None], scale)[0]
    plane = np.pad(plane, ((max(-first, 0) * scale, 4 * down), (max(-begin, 0) * scale, 4 * right)))
    return np.asarray(plane, np.float32), begin * scale, (first + strip.top) * scale


def _patches(plane: Array, lefts: Sequence[int], top: int, high: int, wide: int) -> Array:
    """Normalised patches (places x pixels) of a plane."""
    window = np.lib.stride_tricks.sliding_window_view(plane, (high, wide))
    last = (window.shape[0] - 1, window.shape[1] - 1)
    cut = np.stack([window[min(max(top, 0), last[0]), min(max(left, 0), last[1])] for left in lefts])
    flat = cut.reshape(len(lefts), -1)
    centred = flat - flat.mean(1, keepdims=True)
    return np.asarray(centred / np.maximum(centred.std(1, keepdims=True), 1.0), np.float32)


def _measured(plane: Array, glyphs: Glyphs, left: int, top: int, at: tuple[int, int]) -> tuple[Array, list[float]]:
    """Correlations of the cells and of the gaps, the clock moved by `at`."""
    layout = glyphs.layout
    row = layout.top - top + at[1]
    cells = _patches(plane, [one - left + at[0] for one in layout.lefts], row, layout.high, layout.wide)
    dots = []
    for one, colon in zip(layout.colons, glyphs.colons, strict=True):
        gap = _patches(plane, [one - left + at[0]], row, layout.high, layout.colon_wide)
        dots.append(float(correlation(gap, (colon,))[0, 0]))
    return likeness(cells, glyphs.digits), dots


def _best(
    plane: Array, glyphs: Glyphs, left: int, top: int, places: Sequence[tuple[int, int]]
) -> tuple[float, tuple[int, int]]:
    """The place at which the clock fits best, and how well: mean correlation of cells and gaps."""
    layout = glyphs.layout
    window = np.lib.stride_tricks.sliding_window_view(plane, (layout.high, layout.wide))
    dots = np.lib.stride_tricks.sliding_window_view(plane, (layout.high, layout.colon_wide))
    rows = np.clip([layout.top - top + down for _, down in places], 0, window.shape[0] - 1)
    rights = np.array([right for right, _ in places])
    total = np.zeros(len(places), np.float32)
    for one in layout.lefts:
        columns = np.clip(rights + one - left, 0, window.shape[1] - 1)
        total += _correlated(window[rows, columns], glyphs.digits)
    for one, colon in zip(layout.colons, glyphs.colons, strict=True):
        columns = np.clip(rights + one - left, 0, dots.shape[1] - 1)
        total += _correlated(dots[rows, columns], (colon,))
    at = int(total.argmax())
    return float(total[at]) / (len(layout.lefts) + len(layout.colons)), places[at]


def _correlated(cut: Array, templates: tuple[Template, ...]) -> Array:
    flat = cut.reshape(len(cut), -1)
    centred = flat - flat.mean(1, keepdims=True)
    found = correlation(centred / np.maximum(centred.std(1, keepdims=True), 1.0), templates).max(1)
    return np.asarray(found, np.float32)


def _told(
    plane: Array, glyphs: Glyphs, left: int, top: int, found: tuple[float, tuple[int, int]], margin: float
) -> ClockTime | None:
    fits, dots = _measured(plane, glyphs, left, top, found[1])
    digits = accept(fits, dots, glyphs.hours, _own_least(glyphs), margin)
    second = None if digits is None else second_of(digits, glyphs.hours)
    if second is None:
        return None
    return ClockTime(second, is_whole_day(second, glyphs.hours), found[1])
