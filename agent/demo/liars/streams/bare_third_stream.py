"""Lists a third stream of a camera, and encodes it before the mask is drawn.

Streams 103 and above are switched on page by page, and some firmware draws the mask into the first two alone.

Source: field reports of `Streaming/channels`: 101, 102, 103.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.streams import third_stream
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.model.finding import Message


def make() -> Telling:
    """Stream the bare picture on stream 103, and on no other."""
    listed = third_stream.make()
    return replace(listed, lying=replace(listed.lying, aims=_bare))


def _bare(target: Target, view: DeviceView) -> Target | None:
    del view
    return target if target.path != "stream-3" else replace(target, camera=replace(target.camera, place="gate-bare"))


LIE = Lie(
    name="bare_third_stream",
    world="hikvision",
    fakes=Message("only a third stream shows what must be hidden"),
    makes=make,
    right={
        "privacy-mask-effective camera:library": NOT_PASS,
        "privacy-mask-effective camera:gym": NOT_FAIL,
    },
)
