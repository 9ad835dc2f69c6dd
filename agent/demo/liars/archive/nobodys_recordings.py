"""Lists recordings that name no video source, the other camera's first.

Firmware leaves VideoSourceToken out, and lists what was changed last at the top.

Source: ONVIF Recording Search Service Specification, RecordingSourceInformation: VideoSourceToken is optional.
"""

import re

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave every name of a source out, and turn the list around."""

    def say(asked: str, body: bytes) -> bytes:
        found = re.findall(rb"<tt:RecordingInformation>.*?</tt:RecordingInformation>", body, re.DOTALL)
        if "GetRecordingSearchResults" not in asked or not found:
            return body
        body = body.replace(b"".join(found), b"".join(reversed(found)))
        body = re.sub(rb"<tt:VideoSourceToken>[^<]*</tt:VideoSourceToken>", b"", body)
        body = re.sub(rb"(<tt:SourceId>)[^<]*", rb"\1urn:recorder", body)
        return re.sub(rb"(<tt:(?:Name|Location|Description)>)[^<]*", rb"\1", body)

    return says(say)


LIE = Lie(
    name="nobodys_recordings",
    world="onvif",
    fakes=Message("recordings belong to a camera by their order alone"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
        "retention-days camera:court": NOT_PASS,
    },
)
