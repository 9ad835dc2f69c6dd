"""Measures how far a zone's brightness follows the light around it, over several looks. For the worker's child only.

What is drawn is as bright by day as in the dusk; a scene, and the share of it that shines through a mask, follows the
light. So the surroundings tell how much of the light comes through a zone, whatever the zone is filled with. Only a
change of light counts that goes the same way along all of the border: a person who walks past lights up nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from masking.looks.evidence import PARTS, QUARTERS, Change, Counts, Look
from masking.looks.evidence_format import BORDER_STRETCHES
from masking.zones.raster import Floats

LIT_FROM: Final = 4.0
"""Levels by which the quietest quarter of the border must change, and each other one the same way."""

_CLIPPED: Final = (18.0, 225.0)
"""Levels outside of which a scene may be cut off, too: what is black or burnt out proves nothing by staying so."""

DRAWN_FROM: Final = 5.0
DRAWN_INSIDE: Final = 0.01
DRAWN_CELL: Final = 0.2
DRAWN_STRIP: Final = 0.7
DRAWN_KNOWN: Final = 0.6
DRAWN_NOISE: Final = -0.3
"""A zone is drawn over where the light changed by so many levels, and so little of it shows in all, in the worst cell
and along the worst quarter of the border (a codec carries some of it over); where no more than a rest of the zone is
cut off; and where less moves than along the quietest quarter, too (logarithm): there is the sensor's noise.

Even a dark screen reflects a twentieth of the light, and what is white around it reflects most: a share of a hundredth
is less than any surface has, lit from behind or not. What is burnt out has none, and is not known.
"""

KEPT_INSIDE: Final = 0.03
KEPT_CELL: Final = 0.3
KEPT_STRIP: Final = 0.9
"""So little shows in a zone that is not bare, though it need not be proven to be drawn over."""

STILL_INSIDE: Final = -1.2
STILL_CELL: Final = -0.6
STILL_AROUND: Final = 0.2
"""Logarithms (`evidence.Change`): while the light does not change, a zone in which so little moves beside so much
around it is not called bare: what shines through a mask is told by the next change of light.
"""

SHOWS_FROM: Final = 8.0
SHOWS_INSIDE: Final = 0.04
"""Levels of change from which, and share of it in all of the zone from which, something shines through."""

_INSIDE, _INNER, _OUTER = PARTS
_LEAST_CELL: Final = 20
_LEAST_INNER: Final = 10
_LEAST_OUTER: Final = 15
"""Pixels that a cell inside, of the inner strip and of the outer strip must have."""

_LEAST_INSIDE: Final = 4
"""So many cells inside must have them."""


@dataclass(frozen=True, slots=True)
class Lit:
    """What share of a change of light shows inside a zone.

    `change`: how much it changed at most, in levels, along the quietest quarter of the border. `inside`: the share over
    all of the inside; `cell`: in the worst of its cells; `strip`: along the worst quarter of the border, just inside.
    `known`: the share of the zone's cells that are neither black nor burnt out.
    """

    change: float
    inside: float
    cell: float
    strip: float
    known: float


def is_drawn(lit: Lit | None, change: Change | None) -> bool:
    """Tell whether nothing of the scene can be in a zone, whatever it is filled with."""
    if lit is None or change is None:
        return False
    is_dark = lit.inside <= DRAWN_INSIDE and lit.cell <= DRAWN_CELL and lit.strip <= DRAWN_STRIP
    moves = change.inside + change.around - change.least_around
    return is_dark and lit.change >= DRAWN_FROM and lit.known >= DRAWN_KNOWN and moves <= DRAWN_NOISE


def is_kept(lit: Lit | None, change: Change | None) -> bool:
    """Tell whether a zone follows the light too little to be bare anywhere, or is still while the light is."""
    if lit is None:
        return (
            change is not None
            and change.inside <= STILL_INSIDE
            and change.cell <= STILL_CELL
            and change.least_around >= STILL_AROUND
        )
    return lit.inside <= KEPT_INSIDE and lit.cell <= KEPT_CELL and lit.strip <= KEPT_STRIP


def is_through(counts: Counts, looks: Sequence[Look]) -> bool:
    """Tell whether a part of the light comes through a zone; `counts`: pixels of each cell (`evidence.counts_of`)."""
    lit = _lit(counts, looks)
    return lit is not None and lit.change >= SHOWS_FROM and lit.inside > SHOWS_INSIDE


def follows(counts: Counts, looks: Sequence[Look]) -> Lit | None:
    """Measure how a zone follows the light; None where the light did not change, or too little can be seen.

    `counts`: pixels of each cell (`evidence.counts_of`).
    """
    lit = _lit(counts, looks)
    if lit is None:
        return None
    inner = counts[_INNER] >= _LEAST_INNER
    strips = _by_quarter(lit.steps[:, _INNER], inner)
    seen = np.concatenate((lit.levels[:, _INSIDE][:, lit.enough], lit.levels[:, _INNER][:, inner]), 1)
    low, high = seen.min(0), seen.max(0)
    return Lit(
        change=lit.change,
        inside=lit.inside,
        cell=float(_share(lit.steps[:, _INSIDE][:, lit.enough], lit.light).max()),
        strip=float(_share(strips, lit.light).max()),
        known=float(np.mean((low >= _CLIPPED[0]) & (high <= _CLIPPED[1]))),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The pairs of looks between which the light changed: by how much (`light`), and each cell's level (`steps`).

    `levels`: of each look, by cell; `enough`: which cells inside have pixels enough. `change`, `inside`: as in `Lit`.
    """

    levels: Floats
    enough: npt.NDArray[np.bool_]
    steps: Floats
    light: Floats
    change: float
    inside: float


