"""Simulates a device that drew no mask for two hours, and does since: those hours are still recorded.

A mask that was switched off and on again leaves what was recorded meanwhile; no list of a recorder tells it.

Source: State Council Order 799, article 13; ISAPI, PrivacyMask: it is drawn before encoding, and never afterwards.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from agent.demo.liars.lie import NOT_FAIL, Allowed, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message

LASTS = timedelta(hours=2)
SEEN_AS_IT_IS: Allowed = ("fail",)


def make() -> Telling:
    """Show library bare for two hours, and play those hours bare ever after."""
    begun: list[datetime] = []

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "library":
            return target
        if not begun:
            begun.append(view.now)
        at = target.asked.start_at if target.asked is not None else view.now
        if not begun[0] <= at < begun[0] + LASTS:
            return target
        bare = replace(target.camera, place="gate-bare")
        recording = None if target.recording is None else replace(target.recording, camera=bare)
        return replace(target, camera=bare, recording=recording)

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="bare_hours",
    world="hikvision",
    fakes=Message("masks are on again, and two hours without them are still recorded"),
    makes=make,
    right={
        "bare-footage-kept camera:library": SEEN_AS_IT_IS,
        "bare-footage-kept camera:gym": NOT_FAIL,
    },
    looks=22,
)
