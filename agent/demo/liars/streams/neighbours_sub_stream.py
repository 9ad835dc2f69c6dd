"""Simulates a device that streams another channel on the sub-stream alone.

Sub-streams of an input proxy are joined by a number of their own (102, 202), which a firmware update shifted.

Source: field reports, `Streaming/channels` numbering.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GYM
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Stream gym on library's sub-stream."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "library" or target.path != "sub":
            return target
        return replace(target, camera=replace(target.camera, place=GYM.place))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="neighbours_sub_stream",
    world="hikvision",
    fakes=Message("only the small stream is another camera's"),
    makes=make,
    right={
        "privacy-mask-effective camera:library": NOT_PASS,
        "privacy-mask-effective camera:gym": NOT_FAIL,
    },
    looks=2,
)
