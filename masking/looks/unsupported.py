"""Classifies FAILs of a mosaic or blur that no sign of the scene supports, once several looks are there.

A forest's odds are low for whatever it has not learned: a name over a blur, a codec's smear along a border. Where the
scene is bare it moves, with the sensor's noise, as its surroundings do; where nothing moves the zone is left open.
Nothing passes by that.
"""

from collections.abc import Sequence
from typing import Final

from masking.looks.evidence import Change
from masking.looks.evidence_format import Single
from masking.model import Verdict
from masking.zones.opinions import EVIDENT_LEAK

WHOLE_INSIDE: Final = -1.5
WHOLE_STRIP: Final = -0.2
"""Logarithms: where so little changes, no strip along the border is bare, whatever a codec smears over it."""

BESIDE_INSIDE: Final = -0.7
BESIDE_DULL: Final = -0.25
BESIDE_LEAK: Final = 0.5
"""Logarithms: where so little changes beside what the camera writes, no scene is seen there, whatever low odds say; the
second, where less than this share of the zone has the scene's detail. Bare zones with a name in them change as much as
their surroundings, and nearly all of them have detail.
"""


def unsupported(
    single: Verdict, looks: Sequence[Single], change: Change | None, *, is_told: bool
) -> tuple[str, str] | None:
    """Return a reason and a sentence why a mosaic or blur that fails is left open; None where it does fail.

    `looks`: all of them, the present one last; `is_told`: something is told to be written over the zone.
    """
    leak = dict(single.numbers).get("leak_ratio", 1.0)
    if single.reason == "partly-covered" and leak < EVIDENT_LEAK and _is_smeared(looks, change):
        return "not-clean", _SMEARED
    if is_told and change is not None and change.inside <= (BESIDE_DULL if leak < BESIDE_LEAK else BESIDE_INSIDE):
        return "overlay", _BESIDE
    return None


def _is_smeared(looks: Sequence[Single], change: Change | None) -> bool:
    """Whether detail that goes on along the border alone is the codec's: most looks lack it, or nothing moves there."""
    is_still = change is not None and change.inside <= WHOLE_INSIDE and change.strip <= WHOLE_STRIP
    return is_still or 2 * sum(one.decision == "FAIL" for one in looks) <= len(looks)


_SMEARED: Final = "Detail goes on over the zone's border in some looks, but nothing of the scene is seen inside."
_BESIDE: Final = "What the camera writes over the zone leaves open whether it is hidden, but nothing moves beside it."
