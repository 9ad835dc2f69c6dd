"""Simulates a device whose clock is right, and whose time zone is another one: pictures carry the wrong hour.

A box leaves the factory in UTC. NTP sets its clock right, and nobody sets its zone.

Source: ONVIF Core Specification, GetSystemDateAndTime: UTCDateTime beside TimeZone and LocalDateTime.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Name UTC as the zone."""
    return says(changed("GetSystemDateAndTime", r"<tt:TZ>[^<]*</tt:TZ>", "<tt:TZ>UTC0</tt:TZ>"))


LIE = Lie(
    name="zone_of_elsewhere",
    world="onvif",
    fakes=Message("a clock that is right as UTC writes another hour into every picture"),
    makes=make,
    right={
        "clock-offset device:recorder": NOT_PASS,
    },
)
