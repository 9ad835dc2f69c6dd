"""Simulates a device that names an NTP server and does not ask it.

Source: `configManager name=NTP`: Enable and Address are two fields.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Switch NTP off and leave its address."""
    return says(changed("name=NTP", r"NTP\.Enable=true", "NTP.Enable=false"))


LIE = Lie(
    name="ntp_disabled",
    world="dahua",
    fakes=Message("a clock has a server and does not ask it"),
    makes=make,
    right={
        "clock-source device:dhr": NOT_PASS,
    },
)
