"""Simulates a device that reports to be online at a platform of which it has neither address nor number.

Source: RPC2 `VSP_GAYS_SERVER`: IsOnLine beside empty sipSvrIp and sipSvrId.
"""

import re

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Empty address and number of the platform."""

    def say(asked: str, body: bytes) -> bytes:
        if "VSP_GAYS_SERVER" not in asked:
            return body
        empty = re.sub(rb'("sipSvrI[dp]": )"[^"]*"', rb'\1""', body)
        return re.sub(rb'("domain": )"[^"]*"', rb'\1""', empty)

    return says(say)


LIE = Lie(
    name="registered_nowhere",
    world="dahua",
    fakes=Message("a recorder is registered at a platform without an address"),
    makes=make,
    right={
        "platform-registered site": NOT_PASS,
        "platform-interface-configured site": NOT_PASS,
        "platform-keepalive site": NOT_PASS,
        "platform-catalog-complete site": NOT_PASS,
    },
)
