"""Learns the digits of a clock from looks of known times, and checks that it would have read those looks.

The minutes give the first templates; seconds and hours are found with them, and then all six cells teach ten digits
together, the second of each look being whichever of five near ones fits best. Each look is read with what the others
taught: a camera counts as learned only where that works.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from masking.clock import align
from masking.clock.align import OFFSETS_S, Cells
from masking.clock.date import find_date
from masking.clock.digits import CELLS, DAY_S, digits_of
from masking.clock.glyphs import Array, Glyphs, Layout, normalised
from masking.clock.locate import LEAST_LOOKS, Minutes, find_minutes
from masking.clock.orders import day_of
from masking.clock.strip import Strip
from masking.clock.taught import LEAST_SEEN, Taught, hours_of, in_drawings, least_seen, read_each_other, templates

Refusal = Literal["few-looks", "sizes-differ", "no-minutes", "digits-unseen", "not-read"]

REACH_PX: Final = 45
LEFT_PX: Final = 440
RIGHT_PX: Final = 140
"""How far around the minutes is looked: rows above and below, columns left and right."""
_ROUNDS: Final = 3
_LEAST_FIT: Final = 0.2


@dataclass(frozen=True, slots=True)
class Look:
    """One picture's strip, and the second (since any midnight, without time zone) that its clock shows, within 2 s."""

    known_s: float
    strip: Strip = field(repr=False)


@dataclass(frozen=True, slots=True)
class Learned:
    """The glyphs, or why there are none. `ahead_s`: of the clock before the known times, median over looks."""

    glyphs: Glyphs | None
    refusal: Refusal | None = None
    ahead_s: float = 0.0


def learn(looks: Sequence[Look]) -> Learned:
    """Learn a clock from looks at one path of one camera, in any order."""
    if len(looks) < LEAST_LOOKS:
        return Learned(None, "few-looks")
    sizes = {(look.strip.width_px, look.strip.height_px) for look in looks}
    top = max(look.strip.top for look in looks)
    bottom = min(look.strip.top + len(look.strip.rows) for look in looks)
    if len(sizes) > 1 or bottom - top < 2 * align.LEAST_HIGH_PX:
        return Learned(None, "sizes-differ")
    refusal: Refusal = "no-minutes"
    for unsigned in (False, True):
        for chosen in _choices(looks):
            rows = np.stack([one.strip.rows[top - one.strip.top : bottom - one.strip.top] for one in chosen])
            rows = np.abs(rows) if unsigned else rows
            known = [one.known_s for one in chosen]
            for found in find_minutes(rows, known):
                tried = _try(rows, known, found, unsigned, chosen[0].strip, top)
                if tried.glyphs is not None:
                    return tried
                refusal = tried.refusal if tried.refusal != "no-minutes" and tried.refusal else refusal
    return Learned(None, refusal)


