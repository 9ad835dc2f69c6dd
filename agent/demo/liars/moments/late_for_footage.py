"""Simulates a recorder that plays what was live a while ago, another moment each time, for whatever is requested.

What comes over a replay address is buffered: it is seconds behind the live stream, and equal to no picture of it.

Source: field reports; ISAPI playback names the moment in its URL, and no picture says when it was taken.
"""

from dataclasses import replace
from itertools import count

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.clips import load
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message

CLIPS = ("library-playback.h264", "library-late.h264")
"""By turns: no live stream of it ever shows a picture of these."""
FINDS_EACH = 2
"""A stream is looked up when it is described, and when it is set up."""


def make() -> Telling:
    """Play library's camera of a while ago for its footage, each time it is played another moment."""
    found = count()

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.recording is None or target.camera.id != "library":
            return target
        return replace(target, plays=load(CLIPS[next(found) // FINDS_EACH % len(CLIPS)]))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="late_for_footage",
    world="hikvision",
    fakes=Message("what was live a while ago is played for every day of footage"),
    makes=make,
    right={
        "retention-days camera:library": NOT_PASS,
        "privacy-mask-effective camera:library": NOT_PASS,
        "retention-days camera:gym": NOT_FAIL,
    },
    looks=3,
)
