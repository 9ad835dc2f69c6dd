"""Lists a third stream of a camera, of which it answers nothing.

Streams 103 and above are switched on page by page, and may be encoded before the mask is drawn.

Source: field reports of `Streaming/channels`: 101, 102, 103.
"""

import re

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Add stream 103 beside 101 and 102."""

    def add(found: re.Match[str]) -> str:
        return found[0] + found[0].replace("<id>102</id>", "<id>103</id>")

    return says(changed("streaming/channels\n", r"<StreamingChannel [^>]*><id>102</id>.*?</StreamingChannel>", add))


LIE = Lie(
    name="third_stream",
    world="hikvision",
    fakes=Message("a third stream is listed and cannot be looked at"),
    makes=make,
    right={
        "privacy-mask-effective camera:library": NOT_PASS,
        "privacy-mask-effective camera:gym": NOT_FAIL,
    },
)
