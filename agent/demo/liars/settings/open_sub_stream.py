"""Simulates a device that asks for a login on its main streams and streams the small ones to anybody.

Source: field reports of RTSP servers in which the login is a setting of each stream; RFC 2326 section 14.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Open every sub-stream."""
    return Telling(lying=Lying(opens=lambda url: "/sub" in url))


LIE = Lie(
    name="open_sub_stream",
    world="onvif",
    fakes=Message("main streams ask for a login, and sub-streams do not"),
    makes=make,
    right={
        "stream-auth-required camera:gate": NOT_PASS,
        "stream-auth-required camera:court": NOT_PASS,
    },
    looks=3,
)
