"""Simulates a recorder that plays what is live, whatever moment of footage is requested.

A recorder whose disk failed still answers a request for footage: with the stream that it has.

Source: field reports; ISAPI playback names the moment in its URL, and no picture says when it was taken.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, Allowed, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.clips import clip_of
from agent.demo.rtsp.playing import moment_shown
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message

SEEN_AS_IT_IS: Allowed = ("fail",)


def make() -> Telling:
    """Play library's live stream for its footage."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != "library":
            return target
        live = clip_of(target.camera, "main", view.fault(target.camera))
        first = moment_shown(live, view.now)
        return replace(target, plays=replace(live, pictures=live.pictures[first:] + live.pictures[:first]))

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="live_for_footage",
    world="hikvision",
    fakes=Message("what is live is played for every day of footage"),
    makes=make,
    right={
        "retention-days camera:library": SEEN_AS_IT_IS,
        "retention-days camera:gym": NOT_FAIL,
    },
    looks=3,
)
