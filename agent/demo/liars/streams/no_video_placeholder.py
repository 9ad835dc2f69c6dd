"""Simulates a device that sends a grey picture in place of a camera that it has lost, and reports to be connected.

Recorders draw a "no video" picture of one colour: every private area in it is hidden.

Source: field reports; `getCameraState` says Connected until the session times out.
"""

from dataclasses import replace

import numpy as np

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.scene.scene import jpeg
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Send grey snapshots of pool, and streams in which nothing is seen."""

    def say(asked: str, body: bytes) -> bytes:
        if not asked.startswith("/cgi-bin/snapshot.cgi?channel=1"):
            return body
        return jpeg(np.full((360, 640, 3), 128, np.uint8))

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "pool" or target.recording is not None:
            return target
        return replace(target, camera=replace(target.camera, place="dark"))

    return Telling(lying=Lying(says=say, aims=aim))


LIE = Lie(
    name="no_video_placeholder",
    world="dahua",
    fakes=Message("a grey placeholder passes for a hidden area"),
    makes=make,
    right={
        "camera-online camera:pool": NOT_PASS,
        "privacy-mask-effective camera:pool": NOT_PASS,
        "video-quality camera:pool": NOT_PASS,
        "privacy-mask-effective camera:shed": NOT_FAIL,
    },
    looks=3,
)
