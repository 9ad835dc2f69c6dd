"""Simulates a device that holds one day of two months ago and a ring of three days behind it.

Somebody locked a day, and the disk is too small for the rest.

Source: ONVIF Recording Search Service Specification: each stretch is a recording of its own, the oldest too.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.world.cameras import RecordingPlan
from agent.model.finding import Message


def make() -> Telling:
    """Leave 58 days between the oldest day of gate and its last three."""
    locked = RecordingPlan(62, gap_hours=58 * 24, gap_days_ago=61)
    return Telling(rows=(replace(GATE, recording=locked),))


LIE = Lie(
    name="day_long_ago",
    world="onvif",
    fakes=Message("one day of long ago passes for two months"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
        "recording-completeness camera:gate": NOT_PASS,
        "retention-days camera:court": NOT_FAIL,
    },
)
