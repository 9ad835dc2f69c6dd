"""Answers a search for one track with the files of another.

Units that ignore `trackIDList` list all tracks; each file still names its own.

Source: field reports, `searchMatchItem/trackID`.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Name every file of track 201 as one of track 101."""

    def say(asked: str, body: bytes) -> bytes:
        if "contentmgmt/search" not in asked.lower() or ">201<" not in asked or ">101<" in asked:
            return body
        return body.replace(b"<trackID>201<", b"<trackID>101<")

    return says(say)


LIE = Lie(
    name="neighbours_track",
    world="hikvision",
    fakes=Message("files of the neighbouring track fill the holes of this one"),
    makes=make,
    right={
        "recording-completeness camera:gym": NOT_PASS,
        "recording-completeness camera:library": NOT_FAIL,
    },
    looks=3,
)
