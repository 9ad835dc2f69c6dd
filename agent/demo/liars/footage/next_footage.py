"""Simulates a device that claims an older beginning than it holds, and plays what it has from there on.

Playback before the first clean point starts at that point, which the standard asks for; the list still names the
beginning of the recording before the disk was overwritten.

Source: ONVIF Streaming Specification, Playback; ONVIF Recording Search Service Specification, EarliestRecording.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.onvif.recording_service import timestamp
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Hold twenty days and name an older beginning in every list."""
    gate = replace(GATE, recording=RecordingPlan(20))

    def say(asked: str, body: bytes) -> bytes:
        if not any(one in asked for one in ("GetRecordingSearchResults", "GetRecordingInformation", "EventSearch")):
            return body
        return re.sub(rb"rec-1-1<.*?(?=rec-2-|$)", lambda found: _older(found[0]), body, flags=re.DOTALL)

    def _older(part: bytes) -> bytes:
        return re.sub(rb"<tt:(EarliestRecording|DataFrom|Time)>([^<]*)<", _earlier, part)

    def _earlier(found: re.Match[bytes]) -> bytes:
        at = datetime.fromisoformat(found[2].decode()) - timedelta(days=15)
        return b"<tt:%b>%b<" % (found[1], timestamp(at).encode())

    return Telling(lying=Lying(says=say), rows=(gate,))


LIE = Lie(
    name="next_footage",
    world="onvif",
    fakes=Message("a recorder of twenty days claims thirty-five"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
        "retention-days camera:court": NOT_FAIL,
    },
)
