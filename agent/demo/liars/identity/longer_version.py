"""Runs a firmware whose number begins with the approved one's.

V4.30.0851 is another firmware than V4.30.085.

Source: ONVIF Core, GetDeviceInformation: FirmwareVersion is free text.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Tell one more digit."""
    return says(changed("GetDeviceInformation", "V4.30.085 ", "V4.30.0851 "))


LIE = Lie(
    name="longer_version",
    world="onvif",
    fakes=Message("a firmware that begins like the approved one"),
    makes=make,
    right={
        "firmware-drift device:recorder": NOT_PASS,
    },
)
