"""Simulates a device that reports that it records, and names the moment of the question as the newest footage.

A list that is made from the state of the recording job and not from the disk ends at its own clock.

Source: ONVIF Recording Search Service Specification, RecordingStatus, LatestRecording.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Stop gate's recording two days ago and say the opposite."""
    gate = replace(GATE, recording=RecordingPlan(35, ended_days_ago=2))

    def say(asked: str, body: bytes) -> bytes:
        if not any(one in asked for one in ("GetRecordingSearchResults", "GetRecordingInformation")):
            return body
        newest = max(re.findall(rb"<tt:LatestRecording>([^<]*)", body), default=b"")
        body = re.sub(rb"(<tt:(?:LatestRecording|DataTo)>)[^<]*", rb"\g<1>" + newest, body)
        return body.replace(b">Stopped<", b">Recording<")

    def events(asked: str, body: bytes) -> bytes:
        if "GetEventSearchResults" not in asked:
            return say(asked, body)
        ended = rb'<tt:Result>(?:(?!</tt:Result>).)*IsDataPresent" Value="false(?:(?!</tt:Result>).)*</tt:Result>'
        return re.sub(ended, b"", body, flags=re.DOTALL)

    return Telling(lying=Lying(says=events), rows=(gate,))


LIE = Lie(
    name="always_recording",
    world="onvif",
    fakes=Message("a recording that stopped two days ago ends now in every list"),
    makes=make,
    right={
        "recording-completeness camera:gate": NOT_PASS,
        "recording-completeness camera:court": NOT_FAIL,
    },
)
