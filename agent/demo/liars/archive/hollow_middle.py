"""Simulates a device that lists five weeks and plays the first and the last days of them alone.

A disk that is failing, or a database that outlives the files, leaves a list that nobody plays.

Source: field reports of recorders that answer 404 to days that their calendar marks; RFC 2326 section 7.1.1.
"""

from datetime import timedelta

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message

LAST, FIRST = timedelta(hours=12), timedelta(days=29, hours=12)


def make() -> Telling:
    """Refuse to play library between the age of a floor and yesterday."""

    def aim(target: Target, view: DeviceView) -> Target | None:
        if target.recording is None or target.asked is None or target.camera.id != "library":
            return target
        return None if LAST < view.now - target.asked.start_at < FIRST else target

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="hollow_middle",
    world="hikvision",
    fakes=Message("five weeks are listed, and only their ends can be played"),
    makes=make,
    right={
        "retention-days camera:library": NOT_PASS,
        "retention-days camera:gym": NOT_FAIL,
    },
    looks=3,
)
