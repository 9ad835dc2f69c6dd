"""Answers a search for footage with stills: a picture an hour, under the times of the hours.

Snapshots on a schedule are kept beside footage and found by the same search.

Source: `mediaFileFind`: Type of an item is dav, jpg or mp4, and its path ends so.
"""

import re

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Call every file of pool a picture."""

    def say(asked: str, body: bytes) -> bytes:
        if "findNextFile" not in asked:
            return body
        for number in re.findall(rb"items\[(\d+)\]\.Channel=0", body):
            at = rb"items\[" + number + rb"\]\."
            body = re.sub(rb"(" + at + rb"Type=)dav", rb"\1jpg", body)
            body = re.sub(rb"(" + at + rb"FilePath=[^\r\n]*)\.dav", rb"\1.jpg", body)
        return body

    return says(say)


LIE = Lie(
    name="pictures_for_footage",
    world="dahua",
    fakes=Message("a still an hour stands in the list of footage"),
    makes=make,
    right={
        "retention-days camera:pool": NOT_PASS,
        "retention-days camera:shed": NOT_FAIL,
    },
    looks=3,
)
