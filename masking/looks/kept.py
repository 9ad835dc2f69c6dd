"""Selects the looks at a zone that are held for the ones after them. Pure Python: the daemon holds them.

What is drawn is told from a scene by a change of light (`lit.py`), and the newest looks all have one light: a night of
them proves nothing. So two of those kept are the darkest and the brightest of the day. For a mosaic or a blur the
newest are kept: they are of the scene, and change with its light as the surroundings do.
"""

import struct
from collections.abc import Sequence
from statistics import median
from typing import Final

from masking.looks.evidence_format import BORDER_STRETCHES, MOST_LOOKS, NoEvidence, unpack

MOST_KEPT: Final = MOST_LOOKS - 1
"""So many earlier looks are judged together with the present one."""

NEWEST: Final = 3
"""So many of them are the newest, whatever their light: what a zone shows now needs looks of now."""

_FOLLOWS_LIGHT: Final = ("pixelated", "blurred")
_STRETCHES: Final = struct.Struct(f">{BORDER_STRETCHES}H")


def chosen(looks: Sequence[bytes]) -> tuple[int, ...]:
    """Return the places of the looks to keep among these, which are sorted from the oldest on."""
    numbers = tuple(range(len(looks)))
    if len(numbers) <= MOST_KEPT or _light(looks[-1]) is None:
        return numbers[-MOST_KEPT:]
    lights = {number: light for number in numbers[:-NEWEST] if (light := _light(looks[number])) is not None}
    if len(lights) < MOST_KEPT - NEWEST:
        return numbers[-MOST_KEPT:]
    by_light = sorted(lights, key=lambda number: (lights[number], -number))
    darkest = by_light[0]
    # Of equal light the later one; the darkest is not the brightest, too.
    brightest = max(by_light[1:], key=lambda number: (lights[number], number))
    return (*sorted((darkest, brightest)), *numbers[-NEWEST:])


def _light(look: bytes) -> float | None:
    """How bright it was around the zone; None where that is not known, or does not count."""
    try:
        single, _, _, level = unpack(look)
    except NoEvidence:
        return None
    seen = [one for one in _STRETCHES.unpack(level[-_STRETCHES.size :]) if one]
    return median(seen) if seen and single.judge not in _FOLLOWS_LIGHT else None
