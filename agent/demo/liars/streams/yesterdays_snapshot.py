"""Sends one cached snapshot for ever while its streams are dead.

Snapshot services answer from a cache that nothing empties when the sensor stops.

Source: ONVIF Media Service Specification, GetSnapshotUri: nothing says how old a snapshot may be.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Remember the first snapshot of gate; answer no stream of it."""
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if not asked.startswith("/snapshot/1.jpg"):
            return body
        kept.append(body)
        return kept[0]

    def aim(target: Target, view: DeviceView) -> Target | None:
        return None if target.camera.id == "gate" and target.recording is None else target

    return Telling(lying=Lying(says=say, aims=aim))


LIE = Lie(
    name="yesterdays_snapshot",
    world="onvif",
    fakes=Message("the first snapshot is sent for ever, and nothing is streamed"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
        "camera-online camera:gate": NOT_PASS,
        "camera-online camera:court": NOT_FAIL,
    },
    looks=3,
)
