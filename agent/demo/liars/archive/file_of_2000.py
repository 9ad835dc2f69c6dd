"""Lists one file of the year 2000 before ten days of footage.

A clock that lost its battery begins in 2000, and what is recorded until NTP answers has that date.

Source: field reports of `mediaFileFind` (StartTime); the units' clocks begin on 2000-01-01.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import POOL
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Keep ten days of pool, and date the first file of every list 2000-01-01."""
    short = replace(POOL, recording=RecordingPlan(10))

    def say(asked: str, body: bytes) -> bytes:
        if "findNextFile" not in asked or b"items[0].Channel=0" not in body:
            return body
        begin = rb"(items\[0\]\.StartTime=)[\d: -]{19}"
        return re.sub(begin, rb"\g<1>2000-01-01 00:00:09", body)

    return Telling(lying=Lying(says=say), rows=(short,))


LIE = Lie(
    name="file_of_2000",
    world="dahua",
    fakes=Message("one file of the year 2000 passes for old footage"),
    makes=make,
    right={
        "retention-days camera:pool": NOT_PASS,
        "retention-days camera:shed": NOT_FAIL,
    },
    looks=3,
)
