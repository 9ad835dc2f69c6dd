"""Lists an enabled mask that no picture shows.

After a restart the encoder runs without the overlay until somebody saves the page of masks again.

Source: field reports; ONVIF Media2, GetMasks: Enabled is a setting.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Show gate's bare scene everywhere."""

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.camera.id != "gate":
            return target
        return replace(target, camera=replace(target.camera, place="gate-bare"))

    def show(camera: DemoCamera) -> DemoCamera:
        return replace(camera, mask=None) if camera.id == "gate" else camera

    return Telling(lying=Lying(aims=aim, shows=show))


LIE = Lie(
    name="mask_only_on_paper",
    world="onvif",
    fakes=Message("a mask is listed as on, and no picture has it"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
        "privacy-mask-geometry camera:gate": NOT_PASS,
        "privacy-mask-effective camera:court": NOT_FAIL,
    },
)
