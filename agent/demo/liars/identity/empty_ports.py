"""Lists no port, with success.

Source: `Security/adminAccesses`: `AdminAccessProtocolList` is empty where the account may not see it.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Empty the list."""
    return says(changed("security/adminaccesses", r"<AdminAccessProtocol>.*</AdminAccessProtocol>", ""))


LIE = Lie(
    name="empty_ports",
    world="hikvision",
    fakes=Message("a device that lists no port offers no service"),
    makes=make,
    right={
        "insecure-service device:nvr": NOT_PASS,
        "network-exposure device:nvr": NOT_PASS,
    },
)
