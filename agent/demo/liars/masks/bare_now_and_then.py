"""Simulates a device whose mask is missing in every fifth snapshot.

A box that is short of memory drops the mask now and then; four pictures in a row prove that it is there, and nothing
about the next.

Source: field reports; looks at one moment each.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.lying import Lying
from agent.model.finding import Message

EACH = 5
LOOKS = 12
"""So many looks see the mask missing three times, and hidden four times after each."""


def make() -> Telling:
    """Draw every fifth snapshot of gate bare, the first among them."""
    bare, asked_for = replace(GATE, mask=None), [0]

    def show(camera: DemoCamera) -> DemoCamera:
        asked_for[0] += camera.id == "gate"
        return bare if camera.id == "gate" and asked_for[0] % EACH == 1 else camera

    return Telling(lying=Lying(shows=show))


LIE = Lie(
    name="bare_now_and_then",
    world="onvif",
    fakes=Message("every fifth picture is bare"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
    },
    looks=LOOKS,
)
