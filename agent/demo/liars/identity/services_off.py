"""Simulates a device that reports that every service is off, over one of them.

Source: ONVIF Core, GetNetworkProtocols: Enabled is a setting, and needs a restart on some firmware.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Switch every service off in the list."""
    return says(changed("GetNetworkProtocols", r"<tt:Enabled>true</tt:Enabled>", "<tt:Enabled>false</tt:Enabled>"))


LIE = Lie(
    name="services_off",
    world="onvif",
    fakes=Message("a device says over HTTP that HTTP is off"),
    makes=make,
    right={
        "insecure-service device:recorder": NOT_PASS,
        "network-exposure device:recorder": NOT_PASS,
    },
)
