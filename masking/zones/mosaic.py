"""Measures whether the zone is a mosaic with blocks that are large enough.

A mosaic has all its gradient on the lines between blocks. The period is searched along x and y apart, in the profile of
gradients: its spectrum gives a few candidates, and for each the lines `period` apart are summed. Periods need not be
whole numbers, for a mosaic drawn into the main stream is scaled in the sub-stream.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import cast

import numpy as np
import numpy.typing as npt

from masking.zones.raster import Bytes, Floats, Pairs, Region, sums_along

MIN_PERIOD_PX = 2.0
MAX_PERIOD = 60.0
"""Largest period searched, in pixels of a 640 px wide picture; no camera on the market has coarser blocks."""

STEP_PX = 0.25
_FINE_PX = 0.0625
_CANDIDATES = 6
_LEAST_LINES = 3
"""Fewer lines across the zone do not show a period."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Lines along one axis, other values as in `Mosaic`.

    `first` and `period` in pixels of the crop; index i stands between the pixels i and i + 1.
    """

    first: float
    period: float
    contrast: float
    step: float
    filled_ratio: float
    lines: int
    excess: float
    off: float


@dataclass(frozen=True, slots=True)
class Mosaic:
    """The grid of a zone; `block_px` is in pixels of a 640 px wide picture.

    `contrast` is the gradient on the lines over the gradient off them, along the weaker axis; `step` the mean gradient
    on the lines, `filled_ratio` the share of visible lines, and `lines` their number, each along the axis that has less
    of it; `on_lines_ratio` the share of all gradient on the lines beyond their share of the pixels; `off_gradient` the
    mean gradient off the lines, along the axis that has more of it; `periods_ratio` the smaller of both axes' periods
    over the larger. `block_px` 0: no grid was found. `off_lines` of columns and rows: 1 where the codec smears none.
    `grids`: those of columns and rows, None when no grid was found.
    """

    block_px: float
    contrast: float
    step: float
    filled_ratio: float
    lines: int
    on_lines_ratio: float
    off_gradient: float
    periods_ratio: float
    off_lines: tuple[Bytes, Bytes]
    grids: tuple[Grid, Grid] | None = None


def measure(region: Region, steps: tuple[Bytes, Bytes]) -> Mosaic:
    """Search the grid along both axes; `steps` are `raster.weak_steps` of the luma."""
    height, width = region.core.shape
    longest = region.px(MAX_PERIOD)
    profiles = tuple(_profile(step, region.ground.pairs("core", axis), axis) for axis, step in enumerate(steps))
    ranks = [_ranks(profile, longest) for profile, _ in profiles]
    shared = min(len(rank) for rank in ranks)
    none = Mosaic(0.0, 1.0, 0.0, 0.0, 0, 0.0, 0.0, 0.0, (np.ones(width, np.uint8), np.ones(height, np.uint8)))
    if shared < 3:
        return none
    # Blocks are square as a rule: what both axes agree on is looked at, beside what each of them says alone.
    both = _peaks(ranks[0][:shared] + ranks[1][:shared], _CANDIDATES)
    across, down = (
        _grid(*profile, {*both, *_peaks(rank, _CANDIDATES // 2)}) for profile, rank in zip(profiles, ranks, strict=True)
    )
    if across is None or down is None:
        return none
    return Mosaic(
        block_px=min(across.period, down.period) / region.scale,
        contrast=min(across.contrast, down.contrast),
        step=min(across.step, down.step),
        filled_ratio=min(across.filled_ratio, down.filled_ratio),
        lines=min(across.lines, down.lines),
        on_lines_ratio=min(across.excess, down.excess),
        off_gradient=max(across.off, down.off),
        periods_ratio=min(across.period, down.period) / max(across.period, down.period),
        off_lines=(_off_lines(across, width), _off_lines(down, height)),
        grids=(across, down),
    )


def _off_lines(grid: Grid, size: int) -> Bytes:
    """Columns (or rows) too far from a line for the codec to smear it there; fine grids get no margin."""
    reach = 2.0 if grid.period >= 16 else 1.0 if grid.period >= 6 else 0.0
    # A gradient at index i stands between the pixels i and i + 1.
    off = (np.arange(size) - 0.5 - grid.first + grid.period / 2) % grid.period - grid.period / 2
    return np.asarray((np.abs(off) > reach) | (reach <= 0), np.uint8)


def _profile(steps: Bytes, inside: Pairs, axis: int) -> tuple[Floats, int]:
    """Mean gradient per column (axis 0) or row (axis 1) where the zone has enough pixels, and the first index."""
    sums, counts = sums_along(steps * inside.where, axis), inside.counts
    enough = np.flatnonzero(counts >= max(8.0, 0.5 * float(counts.max(initial=0))))
    if enough.size < 12:
        return np.zeros(0, np.float32), 0
    window = slice(int(enough[0]), int(enough[-1]) + 1)
    return np.asarray(sums[window] / np.maximum(counts[window], 1), np.float32), int(enough[0])


@lru_cache(maxsize=64)
def _combs(size: int, longest_px: float) -> tuple[npt.NDArray[np.intp], Floats]:
    """Where the first four harmonics of each period to try lie in the spectrum of a profile, and their weights."""
    count = max(int((min(size / (_LEAST_LINES - 0.5), longest_px) - MIN_PERIOD_PX) / STEP_PX), 0)
    length = _length(size)
    harmonics = np.arange(1, 5)[:, None] * length / (MIN_PERIOD_PX + STEP_PX * np.arange(count))
    weights = (harmonics <= length / 2).astype(np.float32)
    places = np.minimum(np.rint(harmonics), length // 2).astype(np.intp)
    return places, np.asarray(weights / np.sqrt(np.maximum(weights.sum(0), 1)), np.float32)


@dataclass(frozen=True, slots=True)
class _Phases:
    """The lines of one or more periods in a profile, for each phase (half pixels) of each.

    `lines` are their places, phase after phase; those beyond the profile point at the zero that `_grid` puts behind it,
    and so does the first of each phase, so that its sum is rounded like any other. `first` is where each phase begins
    in `lines`, `counts` its number of lines, `chance` their share of the profile. `starts` is where each period's
    phases begin, and `periods` the periods themselves.
    """

    lines: npt.NDArray[np.intp]
    first: npt.NDArray[np.intp]
    counts: Floats
    chance: Floats
    starts: npt.NDArray[np.intp]
    periods: tuple[float, ...]


@lru_cache(maxsize=512)
def _phases(size: int, periods: tuple[float, ...]) -> _Phases:
    """Lay out the lines of some periods in a profile of a size."""
    tables, first, counts, starts = [], [], [], []
    begin = phase = 0
    for period in periods:
        starts.append(phase)
        phases, most = math.ceil(2 * period), int(size / period) + 1
        table = np.full((phases, most + 1), size, np.intp)
        table[:, 1:] = np.rint(np.arange(phases)[:, None] * 0.5 + np.arange(most) * period)
        np.minimum(table, size, out=table)
        tables.append(table.ravel())
        first.append(np.arange(begin, begin + table.size, most + 1))
        counts.append(np.count_nonzero(table < size, axis=1))
        begin, phase = begin + table.size, phase + phases
    counted = np.concatenate(counts).astype(np.float32)
    return _Phases(
        np.concatenate(tables), np.concatenate(first), counted, counted / np.float32(size), np.array(starts), periods
    )


def _length(size: int) -> int:
    """Length of the padded spectrum: about eight points for each of the profile's own."""
    return 1 << (8 * size - 1).bit_length()


