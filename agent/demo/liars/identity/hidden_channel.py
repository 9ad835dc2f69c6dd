"""Simulates a device that streams a third channel that its list of inputs leaves out.

A channel that is hidden on the page stays a channel: it streams and is recorded.

Source: `ContentMgmt/InputProxy/channels` and `Streaming/channels` are two lists.
"""

import re

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Add the streams of a third channel."""

    def add(found: re.Match[str]) -> str:
        third = re.sub(r"<id>2(0\d)</id>", r"<id>3\1</id>", found[0]).replace("ChannelID>2<", "ChannelID>3<")
        return found[0] + third

    return says(changed("streaming/channels\n", r"<StreamingChannel [^>]*><id>20\d</id>.*?</StreamingChannel>", add))


LIE = Lie(
    name="hidden_channel",
    world="hikvision",
    fakes=Message("a third camera is streamed and not listed as an input"),
    makes=make,
    right={
        "undeclared-camera site": NOT_PASS,
    },
    looks=3,
)
