"""Compares imprints: whether two pictures show one moment, look alike, or show different scenes. Pure Python.

An imprint is some hundred bits of a picture (`imprint.py`), from which nothing of it can be drawn again. `layout` bits
say which of two places of a coarse grid is brighter than its surroundings, `sure` ones where that is beyond doubt.
`grain` bits say of single points whether they are brighter than their surroundings: where nothing is drawn, sensor
noise decides them.

The limits are house rules, measured by `tests/bench/moments.py`. Two pictures of one scene are alike; only equal grain
shows one moment, and only where the grain of that scene changes from moment to moment, which the caller has to see.
"""

from dataclasses import dataclass
from typing import Final, Literal

LAYOUT_BITS: Final = 1024
GRAIN_BITS: Final = 1024
IMPRINT_BYTES: Final = (2 * LAYOUT_BITS + GRAIN_BITS) // 8

SURE_LEAST: Final = 256
"""Sure bits in common from which layouts can be compared: a card, a wall, or a street in fog has fewer."""

OTHER_RATIO: Final = 0.33
"""Share of unequal sure bits from which two pictures show different scenes; unrelated ones differ in half."""

EQUAL_RATIO: Final = 0.02
"""Share of unequal grain up to which two pictures show one moment."""

MOVED_RATIO: Final = 0.05
"""Share of unequal grain from which two pictures of a scene show different moments."""

Likeness = Literal["unknown", "other", "alike", "equal"]


@dataclass(frozen=True, slots=True)
class Imprint:
    """The bits of a picture, each set as one number."""

    layout: int
    sure: int
    grain: int


def read(imprint: bytes) -> Imprint | None:
    """Return an imprint's bits; None for the empty one of a picture that shows too little.

    Raises:
        ValueError: It has another length.
    """
    if not imprint:
        return None
    if len(imprint) != IMPRINT_BYTES:
        raise ValueError(f"an imprint has {IMPRINT_BYTES} bytes, not {len(imprint)}")
    first, second = LAYOUT_BITS // 8, LAYOUT_BITS // 4
    parts = imprint[:first], imprint[first:second], imprint[second:]
    return Imprint(*(int.from_bytes(part) for part in parts))


def likeness(one: Imprint, other: Imprint) -> Likeness:
    """Compare two pictures."""
    both = one.sure & other.sure
    count = both.bit_count()
    if count < SURE_LEAST:
        return "unknown"
    if ((one.layout ^ other.layout) & both).bit_count() >= OTHER_RATIO * count:
        return "other"
    return "equal" if apart(one.grain, other.grain) <= EQUAL_RATIO else "alike"


def is_another_moment(grain: int, other: int) -> bool:
    """Tell whether the grain of one scene has changed between two pictures of it."""
    return apart(grain, other) >= MOVED_RATIO


def apart(grain: int, other: int) -> float:
    """Return the share of points (0..1) in which the grain of two pictures is unequal."""
    return (grain ^ other).bit_count() / GRAIN_BITS
