"""Answers a search for footage with files that hold no video.

Events and marks are kept for longer than pictures, on the same track.

Source: ISAPI, `ContentMgmt/search`: contentType of a mediaSegmentDescriptor is video, audio, metadata or text.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Call every file of library metadata."""
    of_it = r"(<trackID>101</trackID>(?:(?!</searchMatchItem>).)*<contentType>)video<"
    return says(changed("ContentMgmt/search", of_it, r"\1metadata<"))


LIE = Lie(
    name="metadata_tracks",
    world="hikvision",
    fakes=Message("five weeks of marks stand in the list of footage"),
    makes=make,
    right={
        "retention-days camera:library": NOT_PASS,
        "retention-days camera:gym": NOT_FAIL,
    },
    looks=3,
)
