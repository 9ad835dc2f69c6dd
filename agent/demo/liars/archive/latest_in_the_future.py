"""Lists a recording that ends tomorrow and stopped two days ago.

The index reserves its next block ahead, and firmware names the block's end.

Source: ONVIF Recording Search Service Specification, LatestRecording, DataTo.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Stop gate's recording two days ago, and add three days to each end that is listed."""
    stopped = replace(GATE, recording=RecordingPlan(35, ended_days_ago=2))

    def later(found: re.Match[str]) -> str:
        end = datetime.fromisoformat(found[2]) + timedelta(days=3)
        return f"{found[1]}{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    ends = r"(vs1(?:(?!LatestRecording).)*<tt:LatestRecording>)([^<]*)"
    tracks = r"(vs1(?:(?!DataTo).)*<tt:DataTo>)([^<]*)"

    def say(asked: str, body: bytes) -> bytes:
        for what in (ends, tracks):
            body = changed("GetRecordingSearchResults", what, later)(asked, body)
        return body

    return Telling(lying=Lying(says=say), rows=(stopped,))


LIE = Lie(
    name="latest_in_the_future",
    world="onvif",
    fakes=Message("a recording that stopped is listed until tomorrow"),
    makes=make,
    right={
        "recording-completeness camera:gate": NOT_PASS,
        "recording-completeness camera:court": NOT_FAIL,
    },
    looks=2,
)
