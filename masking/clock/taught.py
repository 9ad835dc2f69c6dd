"""Builds templates from looks, in one drawing or two, and reads each look with those of the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from masking.clock import read
from masking.clock.digits import HALF_DAY_S, Hours, digits_of, second_of
from masking.clock.glyphs import Array, Template, correlation, likeness, normalised, template

LEAST_SEEN: Final = 3
LEAST_TAUGHT: Final = 2
FOLDS: Final = 5
ACCEPTED_RATIO: Final = 0.6
DRAWINGS: Final = 2
GAIN: Final = 0.03
"""Mean correlation that a second drawing must win to be one."""
OFFSETS_S: Final = range(-2, 3)
_ROUNDS: Final = 6
_CLEARLY: Final = 0.9


@dataclass(frozen=True, slots=True)
class Taught:
    """Patches of all looks (looks x cells x pixels), what digit each shows, and in which drawing (both looks x cells).

    `colons`: patches of the two gaps, looks x pixels.
    """

    patches: Array
    digits: npt.NDArray[np.int64]
    drawings: npt.NDArray[np.int64]
    colons: tuple[Array, Array]


def least_seen(taught: Taught) -> int:
    """Return how often the digit and drawing that came least was seen."""
    return int(np.bincount(_kinds(taught).ravel(), minlength=10 * _count(taught)).min())


def in_drawings(taught: Taught) -> Iterator[Taught]:
    """Yield the patches in two drawings, if there are two, and in one.

    A text with an outline is bright on dark, and on a bright ground all that shows is its dark outline; one that flips
    is white or black.
    """
    one = _signs(taught.patches, taught.digits)
    before = (taught.patches * one[taught.digits]).mean(-1)
    drawings = np.asarray(before < np.quantile(before, 0.35), np.int64)
    after = before
    for _ in range(_ROUNDS):
        fits = np.stack(
            [
                (taught.patches * _signs(taught.patches, taught.digits, drawings == drawing)[taught.digits]).mean(-1)
                for drawing in range(DRAWINGS)
            ]
        )
        drawings, after = np.asarray(fits.argmax(0), np.int64), fits.max(0)
    two = replace(taught, drawings=drawings)
    if drawings.any() and least_seen(two) >= LEAST_TAUGHT and float((after - before).mean()) >= GAIN:
        yield two
    yield taught


def _signs(patches: Array, digits: npt.NDArray[np.int64], used: npt.NDArray[np.bool_] | None = None) -> Array:
    """The mean of each digit's patches, 10 x pixels, zeros where none was used."""
    signs = np.zeros((10, patches.shape[-1]), np.float32)
    for digit in range(10):
        shown = patches[(digits == digit) if used is None else (digits == digit) & used]
        if len(shown):
            signs[digit] = shown.mean(0)
    return normalised(100 * signs)


def _count(taught: Taught) -> int:
    return int(taught.drawings.max()) + 1


def _kinds(taught: Taught) -> npt.NDArray[np.int64]:
    return np.asarray(taught.digits + 10 * taught.drawings, np.int64)


def templates(
    taught: Taught, used: npt.NDArray[np.bool_] | None = None
) -> tuple[tuple[Template, ...], tuple[Template, ...]]:
    """Return the templates of the digits, drawing by drawing, and of the two colons; of the looks used, or of all."""
    chosen = np.ones(len(taught.digits), bool) if used is None else used
    patches, kinds = taught.patches[chosen], _kinds(taught)[chosen]
    every = range(10 * _count(taught))
    spread = np.zeros(patches.shape[-1], np.float32)
    for kind in every:
        of_kind = patches[kinds == kind]
        if len(of_kind):
            spread += ((of_kind - np.median(of_kind, 0)) ** 2).sum(0)
    pooled = np.asarray(spread / kinds.size, np.float32)
    shown = [patches[kinds == kind] for kind in every]
    # A digit that this part of the looks shows in one drawing only: the other one stands in.
    digits = tuple(
        template(ones if len(ones) else patches[kinds % 10 == kind % 10], pooled) for kind, ones in enumerate(shown)
    )
    return digits, tuple(template(one[chosen]) for one in taught.colons)


def hours_of(taught: Taught, known: Sequence[float]) -> Hours:
    """Tell whether looks in which 12 and 24 hours differ show the one or the other."""
    digits, _ = templates(taught)
    votes = []
    for look, at in enumerate(known):
        near = _near_second(at, taught.digits[look])
        day, half = digits_of(near, False)[:2], digits_of(near, True)[:2]
        if day != half:
            fits = likeness(taught.patches[look, :2], digits)
            votes.append(sum(fits[cell, day[cell]] - fits[cell, half[cell]] for cell in (0, 1)) > 0)
    share = sum(votes) / max(len(votes), 1)
    if len(votes) < LEAST_SEEN or 1 - _CLEARLY < share < _CLEARLY:
        return "undecided"
    return "24" if share >= _CLEARLY else "12"


def _near_second(known_s: float, digits: npt.NDArray[np.int64]) -> int:
    """The second within the offsets whose last digits were settled on."""
    seconds = [int(known_s // 1) + offset for offset in OFFSETS_S]
    return next((at for at in seconds if digits_of(at, False)[2:] == tuple(digits[2:])), seconds[2])


def read_each_other(taught: Taught, hours: Hours) -> float | None:
    """Read each look with what the others taught; None where too few are read, or one is read wrongly.

    Returns the correlation that few cells of this clock fell below.
    """
    count = len(taught.digits)
    weakest = []
    for fold in range(FOLDS):
        used = np.arange(count) % FOLDS != fold
        if int(np.bincount(taught.digits[used].ravel(), minlength=10).min()) < LEAST_TAUGHT:
            return None
        digits, colons = templates(taught, used)
        for look in np.flatnonzero(~used):
            fits = likeness(taught.patches[look], digits)
            dots = [float(correlation(taught.colons[at][look][None], (colons[at],))[0, 0]) for at in (0, 1)]
            said = read.accept(fits, dots, hours, 0.0)
            if said is None:
                continue
            shown, told = second_of(tuple(int(one) for one in taught.digits[look]), "24"), second_of(said, "24")
            if shown is None or told is None or (told - shown + 2) % HALF_DAY_S > 4:
                return None
            weakest.append(float(fits.max(1).min()))
    if len(weakest) < ACCEPTED_RATIO * count:
        return None
    return float(np.quantile(weakest, 0.05))
