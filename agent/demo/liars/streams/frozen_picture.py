"""Simulates a device that sends the same snapshot for ever while its recorder reports the camera online.

A decoder that hangs repeats its last picture; the recorder keeps the connection up.

Source: field reports of frozen channels on ISAPI recorders.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Send the first snapshot of library for ever; its streams loop, as the simulated ones always do."""
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "/channels/101/picture" not in asked.lower():
            return body
        kept.append(body)
        return kept[0]

    return says(say)


LIE = Lie(
    name="frozen_picture",
    world="hikvision",
    fakes=Message("every path shows the same moment for ever"),
    makes=make,
    right={
        "video-quality camera:library": NOT_PASS,
    },
    looks=4,
)
