"""Simulates a recorder that reports a camera as lost and streams a picture of it all the same.

Recorders go on sending the last picture that came, or a card that says so.

Source: ISAPI, InputProxyChannelStatus: `chanDetectResult` is `networkAbnormal` where a camera is not reached.
"""

import re

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Say that the camera of channel 1 is lost, and stream its picture all the same."""

    def lose(found: re.Match[str]) -> str:
        lost = re.sub(r"<online>true</online>", "<online>false</online>", found[0])
        return lost.replace("<chanDetectResult>connect<", "<chanDetectResult>networkAbnormal<")

    first = r"<InputProxyChannelStatus(?: [^>]*)?><id>1</id>.*?</InputProxyChannelStatus>"
    return says(changed("status", first, lose))


LIE = Lie(
    name="kept_picture",
    world="hikvision",
    fakes=Message("a camera that its recorder has lost still has a picture"),
    makes=make,
    right={
        "camera-online camera:library": NOT_PASS,
        "camera-online camera:gym": NOT_FAIL,
    },
)
