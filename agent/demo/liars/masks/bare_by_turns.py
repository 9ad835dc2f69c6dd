"""Simulates a device that forgets its mask on every second snapshot.

Firmware that starts its masks anew when day turns to night sends some pictures without.

Source: field reports; one picture proves one moment.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Draw every second snapshot of gate bare."""
    bare, asked_for = replace(GATE, mask=None), [0]

    def show(camera: DemoCamera) -> DemoCamera:
        asked_for[0] += camera.id == "gate"
        return bare if camera.id == "gate" and asked_for[0] % 2 else camera

    return Telling(lying=Lying(shows=show))


LIE = Lie(
    name="bare_by_turns",
    world="onvif",
    fakes=Message("every second picture is bare"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
    },
)
