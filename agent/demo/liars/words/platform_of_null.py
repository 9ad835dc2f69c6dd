"""Answers the question for its platforms with success and null.

RPC2 answers a table that was never saved with null.

Source: field reports of RPC2 `configManager.getConfig`.
"""

import json

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Take the table away and leave the result."""

    def say(asked: str, body: bytes) -> bytes:
        if "VSP_GAYS_SERVER" not in asked:
            return body
        return json.dumps({**json.loads(body), "params": {"options": None, "table": None}}).encode()

    return says(say)


LIE = Lie(
    name="platform_of_null",
    world="dahua",
    fakes=Message("success stands beside no platform at all"),
    makes=make,
    right={
        "platform-registered site": NOT_PASS,
        "platform-interface-configured site": NOT_PASS,
        "platform-keepalive site": NOT_PASS,
        "platform-catalog-complete site": NOT_PASS,
    },
)
