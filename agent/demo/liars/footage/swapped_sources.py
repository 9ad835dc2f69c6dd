"""Simulates a device that names the source of each recording by the other's token.

A camera that was moved to another input keeps its recording's old source; matching follows the token.

Source: ONVIF Recording Search Service Specification, RecordingSourceInformation.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import COURT, GATE
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Hold five days of gate and 35 of court, and call each by the other's name and source."""
    gate = replace(GATE, recording=RecordingPlan(5))

    def say(asked: str, body: bytes) -> bytes:
        if "GetRecordingSearchResults" not in asked and "GetRecordings" not in asked:
            return body
        pairs = ((b"vs1", b"vs2"), (GATE.name.encode(), COURT.name.encode()), (b"channel 1<", b"channel 2<"))
        for one, other in pairs:
            body = body.replace(one, b"\0").replace(other, one).replace(b"\0", other)
        return body

    return Telling(lying=Lying(says=say), rows=(gate,))


LIE = Lie(
    name="swapped_sources",
    world="onvif",
    fakes=Message("two recordings have changed places, so that the short one looks long"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
    },
)
