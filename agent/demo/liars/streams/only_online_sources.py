"""Simulates a recorder that lists only its online sources: the first one goes, and the second takes its number.

Field reports of recorders of several makers: profiles of an input without a camera are left out, those behind it move
up; tokens and names stay with their source.

Source: ONVIF Media Service Specification, GetProfiles: which profiles are listed, and in which order, is the device's.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message

_GATE = r"<(tr[t2]):(Profiles|Configurations) token(?:(?!</\1:\2>).)*SourceToken>vs1</.*?</\1:\2>"
"""A profile or a configuration of the first source."""


def make() -> Telling:
    """Leave out every profile and configuration of gate."""

    def say(asked: str, body: bytes) -> bytes:
        for what in ("GetProfiles", "GetVideoSourceConfigurations"):
            body = changed(what, _GATE, "")(asked, body)
        return body

    return says(say)


LIE = Lie(
    name="only_online_sources",
    world="onvif",
    fakes=Message("the next camera moves up to the number of one that is gone"),
    makes=make,
    right={
        "camera-online camera:gate": NOT_PASS,
        "privacy-mask-effective camera:gate": NOT_PASS,
        "privacy-mask-present camera:gate": NOT_PASS,
        "camera-online camera:court": NOT_FAIL,
        "privacy-mask-effective camera:court": NOT_FAIL,
    },
    looks=2,
)
