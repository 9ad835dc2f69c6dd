"""Exchanges the tokens of two video sources, so that each camera is read at the other one's streams.

A firmware that numbers its sources anew keeps how many there are: by its tokens alone nothing is missing.

Source: ONVIF Media Service Specification, VideoSourceConfiguration: a token is unique, and nobody says for how long.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Call the source of gate as that of court was called, and the other way round."""

    def say(asked: str, body: bytes) -> bytes:
        if "GetProfiles" not in asked and "GetVideoSourceConfigurations" not in asked:
            return body
        first, second = b"SourceToken>vs1<", b"SourceToken>vs2<"
        return second.join(part.replace(second, first) for part in body.split(first))

    return says(say)


LIE = Lie(
    name="swapped_tokens",
    world="onvif",
    fakes=Message("the tokens of two video sources have changed places"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
        "privacy-mask-effective camera:court": NOT_PASS,
        "camera-moved camera:gate": NOT_PASS,
    },
    looks=1,
)
