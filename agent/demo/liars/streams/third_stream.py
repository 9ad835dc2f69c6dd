"""Lists a third stream of a camera, of which it answers nothing.

Streams 103 and above are switched on page by page, and may be encoded before the mask is drawn.

Source: field reports of `Streaming/channels`: 101, 102, 103.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.model.finding import Message


def make() -> Telling:
    """Add stream 103 beside 101 and 102."""

    def add(found: re.Match[str]) -> str:
        return found[0] + found[0].replace("<id>102</id>", "<id>103</id>")

    listed = says(changed("streaming/channels\n", r"<StreamingChannel [^>]*><id>102</id>.*?</StreamingChannel>", add))
    return replace(listed, lying=replace(listed.lying, aims=silent))


def silent(target: Target, view: DeviceView) -> Target | None:
    """Stream nothing on a third stream."""
    del view
    return None if target.path == "stream-3" else target


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
