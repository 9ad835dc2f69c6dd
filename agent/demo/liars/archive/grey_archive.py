"""Simulates a device that plays a dark picture wherever it has overwritten what it still lists.

Source: field reports of playback that answers every moment; nothing in RTSP says that a picture is no footage.
"""

from dataclasses import replace
from datetime import timedelta

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message

KEEPS = timedelta(days=5)


def make() -> Telling:
    """Play what is older than five days of library as darkness."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.asked is None or target.camera.id != "library":
            return target
        if target.asked.start_at > view.now - KEEPS:
            return target
        dark = replace(target.camera, place="dark")
        return replace(target, camera=dark, recording=replace(target.recording, camera=dark))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="grey_archive",
    world="hikvision",
    fakes=Message("four weeks of a list play as an empty picture"),
    makes=make,
    right={
        "retention-days camera:library": NOT_PASS,
        "retention-days camera:gym": NOT_FAIL,
    },
    looks=3,
)
