"""Simulates a recorder that plays its own card, whatever moment of footage is requested.

A card shows too little to be compared with another picture: it has no imprint.

Source: field reports.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.clips import load
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Play a card for all of library's footage."""

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.recording is None or target.camera.id != "library":
            return target
        return replace(target, plays=load("card-main.h264"))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="card_for_footage",
    world="hikvision",
    fakes=Message("a card is played for every moment of footage"),
    makes=make,
    right={
        "retention-days camera:library": NOT_PASS,
        "privacy-mask-effective camera:library": NOT_PASS,
        "retention-days camera:gym": NOT_FAIL,
    },
    looks=3,
)
