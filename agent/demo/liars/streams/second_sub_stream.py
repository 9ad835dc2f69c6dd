"""Simulates a device that encodes a second small stream of a camera.

`ExtraFormat` counts up to three; each is a stream of its own with `subtype=2` and `3`.

Source: Dahua HTTP API, Encode: ExtraFormat[0..2].
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.streams.third_stream import silent
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Add ExtraFormat[1] to every channel that has ExtraFormat[0]."""

    def say(asked: str, body: bytes) -> bytes:
        if "name=Encode" not in asked:
            return body
        lines = [line for line in body.splitlines(keepends=True) if b"ExtraFormat[0]" in line]
        return body + b"".join(line.replace(b"ExtraFormat[0]", b"ExtraFormat[1]") for line in lines)

    return Telling(lying=Lying(says=say, aims=silent))


LIE = Lie(
    name="second_sub_stream",
    world="dahua",
    fakes=Message("a second small stream is encoded and cannot be looked at"),
    makes=make,
    right={
        "privacy-mask-effective camera:pool": NOT_PASS,
        "privacy-mask-effective camera:shed": NOT_PASS,
    },
)
