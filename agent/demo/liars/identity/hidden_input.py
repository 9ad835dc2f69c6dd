"""Simulates a device that has a third channel connected that its list of names leaves out.

Source: `ChannelTitle` and `getCameraState` are two lists, of CGI and of RPC2.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Add a state for a third channel."""

    def say(asked: str, body: bytes) -> bytes:
        if "getCameraState" not in asked:
            return body
        return body.replace(b'"states": [', b'"states": [{"channel": 2, "connectionState": "Connected"}, ')

    return says(say)


LIE = Lie(
    name="hidden_input",
    world="dahua",
    fakes=Message("a third camera is connected and has no name"),
    makes=make,
    right={
        "undeclared-camera site": NOT_PASS,
    },
    looks=3,
)
