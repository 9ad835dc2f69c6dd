"""Simulates a device that offers a service of a name that no document has.

Maintenance firmware opens a shell and lists it under a name of its own.

Source: field reports of `Security/adminAccesses`: protocols differ from line to line.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Add a service that is on."""
    shell = (
        "<AdminAccessProtocol><id>6</id><enabled>true</enabled><protocol>PSH</protocol><portNo>23</portNo>"
        "</AdminAccessProtocol></AdminAccessProtocolList>"
    )
    return says(changed("adminaccesses", r"</AdminAccessProtocolList>", shell))


LIE = Lie(
    name="unknown_service",
    world="hikvision",
    fakes=Message("a service has a name that nobody knows"),
    makes=make,
    right={
        "insecure-service device:nvr": NOT_PASS,
        "network-exposure device:nvr": NOT_PASS,
    },
)
