"""Measures what one look at a zone leaves for the looks after it, and compares looks. For the worker's child only.

Behind an opaque mask nothing recurs: what is left in a flat area at one moment is the codec's, and gone at the next.
What shows through a translucent one is there each time, far below what one picture can prove. Behind a mosaic or a blur
little changes: what moves in the scene, and the sensor's noise, stop at its border.
"""

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.looks.evidence_format import (
    BORDER_STRETCHES,
    CHANGE_CELLS,
    INSIDE_CELLS,
    NO_MOMENT,
    RASTER_CELLS,
    SIGNS,
    NoEvidence,
    Single,
    pack,
    unpack,
)
from masking.model import Zone
from masking.zones.raster import Bytes, Floats, Ground, Region, Tiling, tile_sums, tiling

Rest = npt.NDArray[np.int8]
Labels = npt.NDArray[np.intp]
Counts = npt.NDArray[np.intp]

REST_UNIT: Final = 1 / 16
"""What one step of a rest is worth, in levels of luma."""

NO_CELL: Final = -128
_DEEP_PX: Final = 12.0
"""How far inside the core (at 640 px) a rest is measured: beyond the block of a codec that holds the border."""

_BLOCK_PX: Final = 12
"""The same in pixels of the picture as it came: blocks do not shrink with it."""

_LEAST_DEEP_PX: Final = 400
_CELL_PX: Final = 4.0
_CELL_RATIO: Final = 0.5
_INNER_STRIP: Final = (1.5, 6.0)
_OUTER_STRIP: Final = (3.0, 14.0)
"""Distances to the border, at 640 px, between which the strips inside and outside lie."""

_CHANGE_UNIT: Final = 1 / 8
_LEVEL_UNIT: Final = 1 / 128
_LEAST_PIXELS: Final = (20, 10, 15)
"""Pixels that a cell inside, of the inner strip and of the outer strip must have."""

PARTS: Final = (
    slice(0, INSIDE_CELLS * INSIDE_CELLS),
    slice(INSIDE_CELLS * INSIDE_CELLS, CHANGE_CELLS - BORDER_STRETCHES),
    slice(CHANGE_CELLS - BORDER_STRETCHES, CHANGE_CELLS),
)
"""Which cells lie inside, along the border just inside of it, and just outside."""

