"""Simulates a device that has a region that is on and has no area.

Source: field reports: regions that were never drawn are listed with all corners at 0, and are on.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Put every corner at 0."""
    return says(changed("privacymask", r"<position([XY])>\d+<", r"<position\1>0<"))


LIE = Lie(
    name="mask_without_area",
    world="hikvision",
    fakes=Message("a mask is on and covers nothing"),
    makes=make,
    right={
        "privacy-mask-present camera:library": NOT_PASS,
        "privacy-mask-geometry camera:library": NOT_PASS,
    },
)
