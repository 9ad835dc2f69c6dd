"""Simulates a device that ignores the time of a search and lists its oldest files.

A search whose `timeSpan` cannot be read is answered by some units as one without a span.

Source: field reports, `CMSearchDescription/timeSpanList`.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GYM
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Leave a day of gym out, and answer every search for it with footage moved to where it was asked for."""
    gym = replace(GYM, recording=RecordingPlan(35, gap_hours=48, gap_days_ago=4, gap_from_midnight=True))
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "contentmgmt/search" not in asked.lower() or ">201<" not in asked:
            return body
        items = re.findall(rb"<searchMatchItem>.*?</searchMatchItem>", body, re.DOTALL)
        if len(items) > 5 and not kept:
            kept.append(body)
        return kept[0] if kept and len(items) != 1 else body

    return Telling(lying=Lying(says=say), rows=(gym,))


LIE = Lie(
    name="window_ignored",
    world="hikvision",
    fakes=Message("files of another day are listed for the day that was asked for"),
    makes=make,
    right={
        "recording-completeness camera:gym": NOT_PASS,
        "recording-completeness camera:library": NOT_FAIL,
    },
    looks=12,
)
