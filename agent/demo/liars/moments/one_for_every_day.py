"""Simulates a recorder that plays the beginning of its footage, whatever moment of it is requested.

It reads no range in a request to play, and no time in an address. The same moment shows the same picture each time.

Source: field reports.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.clips import recorded
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Play library's first footage for all of it."""

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.recording is None or target.camera.id != "library":
            return target
        return replace(target, plays=recorded("library", target.recording.span.start_at))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="one_for_every_day",
    world="hikvision",
    fakes=Message("the beginning of the footage is played for every moment of it"),
    makes=make,
    right={
        "retention-days camera:library": NOT_PASS,
        "privacy-mask-effective camera:library": NOT_PASS,
        "retention-days camera:gym": NOT_FAIL,
    },
    looks=3,
)
