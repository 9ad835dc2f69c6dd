"""Lists its services without the one over which it was asked.

Only what was changed on the page of services is in the list.

Source: ONVIF Core, GetNetworkProtocols.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave HTTP out of the list."""
    http = r"<tds:NetworkProtocols><tt:Name>HTTP</tt:Name>.*?</tds:NetworkProtocols>"
    return says(changed("GetNetworkProtocols", http, ""))


LIE = Lie(
    name="own_service_missing",
    world="onvif",
    fakes=Message("the service that answers is not in the list of services"),
    makes=make,
    right={
        "insecure-service device:recorder": NOT_PASS,
        "network-exposure device:recorder": NOT_PASS,
    },
)
