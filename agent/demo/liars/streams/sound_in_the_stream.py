"""Simulates a device that offers sound in the description of a stream of which no profile names an audio encoder.

Source: RFC 4566, m= lines; ONVIF Media2, GetProfiles: configurations are what a client is told, not what is sent.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Add a line for sound to every description of a stream."""
    return Telling(
        lying=Lying(sdp=lambda text: f"{text}m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:trackID=2\r\n")
    )


LIE = Lie(
    name="sound_in_the_stream",
    world="onvif",
    fakes=Message("no profile has sound, but the stream has"),
    makes=make,
    right={
        "audio-undeclared camera:gate": NOT_PASS,
        "audio-undeclared camera:court": NOT_PASS,
    },
)
