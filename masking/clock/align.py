"""Locates the cells of a clock: rows, pitch and centre of the minutes, then the gaps to the seconds and the hours.

All in px of the enlarged strip; `planes` is looks x rows x columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.clock.digits import digits_of
from masking.clock.glyphs import normalised
from masking.clock.locate import Minutes, explained

Planes = npt.NDArray[np.float32]
OFFSETS_S: Final = (-2, -1, 0, 1, 2)
LEAST_HIGH_PX: Final = 14
MOST_HIGH_PX: Final = 40
ENLARGED_BELOW_PX: Final = 17
_EDGE_S: Final = 2.2


@dataclass(frozen=True, slots=True)
class Cells:
    """`top`, `high`, `wide` of a cell, left edges of tens and ones of the minutes, `gap` of a colon on each side."""

    top: int
    high: int
    wide: int
    tens: int
    ones: int
    before: int = 0
    after: int = 0

    def lefts(self) -> tuple[int, ...]:
        """Return the left edges of the six cells."""
        pitch = self.ones - self.tens
        hours = self.tens - self.before - pitch
        seconds = self.ones + pitch + self.after
        return hours - pitch, hours, self.tens, self.ones, seconds, seconds + pitch


def scale_of(found: Minutes) -> int:
    """Return how many times a strip is enlarged: digits of few px have half-pixel pitches."""
    return 2 if found.pitch < ENLARGED_BELOW_PX else 1


def enlarged(rows: Planes, scale: int) -> Planes:
    """Return planes so many times larger."""
    if scale == 1:
        return rows
    size = (rows.shape[2] * scale, rows.shape[1] * scale)
    return np.stack([cv2.resize(one, size, interpolation=cv2.INTER_CUBIC) for one in rows])


def minute_cells(planes: Planes, known_s: Sequence[float], found: Minutes, scale: int) -> Cells | None:
    """Return the two cells of the minutes: same digits agree across both, different ones do not. None where none do."""
    sure = [index for index, at in enumerate(known_s) if _EDGE_S <= at % 60 <= 60 - _EDGE_S]
    minutes = [int(known_s[index] // 60) % 60 for index in sure]
    ones, tens = [minute % 10 for minute in minutes], [minute // 10 for minute in minutes]
    looks = planes[sure]
    span = _rows(looks, ones, tens, found, scale)
    if span is None:
        return None
    top, bottom = span
    part = looks[:, top:bottom]
    best, cells = 0.0, None
    by_ones, by_tens = _means(part, ones), _means(part, tens)
    power = (part**2).sum((0, 1))
    high = bottom - top
    for pitch in range(max(round(0.36 * high), 5), round(1.05 * high) + 1):
        for left in range(round(found.x * scale - pitch), round(found.x * scale) + 1):
            score = _agreement(by_ones, by_tens, power, left, pitch, len(sure) * high)
            if score > best:
                best, cells = score, Cells(top, high, pitch, left - pitch, left)
    return cells


def _rows(
    looks: Planes, ones: Sequence[int], tens: Sequence[int], found: Minutes, scale: int
) -> tuple[int, int] | None:
    """The rows that the minutes explain, around where they were found, one more on each side."""
    wide = max(found.pitch, 6) * scale
    x, y = found.x * scale, found.y * scale
    profile = np.zeros(looks.shape[1], np.float64)
    for labels, centre in ((ones, x), (tens, x - found.pitch * scale)):
        columns = slice(max(centre - wide // 2, 0), centre + wide // 2 + 1)
        between, within = explained(looks[:, :, columns], labels)
        profile += np.maximum(between - within, 0).sum(1)
    smooth = np.convolve(profile, np.ones(3) / 3, "same")
    reach = slice(max(y - 40 * scale // 2, 0), y + 40 * scale // 2)
    limit = 0.06 * float(smooth[reach].max(initial=0.0))
    if limit <= 0:
        return None
    top = bottom = y = int(np.argmax(smooth[reach])) + reach.start
    # A digit has rows that hardly differ between digits: two dull ones in a row are no end.
    dull = max(2 * scale, 2)
    while top > 0 and smooth[max(top - dull, 0) : top].max() > limit:
        top -= 1
    while bottom < len(smooth) - 1 and smooth[bottom + 1 : bottom + 1 + dull].max() > limit:
        bottom += 1
    top, bottom = max(top - scale + 1, 0), min(bottom + scale, len(smooth))
    return (top, bottom) if LEAST_HIGH_PX // 2 * scale <= bottom - top <= MOST_HIGH_PX * scale else None


def _means(part: Planes, labels: Sequence[int]) -> tuple[Planes, npt.NDArray[np.float32]]:
    """For each digit the sum of its pictures, 10 x rows x columns, and how many they are."""
    which = np.array([[label == digit for label in labels] for digit in range(10)], np.float32)
    sums = (which @ part.reshape(len(part), -1)).reshape(10, *part.shape[1:])
    return np.asarray(sums, np.float32), which.sum(1)


def _agreement(
    by_ones: tuple[Planes, npt.NDArray[np.float32]],
    by_tens: tuple[Planes, npt.NDArray[np.float32]],
    power: npt.NDArray[np.float32],
    left: int,
    pitch: int,
    looks_rows: int,
) -> float:
    """The share of the variance in both cells that ten digits in common explain, less the digits that it took."""
    if left - pitch < 0 or left + pitch > by_ones[0].shape[2]:
        return 0.0
    sums = by_ones[0][:, :, left : left + pitch] + by_tens[0][:, :, left - pitch : left]
    counts = by_ones[1] + by_tens[1]
    seen = counts > 0
    mean = sums.sum(0) / counts.sum()
    between = float(((sums[seen] ** 2).sum((1, 2)) / counts[seen]).sum() - counts.sum() * (mean**2).sum())
    total = float(power[left - pitch : left + pitch].sum() - counts.sum() * (mean**2).sum())
    within = max(total - between, 1e-6)
    # Explained power counts, so that a wider cell wins while it still explains something.
    freedom = (int(seen.sum()) - 1) / max(float(counts.sum()) - float(seen.sum()), 1.0)
    excess = between - within * freedom
    return excess / float(np.sqrt(total * looks_rows * pitch) + 1e-6)


def spread_cells(
    planes: Planes, known_s: Sequence[float], cells: Cells, signs: Planes, twelve: bool
) -> tuple[Cells, float]:
    """Return the cells with the gaps at which seconds and hours agree best with the minutes' digits, and how well.

    `signs`: mean normalised patch of each digit, 10 x pixels, zero where it was not seen.
    """
    pitch = cells.ones - cells.tens
    gaps = range(max(round(0.15 * pitch), 2), round(1.3 * pitch) + 1)
    after, before = (0.0, gaps[0]), (0.0, gaps[0])
    labels = {offset: [digits_of(int(at // 1) + offset, twelve) for at in known_s] for offset in OFFSETS_S}
    for gap in gaps:
        trial = Cells(cells.top, cells.high, cells.wide, cells.tens, cells.ones, gap, gap).lefts()
        if trial[0] >= 0:
            score = _fit(planes, cells, trial[0:2], signs, [one[0:2] for one in labels[0]])
            before = max(before, (score, gap))
        if trial[5] + cells.wide <= planes.shape[2]:
            score = max(_fit(planes, cells, trial[4:6], signs, [one[4:6] for one in labels[s]]) for s in OFFSETS_S)
            after = max(after, (score, gap))
    return (
        Cells(cells.top, cells.high, cells.wide, cells.tens, cells.ones, before[1], after[1]),
        min(after[0], before[0]),
    )


def _fit(planes: Planes, cells: Cells, lefts: Sequence[int], signs: Planes, labels: Sequence[tuple[int, ...]]) -> float:
    """Mean correlation of two cells with the digits that they should show."""
    total = 0.0
    for place, left in enumerate(lefts):
        patches = patches_at(planes, cells.top, left, cells.high, cells.wide)
        total += float((patches * signs[[label[place] for label in labels]]).mean())
    return total / len(lefts)


def patches_at(planes: Planes, top: int, left: int, high: int, wide: int) -> Planes:
    """Return the normalised patches of all looks at a place: looks x pixels; of zeros beyond the edge."""
    out = np.zeros((len(planes), high, wide), np.float32)
    rows, columns = slice(max(top, 0), max(top + high, 0)), slice(max(left, 0), max(left + wide, 0))
    part = planes[:, rows, columns]
    down, right = max(-top, 0), max(-left, 0)
    out[:, down : down + part.shape[1], right : right + part.shape[2]] = part
    return normalised(out.reshape(len(planes), -1))
