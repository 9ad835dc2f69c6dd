"""Makes imprints for tests that have no pictures: of a numbered scene at a numbered moment."""

from __future__ import annotations

import random

from masking.view.likeness import GRAIN_BITS, LAYOUT_BITS


def imprint(scene: int, moment: int) -> str:
    """Return the imprint of a scene at a moment, hex; all of its layout is sure."""
    layout = random.Random(scene).getrandbits(LAYOUT_BITS)
    sure, grain = (1 << LAYOUT_BITS) - 1, random.Random(f"{scene} {moment}").getrandbits(GRAIN_BITS)
    sides = ((layout, LAYOUT_BITS), (sure, LAYOUT_BITS), (grain, GRAIN_BITS))
    return b"".join(value.to_bytes(bits // 8) for value, bits in sides).hex()