def _choices(looks: Sequence[Look]) -> list[Sequence[Look]]:
    """All looks; then those of the day that has most, for a weekday's width may move the time."""
    days: dict[int, list[Look]] = {}
    for look in looks:
        days.setdefault(int(look.known_s // DAY_S), []).append(look)
    most = max(days.values(), key=len)
    return [looks] if len(days) == 1 or len(most) < LEAST_LOOKS else [looks, most]


def _try(
    rows: npt.NDArray[np.float32], known: Sequence[float], found: Minutes, unsigned: bool, strip: Strip, top: int
) -> Learned:
    scale = align.scale_of(found)
    above, before = max(found.y - REACH_PX, 0), max(found.x - LEFT_PX, 0)
    planes = align.enlarged(rows[:, above : found.y + REACH_PX, before : found.x + RIGHT_PX], scale)
    cells = align.minute_cells(planes, known, replace(found, x=found.x - before, y=found.y - above), scale)
    if cells is None:
        return Learned(None, "no-minutes")
    signs = _minute_signs(planes, known, cells)
    fits = [align.spread_cells(planes, known, cells, signs, twelve) for twelve in (False, True)]
    cells, fit = max(fits, key=lambda one: one[1])
    if fit < _LEAST_FIT:
        return Learned(None, "no-minutes")
    twelve = fits[1][1] > fits[0][1]
    lefts, labels, ahead_s = _settled(planes, known, cells, signs, twelve)
    taught = _taught(planes, cells, lefts, labels)
    if least_seen(taught) < LEAST_SEEN:
        return Learned(None, "digits-unseen")
    layout = Layout(
        scale=scale, unsigned=unsigned, top=cells.top + (top + above) * scale, high=cells.high, wide=cells.wide,
        colon_wide=_colon_wide(cells), lefts=lefts, colons=_colon_lefts(cells, lefts),
    )  # fmt: skip
    for trial in in_drawings(taught):
        hours = hours_of(trial, known)
        least = read_each_other(trial, hours)
        if least is not None:
            digits, colons = templates(trial)
            days = [day_of(at + ahead_s) for at in known]
            date = find_date(planes, days, layout, digits, cells.top)
            glyphs = Glyphs(strip.width_px, strip.height_px, layout, digits, colons, hours, least, date)
            return Learned(_moved(glyphs, before * scale), None, ahead_s)
    return Learned(None, "not-read")


def _moved(glyphs: Glyphs, right: int) -> Glyphs:
    """The glyphs with all columns so many px further right: those of the whole strip."""
    layout, date = glyphs.layout, glyphs.date
    lefts, colons = (tuple(left + right for left in ones) for ones in (layout.lefts, layout.colons))
    date = None if date is None else replace(date, lefts=tuple(left + right for left in date.lefts))
    return replace(glyphs, layout=replace(layout, lefts=lefts, colons=colons), date=date)


def _minute_signs(planes: npt.NDArray[np.float32], known: Sequence[float], cells: Cells) -> Array:
    """Mean patch of each digit in the minutes, 10 x pixels, of unit deviation; zeros where it was not seen."""
    sums = np.zeros((10, cells.high * cells.wide), np.float32)
    for place, left in ((2, cells.tens), (3, cells.ones)):
        for patch, at in zip(align.patches_at(planes, cells.top, left, cells.high, cells.wide), known, strict=True):
            sums[digits_of(int(at), False)[place]] += patch
    return normalised(100 * sums)


def _settled(
    planes: npt.NDArray[np.float32], known: Sequence[float], cells: Cells, signs: Array, twelve: bool
) -> tuple[tuple[int, ...], npt.NDArray[np.int64], float]:
    """Settle the second of each look and the place of each cell in turn; also the clock's lead in seconds."""
    lefts = list(cells.lefts())
    trials = np.array([[digits_of(int(at // 1) + s, twelve) for s in OFFSETS_S] for at in known])
    ahead = np.array([[int(at // 1) + s + 0.5 - at for s in OFFSETS_S] for at in known])
    allowed = np.ones(ahead.shape, bool)
    labels = trials[:, 2]
    ahead_s = 0.0
    for _ in range(_ROUNDS):
        patches = _patches(planes, cells, lefts)
        likeness = patches @ signs.T / patches.shape[-1]
        fits = np.stack(
            [likeness[:, place][np.arange(len(known))[:, None], trials[:, :, place]] for place in range(CELLS)]
        ).sum(0)
        best = np.where(allowed, fits, -np.inf).argmax(1)
        labels = trials[np.arange(len(known)), best]
        ahead_s = float(np.median(ahead[np.arange(len(known)), best]))
        allowed = np.abs(ahead - ahead_s) <= 1.3
        allowed[~allowed.any(1)] = True
        signs = _signs(patches, labels, signs)
        lefts = [
            max(
                range(max(left - scale_px, 0), left + scale_px + 1),
                key=lambda at: float(
                    (align.patches_at(planes, cells.top, at, cells.high, cells.wide) * signs[labels[:, place]]).sum()
                    - 1e-3 * abs(at - left)
                ),
            )
            for place, left in enumerate(lefts)
            for scale_px in (1,)
        ]
    return tuple(lefts), labels, ahead_s


def _signs(patches: Array, labels: npt.NDArray[np.int64], before: Array) -> Array:
    signs = before.copy()
    for digit in range(10):
        shown = patches[labels == digit]
        if len(shown):
            signs[digit] = np.median(shown, 0)
    return normalised(100 * signs)


def _patches(planes: npt.NDArray[np.float32], cells: Cells, lefts: Sequence[int]) -> Array:
    return np.stack([align.patches_at(planes, cells.top, left, cells.high, cells.wide) for left in lefts], 1)


def _colon_wide(cells: Cells) -> int:
    return max(min(cells.before, cells.after), 4)


def _colon_lefts(cells: Cells, lefts: tuple[int, ...]) -> tuple[int, int]:
    """The left edges of the colons, in the middle between two cells."""
    wide = _colon_wide(cells)
    first = (lefts[1] + cells.wide + lefts[2] - wide) // 2
    return first, (lefts[3] + cells.wide + lefts[4] - wide) // 2


def _taught(
    planes: npt.NDArray[np.float32], cells: Cells, lefts: tuple[int, ...], labels: npt.NDArray[np.int64]
) -> Taught:
    first, second = (
        align.patches_at(planes, cells.top, left, cells.high, _colon_wide(cells)) for left in _colon_lefts(cells, lefts)
    )
    return Taught(_patches(planes, cells, lefts), labels, np.zeros(labels.shape, np.int64), (first, second))
