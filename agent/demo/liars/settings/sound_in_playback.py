"""Simulates a device whose live streams are silent, and whose recordings have sound.

Recording jobs name their own encoders: sound is switched off for the live view and goes on into the archive.

Source: ONVIF Recording Control Service Specification, tracks of kind Audio; RFC 4566, m= lines.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Add a line for sound to every description of a recording."""

    def describe(text: str) -> str:
        if "x-onvif-track" not in text:
            return text
        return f"{text}m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=x-onvif-track:audio-1\r\n"

    return Telling(lying=Lying(sdp=describe))


LIE = Lie(
    name="sound_in_playback",
    world="onvif",
    fakes=Message("live streams are silent, and what is recorded has sound"),
    makes=make,
    right={
        "audio-undeclared camera:gate": NOT_PASS,
        "audio-undeclared camera:court": NOT_PASS,
    },
    looks=3,
)
