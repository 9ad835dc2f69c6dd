"""Lists a main stream and gives a fault in place of its address.

An encoder that is overloaded keeps its profile and refuses its address.

Source: ONVIF Media Service Specification, GetStreamUri: ter:IncompleteConfiguration.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, says
from agent.demo.onvif.soap import SoapFault
from agent.model.finding import Message


def make() -> Telling:
    """Refuse the address of gate's main stream."""

    def say(asked: str, body: bytes) -> bytes:
        if "GetStreamUri" in asked and "ch1-main" in asked:
            raise SoapFault("Receiver", ("Action", "IncompleteConfiguration"), "the configuration is not complete")
        return body

    return says(say)


LIE = Lie(
    name="stream_without_address",
    world="onvif",
    fakes=Message("a main stream is listed, and its address is a fault"),
    makes=make,
    right={
        "privacy-mask-effective camera:gate": NOT_PASS,
        "stream-auth-required camera:gate": NOT_PASS,
        "privacy-mask-effective camera:court": NOT_FAIL,
    },
)
