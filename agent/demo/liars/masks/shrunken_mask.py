"""Simulates a device that draws a mask at half the size that it reports.

Masks told in the grid of another resolution are drawn by that grid.

Source: ONVIF Media2, Privacy Masks: polygons are relative to the bounds of the source configuration.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Draw gate's snapshot with half of the mask."""
    assert GATE.mask is not None  # noqa: S101 - a row of our own table
    half = replace(
        GATE, mask=replace(GATE.mask, polygon=tuple((0.58 + (x - 0.58) / 2, y) for x, y in GATE.mask.polygon))
    )

    return Telling(lying=Lying(shows=lambda camera: half if camera.id == "gate" else camera))


LIE = Lie(
    name="shrunken_mask",
    world="onvif",
    fakes=Message("a mask is drawn at half its size"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
    },
)