QUARTERS: Final = (np.arange(BORDER_STRETCHES)[:, None] + np.arange(BORDER_STRETCHES // 4)) % BORDER_STRETCHES
"""The stretches of the quarter of the border that begins at each stretch."""

_WRITTEN_SHARE: Final = 0.1
"""Share of a cell that may be written over: a clock changes, and is no scene."""

_SAME_AROUND: Final = 0.35
"""Change (levels) around a zone below which two pictures are one that was coded anew: each sensor has more noise."""

_NOISE: Final = np.random.default_rng(0x100C).integers(0, 256, (256, 256), np.uint8)
"""Random signs, a bit for each: no key, only spread evenly."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One look: its verdict, the rest of luma by cell (RASTER_CELLS squared), detail by cell and sign, luma by cell.

    `level`: in levels, by CHANGE_CELLS; 0 of a cell without pixels.
    """

    single: Single
    rest: Rest
    change: Floats
    level: Floats


@dataclass(frozen=True, slots=True)
class Change:
    """How much detail changes between looks inside a zone, as logarithms of ratios to that around it (0: as much).

    `inside`: over all of it; `cell`: in the second worst of its cells; `strip`: in the worst quarter of the border,
    just inside of it, to that just outside there. `around`: logarithm of the change around, in levels; `least_around`:
    along the quietest quarter of the border.
    """

    inside: float
    cell: float
    strip: float
    around: float
    least_around: float


def moment_of(imprint: bytes) -> bytes:
    """Return a digest of a picture's imprint (`view/imprint.py`): equal for two pictures of one moment."""
    return hashlib.sha256(imprint).digest()[:8] if imprint else NO_MOMENT


def basis_of(picture_shape: tuple[int, ...], zone: Zone) -> bytes:
    """Return a digest of a zone, without its earlier looks, and of the picture's size."""
    return hashlib.sha256(f"{picture_shape[:2]} {zone!r}".encode()).digest()[:8]


def describe(region: Region, single: Single, written: Bytes | None = None) -> bytes:
    """Return what a look leaves for the ones after it. Side effect: caches the zone's cells.

    `written`: 1 where the camera writes over the zone (of the crop). Its name recurs in each look as a scene would, so
    that no rest is measured there, unless that is most of the zone: then nothing else would be left to prove anything.
    """
    places = region.ground.once(_places)
    detail, level = _detail(region, places), _level(region, places)
    rest = _rest(region, places.deep, written)
    return pack(single, rest.tobytes(), detail.astype(">i2").tobytes(), level.astype(">u2").tobytes())


def read(datas: Sequence[bytes], basis: bytes) -> list[Look]:
    """Return earlier looks, without those of another zone or size of picture, and without what is none."""
    found = []
    for data in datas:
        with suppress(NoEvidence):
            found.append(unpack(data))
    found = [one for one in found if one[0].basis == basis]
    singles, rests, changes, levels = zip(*found, strict=True) if found else ((), (), (), ())
    rest = np.frombuffer(b"".join(rests), np.int8).reshape(-1, RASTER_CELLS, RASTER_CELLS)
    change = np.frombuffer(b"".join(changes), ">i2").reshape(-1, CHANGE_CELLS, SIGNS) * np.float32(_CHANGE_UNIT)
    level = np.frombuffer(b"".join(levels), ">u2").reshape(-1, CHANGE_CELLS) * np.float32(_LEVEL_UNIT)
    return [Look(*one) for one in zip(singles, rest, change, level, strict=True)]


def different(looks: Sequence[Look]) -> list[Look]:
    """Return the newest looks at each moment: a picture that came twice, or froze, is one look.

    Two are at one moment that are equal in what the picture shows, or around the zone.
    """
    around = np.stack([look.change[PARTS[2]].ravel() for look in looks])
    off = around[:, None] - around
    is_equal = (np.einsum("abc,abc->ab", off, off) < _SAME_AROUND * _SAME_AROUND * around.shape[1]).tolist()
    moments = [look.single.moment for look in looks]
    found: list[int] = []
    for at in reversed(range(len(looks))):
        if not any(is_equal[at][other] or moments[at] == moments[other] != NO_MOMENT for other in found):
            found.append(at)
    return [looks[at] for at in reversed(found)]


def counts_of(region: Region, written: Bytes | None = None) -> Counts:
    """Return how many pixels each cell of a zone has (CHANGE_CELLS); 0 of one in which the camera writes."""
    places = region.ground.once(_places)
    if written is None:
        return places.counts
    taken = np.zeros(CHANGE_CELLS, np.intp)
    taken[places.cells] = np.add.reduceat(written.ravel()[places.pixels], places.begins, dtype=np.intp)
    return np.where(taken > _WRITTEN_SHARE * places.counts, 0, places.counts)


def changing(counts: Counts, looks: Sequence[Look]) -> Change | None:
    """Measure how much changes between looks, inside a zone and around it; None where too little of it can be seen.

    `counts`: of the pixels of each cell (`counts_of`).
    """
    if len(looks) < 2:
        return None
    # The mean square of the differences of all pairs is twice the variance.
    detail = np.stack([look.change for look in looks]).astype(np.float64)
    detail -= detail.mean(0)
    power = 2 * np.einsum("lcs,lcs->c", detail, detail) / ((len(looks) - 1) * SIGNS)
    enough = [counts[part] >= least for part, least in zip(PARTS, _LEAST_PIXELS, strict=True)]
    inside, inner, outer = (power[part] for part in PARTS)
    both = enough[1] & enough[2]
    if np.count_nonzero(enough[0]) < 2 or np.count_nonzero(both) < 4:
        return None
    around = _mean(outer[both], counts[PARTS[2]][both])
    inside = inside[enough[0]]
    quarters = QUARTERS[both]
    seen = both[quarters]
    inner, outer = ((strip[quarters] * seen).sum(1) / seen.sum(1) for strip in (inner, outer))
    return Change(
        inside=_log_ratio(_mean(inside, counts[PARTS[0]][enough[0]]), around),
        cell=_log_ratio(float(np.sort(inside)[-2]), around),
        strip=0.5 * float(np.log((inner + 0.05) / (outer + 0.05)).max()),
        around=_log_ratio(around, 1.0),
        least_around=_log_ratio(float(outer.min()), 1.0),
    )


def _mean(values: npt.NDArray[np.float64], weights: Counts) -> float:
    return float(values @ weights) / float(weights.sum())


def _log_ratio(above: float, below: float) -> float:
    return 0.5 * math.log((above + 0.05) / (below + 0.05))


def _rest(region: Region, deep: Tiling, written: Bytes | None) -> Rest:
    """The luma of the zone's deep inside by cell, in REST_UNIT off its median; NO_CELL elsewhere."""
    if written is not None:
        free = np.asarray(deep.mask & (1 - written), np.uint8)
        if 2 * cv2.countNonZero(free) >= deep.whole:
            deep = tiling(free, deep.side_px, _CELL_RATIO)
    out = np.full((RASTER_CELLS, RASTER_CELLS), NO_CELL, np.int8)
    if len(deep.counts):
        means = tile_sums(region.luma * deep.mask, deep.side_px)[deep.enough] / deep.counts
        ordered = np.sort(means)
        middle = (ordered[(len(means) - 1) // 2] + ordered[len(means) // 2]) / 2
        steps = np.rint((means - middle) / REST_UNIT).clip(-127, 127)
        out[: deep.enough.shape[0], : deep.enough.shape[1]][deep.enough] = steps
    return out


def _deep(ground: Ground) -> Tiling:
    height, width = ground.core.shape
    side = max(round(_CELL_PX * ground.scale), -(-max(height, width) // RASTER_CELLS))
    for share in (1.0, 0.5):
        margin = round(max(_DEEP_PX * ground.scale, _BLOCK_PX / ground.factor) * share)
        deep = np.asarray(cv2.erode(ground.core, np.ones((2 * margin + 1,) * 2, np.uint8)), np.uint8)
        if cv2.countNonZero(deep) >= _LEAST_DEEP_PX:
            return tiling(deep, side, _CELL_RATIO)
    return tiling(ground.core, side, _CELL_RATIO)


def _detail(region: Region, places: "_Places") -> Floats:
    """Sums of second differences by cell and sign, over the root of the cell's pixels, in _CHANGE_UNIT."""
    bends = cv2.Laplacian(region.luma, cv2.CV_16S, ksize=1).ravel().take(places.pixels)
    sums = np.zeros((CHANGE_CELLS, SIGNS))
    sums[places.cells] = np.add.reduceat(places.signs * bends, places.begins, axis=1, dtype=np.int32).T
    scaled = sums / np.sqrt(np.maximum(places.counts, 1))[:, None] / _CHANGE_UNIT
    return np.asarray(np.rint(scaled).clip(-32767, 32767), np.float32)


def _level(region: Region, places: "_Places") -> Floats:
    """The mean luma of each cell, in _LEVEL_UNIT."""
    means = np.zeros(CHANGE_CELLS)
    sums = np.add.reduceat(region.luma.ravel().take(places.pixels), places.begins, dtype=np.int64)
    means[places.cells] = sums / places.counts[places.cells] / _LEVEL_UNIT
    return np.asarray(np.rint(means), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Which pixels of a crop are summed, by their number, cell by cell.

    `begins`: where in `pixels` each of the `cells` begins that have any; `signs` (SIGNS x pixels): 1 or -1;
    `counts`: how many pixels each cell has. `deep`: where a rest is measured, and its cells.
    """

    pixels: Labels
    begins: Labels
    cells: Labels
    signs: Rest
    counts: Counts
    deep: Tiling


def _places(ground: Ground) -> _Places:
    height, width = ground.core.shape
    area = np.zeros((height, width), np.uint8)
    cv2.fillPoly(area, [np.rint(ground.corners * 64).astype(np.int32)], 1, cv2.LINE_8, 6)
    # A border that is the picture's edge does not count: the area goes on behind it.
    padded = cv2.copyMakeBorder(area, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    away = cv2.distanceTransform(1 - padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    labels = np.full((height, width), -1, np.int16)  # of 16 bits: those are sorted in one pass
    low, high = ground.corners.min(0), ground.corners.max(0)
    columns = _share(np.arange(width), float(low[0]), float(high[0]))
    rows = _share(np.arange(height), float(low[1]), float(high[1]))
    cells = rows[:, None] * INSIDE_CELLS + columns[None, :]
    deep = (area > 0) & (depth >= _INNER_STRIP[1] * ground.scale)
    labels[deep] = cells[deep]
    inner = (area > 0) & (depth >= _INNER_STRIP[0] * ground.scale) & ~deep
    outer = (area == 0) & (away >= _OUTER_STRIP[0] * ground.scale) & (away < _OUTER_STRIP[1] * ground.scale)
    for strip, first in ((inner, 0), (outer, BORDER_STRETCHES)):
        labels[strip] = INSIDE_CELLS * INSIDE_CELLS + first + _stretches(ground.corners, strip)
    labels[[0, -1]], labels[:, [0, -1]] = -1, -1  # the second difference there is made up
    noise = np.tile(_NOISE, (-(-height // 256), -(-width // 256)))[:height, :width].ravel()
    flat = labels.ravel()
    pixels = np.argsort(flat, kind="stable")[np.count_nonzero(flat < 0) :]
    cells, begins = np.unique(flat[pixels], return_index=True)
    bits = np.unpackbits(noise[pixels][:, None], axis=1).T
    signs = np.ascontiguousarray(2 * bits.astype(np.int8) - 1)
    return _Places(
        pixels, begins, cells.astype(np.intp), signs, np.bincount(flat[pixels], minlength=CHANGE_CELLS), _deep(ground)
    )


def _share(at: npt.NDArray[np.intp], low: float, high: float) -> npt.NDArray[np.intp]:
    shares = (at - low) / max(high - low, 1e-6)
    return np.asarray(np.clip(shares * INSIDE_CELLS, 0, INSIDE_CELLS - 1), np.intp)


def _stretches(corners: npt.NDArray[np.float64], strip: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Which stretch of the border each pixel of a strip is nearest to."""
    rows, columns = np.nonzero(strip)
    vectors = np.roll(corners, -1, 0) - corners
    lengths = np.hypot(vectors[:, 0], vectors[:, 1])
    begins = np.concatenate(((0.0,), lengths.cumsum()))
    nearest, at = np.full(len(rows), np.inf), np.zeros(len(rows))
    for corner, vector, length, begin in zip(corners, vectors, lengths, begins, strict=False):
        if length < 1e-6:
            continue
        x, y = columns - corner[0], rows - corner[1]
        along = np.clip((x * vector[0] + y * vector[1]) / length, 0, length)
        off = (x - along * vector[0] / length) ** 2 + (y - along * vector[1] / length) ** 2
        closer = off < nearest
        nearest[closer], at[closer] = off[closer], (begin + along)[closer]
    return np.asarray(np.minimum(at / begins[-1] * BORDER_STRETCHES, BORDER_STRETCHES - 1), np.intp)
