"""Simulates a device that has every region on and the switch above them off.

Source: `privacyMask/enabled` and `PrivacyMaskRegion/enabled` are two fields; off above draws nothing.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Switch the masks of all cameras off above."""
    switch = r"(<PrivacyMask [^>]*>)<enabled>true<"
    return says(changed("video/privacymask", switch, r"\g<1><enabled>false<"))


LIE = Lie(
    name="switched_off_above",
    world="hikvision",
    fakes=Message("a region is on while the masks of the camera are off"),
    makes=make,
    right={
        "privacy-mask-present camera:library": NOT_PASS,
        "privacy-mask-present camera:gym": NOT_PASS,
    },
)
