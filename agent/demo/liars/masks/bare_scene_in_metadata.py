"""Simulates a camera whose streams are masked, and whose metadata brings the whole scene without the mask.

Source: ONVIF metadatastream.xsd, Frame: SceneImage.
"""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from agent.demo.liars.lie import Lie, Telling
from agent.demo.liars.masks.person_in_metadata import TRACK
from agent.demo.rtsp.target import Target
from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.lying import Lying
from agent.model.finding import Message

BEGUN_AT: Final = datetime(2026, 11, 10, 8, 30, tzinfo=UTC)


def bare(camera: DemoCamera, second: int) -> bytes:
    """Return a picture of what a camera sees at a second of the day that the gallery begins in, without its mask."""
    return jpeg(picture(replace(camera, mask=None), "snapshot", BEGUN_AT.replace(second=second)))


def frame(inner: str) -> bytes:
    """Return a document with one frame."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">'
        f'<tt:VideoAnalytics><tt:Frame UtcTime="2026-11-10T08:30:00Z">{inner}</tt:Frame></tt:VideoAnalytics>'
        "</tt:MetadataStream>"
    ).encode()


def scene(data: bytes) -> bytes:
    """Return a document with a picture of the whole scene."""
    return frame(f"<tt:SceneImage>{base64.b64encode(data).decode()}</tt:SceneImage>")


def make() -> Telling:
    """Offer metadata in every description of a stream, and bring the scene behind the mask as it is by then."""
    times = 0

    def tell(target: Target) -> tuple[bytes, ...]:
        nonlocal times
        times += 1
        return () if target.camera.mask is None else (scene(bare(target.camera, times % 60)),)

    return Telling(lying=Lying(sdp=lambda text: text + TRACK, tells=tell))


LIE = Lie(
    name="bare_scene_in_metadata",
    world="onvif",
    fakes=Message("the streams are masked, and the metadata brings the scene without the mask"),
    makes=make,
    right={"privacy-mask-effective camera:gate": ("fail",)},
    looks=3,
)
