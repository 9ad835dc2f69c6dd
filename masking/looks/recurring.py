"""Measures what recurs from look to look in the flat area of a zone. For the worker's child only.

Behind an opaque mask nothing recurs: what is left in a flat area at one moment is the codec's, and gone at the next.
What shows through a translucent one is there each time, far below what one picture can prove.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from masking.looks.evidence import NO_CELL, REST_UNIT, Look
from masking.looks.evidence_format import RASTER_CELLS
from masking.zones.raster import Floats

_LEAST_CELLS: Final = 12


@dataclass(frozen=True, slots=True)
class Recurring:
    """What recurs from look to look in a flat area, as contrast in levels of luma.

    `contrast`: beside its mean; a plane counts, for a mask is drawn, and no light falls on it. `crossed`: beside whole
    rows and columns. A codec goes on with its errors along them, so that theirs recur wherever the surroundings do; a
    scene has more than those.
    """

    contrast: float
    crossed: float


def recurring(looks: Sequence[Look]) -> Recurring | None:
    """Measure what recurs in the flat area of a zone, of one look all that is left; None: the zone is too small."""
    found = _rests(looks)
    if found is None:
        return None
    rests, lines = found
    return Recurring(_shared(rests - rests.mean(0)), _shared(_without(lines, rests)))


def _rests(looks: Sequence[Look]) -> tuple[Floats, Floats] | None:
    """The rests of looks (cells x looks), and which row and column each cell lies in; None: the zone is too small."""
    known = np.logical_and.reduce([look.rest != NO_CELL for look in looks])
    if np.count_nonzero(known) < _LEAST_CELLS:
        return None
    rows, columns = np.nonzero(known)
    lines = np.concatenate((np.eye(RASTER_CELLS)[rows], np.eye(RASTER_CELLS)[columns]), 1).astype(np.float32)
    rests = np.stack([look.rest[known] for look in looks], 1).astype(np.float32) * np.float32(REST_UNIT)
    return rests, lines


def shown(looks: Sequence[Look]) -> list[Recurring]:
    """Measure all that is left in the flat area in each look alone; empty where the zone is too small."""
    found = _rests(looks)
    if found is None:
        return []
    rests, lines = found
    contrast, crossed = (np.sqrt((rest**2).mean(0)) for rest in (rests - rests.mean(0), _without(lines, rests)))
    return [Recurring(float(one), float(other)) for one, other in zip(contrast, crossed, strict=True)]


def _without(shapes: Floats, rests: Floats) -> Floats:
    """What is left of rests (cells x looks) once the best mixture of these shapes (cells x shapes) is taken out."""
    alike = (shapes.T @ shapes).astype(np.float64) + 1e-4 * np.eye(shapes.shape[1])  # rows and columns share their sum
    return np.asarray(rests - shapes @ np.linalg.solve(alike, (shapes.T @ rests).astype(np.float64)), np.float32)


def _shared(rests: Floats) -> float:
    """The root of the mean covariance between looks, in levels; negative where they contradict each other."""
    count = rests.shape[1]
    if count == 1:
        return math.sqrt(float((rests**2).mean()))
    shared = float(((rests.sum(1) ** 2 - (rests**2).sum(1)) / (count * (count - 1))).mean())
    return math.copysign(math.sqrt(abs(shared)), shared)
