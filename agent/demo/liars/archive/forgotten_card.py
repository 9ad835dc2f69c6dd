"""Records a second archive in the camera, from before the mask was drawn.

A card in the camera goes on recording after the gateway's store took over, and nobody looks at it any more.

Source: ONVIF Recording Search Service Specification: a camera with storage of its own answers as a recorder does.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import DEN, PORCH, PORCHCAM
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Offer recordings in the camera, and play the bare scene from them."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != PORCH.id:
            return target
        bare = replace(target.camera, place="gate-bare")
        return replace(target, camera=bare, recording=replace(target.recording, camera=bare))

    return Telling(lying=Lying(aims=aim), rows=(replace(PORCHCAM, recorder=True),))


LIE = Lie(
    name="forgotten_card",
    world="store",
    fakes=Message("the store is judged, and a forgotten card in the camera keeps what is bare"),
    makes=make,
    right={
        f"privacy-mask-effective camera:{PORCH.id}": NOT_PASS,
        f"privacy-mask-effective camera:{DEN.id}": NOT_FAIL,
    },
)
