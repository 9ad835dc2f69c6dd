"""Shows another channel on every path of this one.

After an input failed, some recorders close the gap and every later channel moves up by one; tokens and names stay.

Source: ONVIF Media Service Specification: a profile names a source by token, a stream says nothing of its source.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import COURT
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Show court for gate, on the snapshot and live."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "gate" or target.recording is not None:
            return target
        return replace(target, camera=replace(target.camera, place=COURT.place))

    def show(camera: DemoCamera) -> DemoCamera:
        return replace(COURT, name=camera.name) if camera.id == "gate" else camera

    return Telling(lying=Lying(shows=show, aims=aim))


LIE = Lie(
    name="neighbours_picture",
    world="onvif",
    fakes=Message("the neighbour's picture comes on every path of this camera"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
        "camera-moved camera:gate": NOT_PASS,
        "privacy-mask-effective camera:court": NOT_FAIL,
    },
    looks=4,
)
