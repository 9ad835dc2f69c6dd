"""Simulates a device that names a frame in which its regions are a third as large.

`normalizedScreenSize` is that of the sensor, and the corners are counted in another.

Source: field reports of `privacyMask` (normalizedScreenSize).
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Name the sensor's frame beside corners of 704x576."""

    def say(asked: str, body: bytes) -> bytes:
        body = changed("privacymask", r"(normalizedScreenWidth>)704<", r"\g<1>1920<")(asked, body)
        return changed("privacymask", r"(normalizedScreenHeight>)576<", r"\g<1>1080<")(asked, body)

    return says(say)


LIE = Lie(
    name="larger_frame",
    world="hikvision",
    fakes=Message("a mask is listed in a frame that is not its own"),
    makes=make,
    right={
        "privacy-mask-geometry camera:library": NOT_PASS,
    },
)
