"""Detects a blur that ends inside its zone's border nowhere, by looks that each have texture along every side.

What keeps a blur open is as a rule its border, over which a codec carries detail of the scene. Beside texture a strip
that is left bare shows in every look, so that each gives low odds; and neither a weak blur nor a bare part is still.
"""

from collections.abc import Sequence
from statistics import median
from typing import Final

from masking.looks.evidence import Change
from masking.looks.evidence_format import Single
from masking.model import Verdict
from masking.zones.opinions import BLUR_LEAST_SIGMA

LEAST_LOOKS: Final = 3
MIDDLE_FROM: Final = 0.6
LEAST_FROM: Final = 0.2
"""Probability in the middle look, and in the least sure one."""

STILL_INSIDE: Final = -1.0
SEEN_AROUND: Final = 0.7
"""Logarithms (`evidence.Change`): so little must change inside, and so much along the quietest quarter around.

A pane of frosted glass keeps the sensor's noise: of 90 panes and surfaces on training places the only one whose odds
would have passed came to -0.7.
"""


def is_blur(single: Verdict, looks: Sequence[Single], change: Change | None) -> bool:
    """Tell whether looks, none of which is sure alone, show a blur that reaches its zone's border on every side.

    `single`: the verdict on the present look alone; `looks`: all of them.
    """
    if change is None or len(looks) < LEAST_LOOKS or any(not one.tells or one.is_poor for one in looks):
        return False
    odds = [one.probability for one in looks if one.judge == "blurred" and one.probability is not None]
    is_likely = len(odds) == len(looks) and median(odds) >= MIDDLE_FROM and min(odds) >= LEAST_FROM
    is_strong = dict(single.numbers).get("sigma_px", 0.0) >= BLUR_LEAST_SIGMA
    return is_likely and is_strong and change.inside < STILL_INSIDE and change.least_around > SEEN_AROUND
