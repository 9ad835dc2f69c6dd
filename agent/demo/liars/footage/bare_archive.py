"""Records the picture of the sensor and draws the mask into live streams only.

Where masks are an overlay of the encoder of one stream, a recording of another encoder has none.

Source: ONVIF Media2 Service Specification, Privacy Masks: a mask belongs to a video source configuration.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Play the bare scene from the archive."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != "gate":
            return target
        bare = replace(target.camera, place="gate-bare")
        return replace(target, camera=bare, recording=replace(target.recording, camera=bare))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="bare_archive",
    world="onvif",
    fakes=Message("what is recorded has no mask although what is live has one"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
        "privacy-mask-effective camera:court": NOT_FAIL,
    },
)
