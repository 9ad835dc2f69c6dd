"""Draws a mask that lets some of the scene through, on the snapshot alone.

Source: reports of firmware with a transparency of overlays; no field of ONVIF tells it.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Draw gate's snapshot with a mask of glass."""
    assert GATE.mask is not None  # noqa: S101 - a row of our own table
    glass = replace(GATE, mask=replace(GATE.mask, opacity_ratio=0.8))

    return Telling(lying=Lying(shows=lambda camera: glass if camera.id == "gate" else camera))


LIE = Lie(
    name="glass_mask",
    world="onvif",
    fakes=Message("a mask lets a tenth of the scene through on one path"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
    },
)
