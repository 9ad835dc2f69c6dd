"""Answers the question for masks with an error under 200.

Source: field reports: `ResponseStatus` can carry an error under HTTP 200 (statusCode 1 is OK).
"""

from agent.demo.isapi.xml import IsapiError
from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Put an error in place of every mask."""
    error = IsapiError(200, 4, "notSupport").body("/ISAPI/System")
    return says(lambda asked, body: error if "privacymask" in asked.lower() else body)


LIE = Lie(
    name="fault_as_success",
    world="hikvision",
    fakes=Message("an error comes under HTTP 200"),
    makes=make,
    right={
        "privacy-mask-present camera:library": NOT_PASS,
        "privacy-mask-geometry camera:library": NOT_PASS,
    },
)
