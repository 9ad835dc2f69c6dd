"""Simulates a device that reports to be registered at a platform to which its link is switched off.

The flag is that of the last session; switching off ends none of it on some firmware.

Source: `System/Network/SIP`: enabled and registerStatus are two fields.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Switch the link off and leave the flag."""
    return says(changed("system/network/sip", r"<GB28181><enabled>true<", "<GB28181><enabled>false<"))


LIE = Lie(
    name="registered_but_off",
    world="hikvision",
    fakes=Message("a platform link that is off says that it is registered"),
    makes=make,
    right={
        "platform-registered site": NOT_PASS,
        "platform-interface-configured site": NOT_PASS,
        "platform-keepalive site": NOT_PASS,
        "platform-catalog-complete site": NOT_PASS,
    },
)
