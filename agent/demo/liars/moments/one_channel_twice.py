"""Answers requests for the second channel with the first one.

Recorders of which an input was not assigned send the first one's pictures, and list both as connected.

Source: field reports; ONVIF Media Service Specification, profiles: a token is opaque.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, Allowed, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.lying import Lying
from agent.model.finding import Message

SEEN_AS_IT_IS: Allowed = ("fail",)


def make() -> Telling:
    """Send gate's pictures for court's."""

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        return replace(target, camera=GATE) if target.camera.id == "court" and target.recording is None else target

    def show(camera: DemoCamera) -> DemoCamera:
        return replace(GATE, name=camera.name) if camera.id == "court" else camera

    return Telling(lying=Lying(aims=aim, shows=show))


LIE = Lie(
    name="one_channel_twice",
    world="onvif",
    fakes=Message("the second channel sends what the first one sees"),
    makes=make,
    right={
        "same-picture site": SEEN_AS_IT_IS,
        "privacy-mask-effective camera:gate": NOT_FAIL,
    },
    looks=2,
)
