"""Simulates a device that takes its time by NTP from an address that is nobody's.

The factory's setting: NTP is on, and its server is 0.0.0.0.

Source: ISAPI, `System/time/ntpServers`; RFC 1122 section 3.2.1.3: 0.0.0.0 is no address of another host.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Name 0.0.0.0 as the server."""
    return says(changed("ntpServers", r"<hostName>[^<]*</hostName>", "<hostName>0.0.0.0</hostName>"))


LIE = Lie(
    name="ntp_of_nobody",
    world="hikvision",
    fakes=Message("NTP is on, and its server is 0.0.0.0"),
    makes=make,
    right={
        "clock-source device:nvr": NOT_PASS,
    },
)
