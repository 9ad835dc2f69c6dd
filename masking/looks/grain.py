"""Detects where the sensor's noise ends at a zone, over several looks. For the worker's child only.

A camera draws its masks after its sensor has made noise, so that a mosaic or a blur takes the fine noise away with the
scene's detail. On a place without any texture that is all there is to see. A codec takes noise away, too, from what is
plain beside what is not; so it counts only where the surroundings are as plain as that themselves, and noise is seen in
them all along the border, and where the zone is neither much darker nor cut off: there is less noise in the dark.

That some effect is drawn is all that this proves: whether it is strong enough, each look must say by its odds.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from masking.looks.evidence import PARTS, QUARTERS, Change, Counts, Look

LEAST_LOOKS: Final = 3

NONE_INSIDE: Final = -0.6
NONE_CELL: Final = 0.0
NONE_STRIP: Final = -0.3
SEEN_AROUND: Final = 0.7
"""Logarithms (`evidence.Change`): so little must change in all of the zone, in its cells and along the worst quarter of
the border, and so much around everywhere."""

PLAIN_AROUND: Final = 0.7
"""Detail that stays from look to look, over that which changes, up to which a quarter of the surroundings is plain."""

LEAST_BRIGHTNESS: Final = 0.5
"""Of the zone over that of its surroundings."""

CLIPPED: Final = (12.0, 225.0)
KNOWN_LEAST: Final = 0.9
"""Levels outside of which noise may be cut off, and the share of the zone's cells that must lie between them."""

_INSIDE, _, _OUTER = PARTS
_LEAST_PIXELS: Final = (20, 15)
_FLOOR: Final = 0.02


def ends(counts: Counts, looks: Sequence[Look], change: Change | None) -> bool:
    """Tell whether the sensor's noise is seen all around a zone, on plain ground, and nowhere in it.

    `counts`: pixels of each cell (`evidence.counts_of`); `change`: between these looks.
    """
    if change is None or len(looks) < LEAST_LOOKS:
        return False
    is_still = change.inside <= NONE_INSIDE and change.cell <= NONE_CELL and change.strip <= NONE_STRIP
    return is_still and change.least_around >= SEEN_AROUND and _is_lit(counts, looks) and _is_plain(counts, looks)


def _is_plain(counts: Counts, looks: Sequence[Look]) -> bool:
    """Whether no quarter of the surroundings has more detail that stays than detail that changes."""
    detail = np.stack([look.change[_OUTER] for look in looks])
    enough = counts[_OUTER] >= _LEAST_PIXELS[1]
    changing = detail.var(0, ddof=1).mean(1)
    # The mean of looks still has its share of what changes.
    staying = (detail.mean(0) ** 2).mean(1) - changing / len(looks)
    seen = enough[QUARTERS]
    stays, changes = ((part[QUARTERS] * seen).sum(1) / np.maximum(seen.sum(1), 1) for part in (staying, changing))
    return bool(((stays + _FLOOR) / (changes + _FLOOR) <= PLAIN_AROUND)[seen.any(1)].all())


def _is_lit(counts: Counts, looks: Sequence[Look]) -> bool:
    """Whether a zone is bright enough for noise to be seen in it."""
    levels = np.stack([look.level for look in looks])
    inside, around = (
        levels[:, part][:, counts[part] >= least] for part, least in zip((_INSIDE, _OUTER), _LEAST_PIXELS, strict=True)
    )
    if not inside.size or not around.size:
        return False
    known = (inside.min(0) >= CLIPPED[0]) & (inside.max(0) <= CLIPPED[1])
    return bool(known.mean() >= KNOWN_LEAST and (inside.mean(1) >= LEAST_BRIGHTNESS * around.mean(1)).all())
