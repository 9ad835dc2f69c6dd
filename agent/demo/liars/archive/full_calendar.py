"""Simulates a device that marks every day of the month as recorded; the files reach back twelve days.

The calendar is an index of its own, which is not cleared with the files.

Source: field reports of `dailyDistribution`.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed
from agent.demo.liars.worlds_table import LIBRARY
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Keep twelve days of library, and mark every day."""
    short = replace(LIBRARY, recording=RecordingPlan(12))
    days = changed("dailydistribution", r"<record>false<", "<record>true<")
    return Telling(lying=Lying(says=days), rows=(short,))


LIE = Lie(
    name="full_calendar",
    world="hikvision",
    fakes=Message("a calendar is full, and the files of most days are gone"),
    makes=make,
    right={
        "retention-days camera:library": NOT_PASS,
        "retention-days camera:gym": NOT_FAIL,
    },
    looks=3,
)
