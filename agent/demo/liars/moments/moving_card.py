"""Draws a card that moves in place of a camera that a recorder has lost, and reports that it is connected.

Words wander over the card and a clock runs, so that no picture is like the one before.

Source: field reports: screen savers of recorders; "NO VIDEO" and "VIDEO LOSS" as moving text.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.scene.scene import card, jpeg
from agent.demo.world.lying import Lying
from agent.model.finding import Message

BEGUN_AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
STEP = timedelta(seconds=7)


def make() -> Telling:
    """Show the card for gate, on every live path."""
    count = 0

    def say(asked: str, body: bytes) -> bytes:
        nonlocal count
        if "/snapshot/1.jpg" not in asked:
            return body
        count += 1
        return jpeg(card("snapshot", BEGUN_AT + count * STEP))

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.camera.id != "gate" or target.recording is not None:
            return target
        return replace(target, camera=replace(target.camera, place="card"))

    return Telling(lying=Lying(says=say, aims=aim))


LIE = Lie(
    name="moving_card",
    world="onvif",
    fakes=Message("a card that moves stands for a camera"),
    makes=make,
    right={
        "camera-online camera:gate": NOT_PASS,
        "camera-online camera:court": NOT_FAIL,
    },
    looks=2,
)