def _lit(counts: Counts, looks: Sequence[Look]) -> _Pairs | None:
    """Compare all pairs of looks; None where the light did not change, or too little can be seen."""
    enough, beside = counts[_INSIDE] >= _LEAST_CELL, counts[_OUTER] >= _LEAST_OUTER
    if len(looks) < 2 or np.count_nonzero(enough) < _LEAST_INSIDE or np.count_nonzero(beside) < BORDER_STRETCHES // 2:
        return None
    levels = np.stack([look.level for look in looks])
    one, other = np.tril_indices(len(looks), -1)
    steps = levels[one] - levels[other]
    light = _light(steps[:, _OUTER], beside)
    lit = np.abs(light) >= LIT_FROM
    if not lit.any():
        return None
    steps, light = steps[lit], light[lit]
    inside = np.average(steps[:, _INSIDE][:, enough], 1, counts[_INSIDE][enough])
    return _Pairs(levels, enough, steps, light, float(np.abs(light).max()), float(_share(inside[:, None], light)[0]))


def _light(steps: Floats, enough: npt.NDArray[np.bool_]) -> Floats:
    """By how much the light changes in each pair of looks: along the quietest quarter, 0 where quarters disagree."""
    quarters = _by_quarter(steps, enough)
    low, high = quarters.min(1), quarters.max(1)
    return np.asarray(np.where(low > 0, low, np.where(high < 0, high, 0.0)), np.float32)


def _by_quarter(steps: Floats, enough: npt.NDArray[np.bool_]) -> Floats:
    """The middle step of each quarter of the border that can be seen: pairs x quarters."""
    seen = enough[QUARTERS]
    count = seen.sum(1)
    ordered = np.sort(np.where(seen, steps[:, QUARTERS], np.inf), 2)[:, count > 0]
    at = count[count > 0]
    quarter = np.arange(len(at))
    return np.asarray((ordered[:, quarter, (at - 1) // 2] + ordered[:, quarter, at // 2]) / 2, np.float32)


def _share(steps: Floats, light: Floats) -> Floats:
    """The slope of each column of steps over the light, by least squares, without its sign."""
    return np.asarray(np.abs(light @ steps) / float(light @ light), np.float32)
