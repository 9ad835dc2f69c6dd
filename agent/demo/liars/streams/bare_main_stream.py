"""Draws the mask into the snapshot and the sub-stream only.

Source: field reports of masks that belong to one encoder; ONVIF Media2, Privacy Masks, says "all".
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Stream gate's bare scene on the main stream."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "gate" or target.path != "main":
            return target
        return replace(target, camera=replace(target.camera, place="gate-bare"))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="bare_main_stream",
    world="onvif",
    fakes=Message("the main stream has no mask, the small pictures have one"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
        "privacy-mask-effective camera:court": NOT_FAIL,
    },
)
