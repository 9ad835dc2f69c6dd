"""Measures what recurs from look to look in the flat area of a zone. For the worker's child only.

Behind an opaque mask nothing recurs: what is left in a flat area at one moment is the codec's, and gone at the next.
What shows through a translucent one is there each time, far below what one picture can prove.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from masking.looks.evidence import NO_CELL, REST_UNIT, Look
from masking.zones.raster import Floats

_LEAST_CELLS: Final = 12
_RIDGE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Recurring:
    """What recurs from look to look in a flat area, as contrast in levels of luma.

    `contrast`: beside its mean; a plane counts, for a mask is drawn, and no light falls on it. `crossed`: beside whole
    rows and columns. A codec goes on with its errors along them, so that theirs recur wherever the surroundings do; a
    scene has more than those.
    """

    contrast: float
    crossed: float


@dataclass(frozen=True, slots=True, eq=False)
class Rests:
    """What is left in the flat area, in levels (cells x looks): beside its mean, and beside whole rows and columns."""

    beside_mean: Floats
    beside_lines: Floats


def rests_of(looks: Sequence[Look]) -> Rests | None:
    """Measure what is left in the flat area of a zone in each look; None: the zone is too small."""
    rasters = np.stack([look.rest for look in looks])
    known = (rasters != NO_CELL).all(0)
    if np.count_nonzero(known) < _LEAST_CELLS:
        return None
    rests = np.ascontiguousarray(rasters[:, known].T).astype(np.float32) * np.float32(REST_UNIT)
    return Rests(rests - rests.mean(0), _beside_lines(known, rests))


def recurring(rests: Rests) -> Recurring:
    """Measure what recurs in the flat area of a zone, of one look all that is left."""
    return Recurring(_shared(rests.beside_mean), _shared(rests.beside_lines))


def shown(rests: Rests) -> list[Recurring]:
    """Measure all that is left in the flat area in each look alone."""
    contrast, crossed = (np.sqrt((rest**2).mean(0)).tolist() for rest in (rests.beside_mean, rests.beside_lines))
    return [Recurring(*one) for one in zip(contrast, crossed, strict=True)]


def _beside_lines(known: npt.NDArray[np.bool_], rests: Floats) -> Floats:
    """What is left of rests (cells x looks) once the best value of each row and column of cells is taken out."""
    rows, columns = known.nonzero()
    known = known[: rows.max() + 1, : columns.max() + 1]
    height, width = known.shape
    rasters = np.zeros((height, width, rests.shape[1]))
    rasters[known] = rests
    sums = np.concatenate((rasters.sum(1), rasters.sum(0)))
    # Rows and columns share their sum: a little is added so that there is one answer.
    alike = np.diag(np.concatenate((known.sum(1), known.sum(0))) + _RIDGE)
    alike[:height, height:] = known
    alike[height:, :height] = known.T
    lines = np.linalg.solve(alike, sums)
    return np.asarray(rests - (lines[rows] + lines[height + columns]), np.float32)


def _shared(rests: Floats) -> float:
    """The root of the mean covariance between looks, in levels; negative where they contradict each other."""
    count = rests.shape[1]
    if count == 1:
        return math.sqrt(float((rests**2).mean()))
    shared = float(((rests.sum(1) ** 2 - (rests**2).sum(1)) / (count * (count - 1))).mean())
    return math.copysign(math.sqrt(abs(shared)), shared)
