"""Lists its masks with the rows counted from the top.

The origin of regions is the lower left corner; firmware of another line counts from the upper left.

Source: field reports of `privacyMask` (positionY), two clients that differ.
"""

import re

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Turn every row of a region around."""

    def turned(found: re.Match[str]) -> str:
        return f"<positionY>{576 - int(found[1])}<"

    return says(changed("privacymask", r"<positionY>(\d+)<", turned))


LIE = Lie(
    name="upside_down_mask",
    world="hikvision",
    fakes=Message("a mask is listed upside down"),
    makes=make,
    right={
        "privacy-mask-geometry camera:library": NOT_PASS,
    },
)
