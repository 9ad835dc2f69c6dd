"""Simulates a device that reports that it takes its time from NTP, and has no server to take it from.

`timeMode` is the choice on the page; the list of servers is another page.

Source: `System/time`, `System/time/ntpServers`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Empty the list of servers."""
    return says(changed("time/ntpservers", r"<hostName>[^<]*</hostName>", "<hostName></hostName>"))


LIE = Lie(
    name="ntp_without_server",
    world="hikvision",
    fakes=Message("a clock is set by NTP from no server"),
    makes=make,
    right={
        "clock-source device:nvr": NOT_PASS,
    },
)