def _ranks(profile: Floats, longest_px: float) -> Floats:
    """How much of a profile's spectrum lies on the harmonics of each period, from MIN_PERIOD_PX in steps of STEP_PX."""
    size, total = profile.size, float(profile.sum())
    if size < 12 or total < 1e-3:
        return np.zeros(0, np.float32)
    places, weights = _combs(size, longest_px)
    spectrum = np.abs(np.fft.rfft(profile * (size / total) - 1, _length(size)))
    return np.asarray((spectrum[places] * weights).sum(0), np.float32)


def _peaks(rank: Floats, count: int) -> list[float]:
    """The periods of the highest peaks, and the shortest period of all, which is none where it begins."""
    inner = rank[1:-1]
    peaks = np.flatnonzero((inner >= rank[:-2]) & (inner >= rank[2:])) + 1
    chosen = peaks[rank[peaks].argsort()[-count:]].tolist()
    return [MIN_PERIOD_PX + STEP_PX * index for index in (0, *chosen)]


def _grid(profile: Floats, start: int, periods: set[float]) -> Grid | None:
    """The period whose lines hold most gradient beyond their share, and how much."""
    padded = np.append(profile, np.float32(0))
    total, size = float(profile.sum()), profile.size
    best = (0.0, 0.0)
    tried = tuple(period for period in sorted(periods) if period * (_LEAST_LINES - 0.5) <= size)
    for period, score in zip(tried, _scores(padded, total, tried), strict=True):
        if score > best[0] + (0.01 if best[0] else 0):
            best = (score, period)
    if not best[1]:
        return None
    # Half a period has the same lines, and as many empty ones between them.
    more = tuple(best[1] * n for n in (2, 3) if best[1] * n <= size / 2.5)
    if more:
        phases = _phases(size, more)
        scores = np.maximum.reduceat(_by_phase(padded, total, phases), phases.starts).tolist()
        best = max((best, *zip(scores, more, strict=True)))
    # Over many lines even a small error of the period puts the last ones beside their places.
    fine = tuple(p for p in (best[1] + _FINE_PX * step for step in (0, -1, 1, -2, 2, -3, 3)) if p >= MIN_PERIOD_PX)
    phases = _phases(size, fine)
    by_phase = _by_phase(padded, total, phases)
    # The first of equal ones is the period without a correction, or that with the least one.
    chosen = int(by_phase.argmax())
    score, count = float(by_phase[chosen]), float(phases.counts[chosen])
    owner = int(phases.starts.searchsorted(chosen, "right")) - 1
    period, at = fine[owner], chosen - int(phases.starts[owner])
    begin = int(phases.first[chosen]) + 1
    found = padded[phases.lines[begin : begin + int(count)]]
    on = float(np.add.reduce(found) / np.float32(count))
    off = (total - on * count) / max(size - count, 1)
    return Grid(
        first=start + 0.5 * at,
        period=period,
        contrast=on / max(off, 0.02),
        step=on,
        filled_ratio=float(np.count_nonzero(found > max(2 * off, on / 5))) / count,
        lines=int(count),
        excess=score,
        off=off,
    )


def _scores(padded: Floats, total: float, periods: tuple[float, ...]) -> list[float]:
    """Score the best phase of each of some periods, see `_by_phase`."""
    if not periods:
        return []
    # Candidates come in ever new company, so each is laid out alone.
    each = [_phases(padded.size - 1, (period,)) for period in periods]
    sizes = [len(one.lines) for one in each]
    begins = list(accumulate(sizes[:-1], initial=0))
    first = np.concatenate([one.first + begin for one, begin in zip(each, begins, strict=True)])
    sums = np.add.reduceat(padded.take(np.concatenate([one.lines for one in each])), first)
    by_phase = sums / total - np.concatenate([one.chance for one in each])
    starts = list(accumulate([len(one.first) for one in each[:-1]], initial=0))
    return cast(list[float], np.maximum.reduceat(by_phase, starts).tolist())


def _by_phase(padded: Floats, total: float, phases: _Phases) -> Floats:
    """Score phases: the share of the gradient on their lines less the share that they would hold by chance."""
    return np.asarray(np.add.reduceat(padded.take(phases.lines), phases.first) / total - phases.chance, np.float32)
