"""Simulates a device that gives the address of channel 2 for the profiles of channel 1.

Source: ONVIF Media Service Specification, GetStreamUri, GetSnapshotUri: an address is valid for the profile asked for;
nothing in it says so.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Give court's addresses for gate."""

    def say(asked: str, body: bytes) -> bytes:
        if "StreamUri" not in asked and "SnapshotUri" not in asked:
            return body
        return body.replace(b"/live/1/", b"/live/2/").replace(b"/snapshot/1.jpg", b"/snapshot/2.jpg")

    return says(say)


LIE = Lie(
    name="same_address_twice",
    world="onvif",
    fakes=Message("two cameras have one and the same stream address"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
        "privacy-mask-effective camera:court": NOT_FAIL,
    },
    looks=2,
)
