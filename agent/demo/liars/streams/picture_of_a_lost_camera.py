"""Simulates a device that shows the last picture of a camera that it calls lost.

`chanDetectResult` is networkAbnormal, and snapshots and streams come from what the recorder had last.

Source: field reports of `InputProxy/channels/status`.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Say of library's connection that it is broken."""
    state = r"(<id>1</id>(?:(?!</InputProxyChannelStatus>).)*)<online>true<(.*?)>connect<"
    return says(changed("channels/", state, r"\1<online>false<\2>networkAbnormal<"))


LIE = Lie(
    name="picture_of_a_lost_camera",
    world="hikvision",
    fakes=Message("a camera that its recorder has lost is still shown"),
    makes=make,
    right={
        "camera-online camera:library": NOT_PASS,
        "camera-online camera:gym": NOT_FAIL,
    },
)
