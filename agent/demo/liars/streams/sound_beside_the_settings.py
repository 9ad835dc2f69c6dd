"""Simulates a device that streams sound although `Audio` is not enabled.

The setting is that of the recorder's own page; the sound of a camera behind it is passed on.

Source: RFC 4566, m= lines; field reports of `Streaming/channels` (Audio).
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Add a line for sound to every description of a stream."""
    sound = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:trackID=2\r\n"
    return Telling(lying=Lying(sdp=lambda text: text + sound))


LIE = Lie(
    name="sound_beside_the_settings",
    world="hikvision",
    fakes=Message("the settings have no sound, but the stream has"),
    makes=make,
    right={
        "audio-undeclared camera:library": NOT_PASS,
        "audio-undeclared camera:gym": NOT_PASS,
    },
)
