"""Simulates a camera that stores the picture of an event before it draws the mask, and names its address.

Source: ONVIF metadatastream.xsd, Frame: SceneImageRef.
"""

from agent.demo.liars.lie import Lie, Telling
from agent.demo.liars.masks.bare_scene_in_metadata import bare, frame
from agent.demo.liars.masks.person_in_metadata import TRACK
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import CAMERAS
from agent.demo.world.lying import Lying
from agent.model.finding import Message

EVENT = "event=7"


def make() -> Telling:
    """Name the picture of the last event in every stream's metadata, and answer with what is behind the mask."""
    asked_times = 0

    def say(asked: str, body: bytes) -> bytes:
        nonlocal asked_times
        if EVENT not in asked:
            return body
        asked_times += 1
        return bare(next(one for one in CAMERAS if one.id == "gate"), asked_times)

    def name(target: Target) -> tuple[bytes, ...]:
        address = f"/snapshot/{target.camera.channel}.jpg?{EVENT}"
        return (frame(f"<tt:SceneImageRef>{address}</tt:SceneImageRef>"),) if target.camera.id == "gate" else ()

    return Telling(lying=Lying(says=say, sdp=lambda text: text + TRACK, tells=name))


LIE = Lie(
    name="bare_event_picture",
    world="onvif",
    fakes=Message("the streams are masked, and the picture of an event is not"),
    makes=make,
    right={"privacy-mask-effective camera:gate": ("fail",)},
    looks=3,
)
