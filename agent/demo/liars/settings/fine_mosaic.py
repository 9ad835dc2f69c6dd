"""Simulates a device that hides a zone behind a mosaic whose blocks are so small that everything is still seen.

Source: ONVIF Media2, Privacy Masks: `Pixelated` has no size of a block.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.lying import Lying
from agent.model.finding import Message

BLOCK_PX = 3


def make() -> Telling:
    """Draw gate's snapshot with the smallest blocks."""
    assert GATE.mask is not None  # noqa: S101 - a row of our own table
    fine = replace(GATE, mask=replace(GATE.mask, effect="Pixelated", block_px=BLOCK_PX))
    return Telling(lying=Lying(shows=lambda camera: fine if camera.id == "gate" else camera))


LIE = Lie(
    name="fine_mosaic",
    world="onvif",
    fakes=Message("a mosaic is so fine that everything is still seen"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
    },
)
