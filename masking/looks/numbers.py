"""Names the numbers of several looks at a mosaic, for the forest that joins them (`zones/forest.json`)."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from masking.looks.evidence import Change
from masking.model import Effect

OWN: Final[Mapping[Effect, tuple[str, ...]]] = {
    "pixelated": (
        "block_px", "line_contrast", "line_step", "filled_ratio", "leak_ratio", "bare_strip_ratio", "bare_stretch",
        "hidden_border_ratio", "textured_border_ratio",
    ),
}  # fmt: skip
"""What the present look's judge measured (`masking/zones/opinions.py`) and the forest of looks asks for."""

_MOST_ODDS: Final = 8.0


def joined_numbers(effect: Effect, own: Mapping[str, float], odds: Sequence[float], change: Change) -> dict[str, float]:
    """Return the numbers of looks at one zone.

    Args:
        effect: One that OWN names.
        own: What the judge measured in the present look.
        odds: Log odds of each look that this judge spoke of, oldest first, the present one last.
        change: How much changes between the looks.
    """
    bounded = [min(max(one, -_MOST_ODDS), _MOST_ODDS) for one in odds]
    return {
        "odds": bounded[-1],
        "odds_middle": median(bounded),
        "odds_least": min(bounded),
        "odds_most": max(bounded),
        "looks": float(len(bounded)),
        "change_inside": change.inside,
        "change_cell": change.cell,
        "change_strip": change.strip,
        "change_around": change.around,
        "change_least_around": change.least_around,
        **{name: own[name] for name in OWN[effect]},
    }


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, bounded."""
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
