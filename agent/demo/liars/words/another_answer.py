"""Answers the question for masks with the profiles.

A device with one buffer for all connections answers one client with the words of another.

Source: SOAP 1.2: nothing ties an answer to its request but the connection.
"""

from agent.demo.liars.lie import UNKNOWN, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Remember the answer to GetProfiles and give it for GetMasks."""
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "GetProfiles" in asked:
            kept.append(body)
        return kept[-1] if "GetMasks" in asked and kept else body

    return says(say)


LIE = Lie(
    name="another_answer",
    world="onvif",
    fakes=Message("the answer to another question"),
    makes=make,
    right={
        "privacy-mask-present camera:gate": UNKNOWN,
        "privacy-mask-geometry camera:gate": UNKNOWN,
    },
)
