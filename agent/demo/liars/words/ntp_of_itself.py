"""Simulates a device that takes its time by NTP from itself.

A recorder that serves its cameras' clocks is set up with its own address.

Source: field reports of `System/time/ntpServers`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Name the loopback as the server."""
    return says(changed("ntpservers", r"ntp\.site\.invalid", "127.0.0.1"))


LIE = Lie(
    name="ntp_of_itself",
    world="hikvision",
    fakes=Message("a clock is set by NTP from itself"),
    makes=make,
    right={
        "clock-source device:nvr": NOT_PASS,
    },
)
