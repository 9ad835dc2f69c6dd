"""Holds the learned drawing of one clock: ten digits, a colon in each gap, and their places.

A patch is compared by weighted normalised correlation: a pixel in which a digit's pictures differed among themselves
(what lies behind it, the codec) counts for less.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from masking.clock.digits import Hours
from masking.clock.orders import DatePlace

Array = npt.NDArray[np.float32]
SHRINK_LOOKS: Final = 6.0
"""So many looks' worth of the mean variance of all digits goes into a digit's own."""
_FLOOR: Final = 0.15


@dataclass(frozen=True, slots=True)
class Template:
    """Mean of patches of zero mean and unit deviation, and the weight of each pixel; both flat, of one size."""

    mean: Array = field(repr=False)
    weight: Array = field(repr=False)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the cells stand, in px of the enlarged strip: `lefts` of the six cells, `colons` of the two gaps.

    `scale`: the strip is enlarged so many times. `unsigned`: the amount of the feature counts, for a clock that turns
    from white to black. `top`, `high`, `wide`, `colon_wide`: of cells and gaps.
    """

    scale: int
    unsigned: bool
    top: int
    high: int
    wide: int
    colon_wide: int
    lefts: tuple[int, ...]
    colons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A learned clock of pictures of `width_px` x `height_px`.

    `digits`: ten templates, or twice ten: a text with an outline looks otherwise on a bright ground than on a dark one.

    `hours`: whether it counts 24 or 12 hours, or no look decided it. `least`: the correlation below which nothing of
    this clock lay in its own looks. `date`: None where none was found beside the time.
    """

    width_px: int
    height_px: int
    layout: Layout
    digits: tuple[Template, ...]
    colons: tuple[Template, ...]
    hours: Hours
    least: float
    date: DatePlace | None = None


def normalised(patches: Array) -> Array:
    """Return patches (any x pixels) with zero mean and unit deviation; even ones become zero."""
    centred = patches - patches.mean(-1, keepdims=True)
    return np.asarray(centred / np.maximum(centred.std(-1, keepdims=True), 1.0), np.float32)


def likeness(patches: Array, digits: tuple[Template, ...]) -> Array:
    """Return how well patches (n x pixels) fit each of ten digits, -1..1: the better of its drawings counts."""
    return np.asarray(correlation(patches, digits).reshape(len(patches), -1, 10).max(1), np.float32)


def template(patches: Array, pooled: Array | None = None) -> Template:
    """Return the template of one sign from its normalised patches (n x pixels); `pooled`: variance over all signs."""
    mean = np.median(patches, 0) if len(patches) > 4 else patches.mean(0)
    spread = ((patches - mean) ** 2).sum(0)
    if pooled is not None:
        spread = (spread + SHRINK_LOOKS * pooled) / (len(patches) + SHRINK_LOOKS)
    else:
        spread = spread / len(patches)
    return Template(np.asarray(mean, np.float32), np.asarray(1 / (spread + _FLOOR), np.float32))


def correlation(patches: Array, templates: tuple[Template, ...]) -> Array:
    """Return weighted normalised correlations -1..1 (patches x templates) of flat patches (n x pixels)."""
    weight = np.stack([one.weight / one.weight.sum() for one in templates], 1)
    mean = np.stack([one.mean for one in templates], 1)
    mean = mean - (weight * mean).sum(0)
    power = (weight * mean**2).sum(0)
    along = patches @ (weight * mean)
    level = patches @ weight
    spread = np.maximum((patches**2) @ weight - level**2, 1.0)
    return np.asarray(along / np.sqrt(spread * np.maximum(power, 1e-6)), np.float32)
