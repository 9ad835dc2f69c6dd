"""Simulates a device that plays the recording of another channel under this channel's token.

Tokens are opaque, and a recorder that was set up anew hands old ones to other channels.

Source: ONVIF Replay Control Service Specification, GetReplayUri; ONVIF Core, tokens.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Play court's footage for gate's, at the times that were asked for."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != "gate":
            return target
        court = next(one for one in view.cameras if one.id == "court")
        return replace(target, camera=court, recording=replace(target.recording, camera=court))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="neighbours_recording",
    world="onvif",
    fakes=Message("the neighbour's recording is played for this camera"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
        "privacy-mask-effective camera:gate": NOT_PASS,
        "retention-days camera:court": NOT_FAIL,
    },
)
