"""Simulates a device that has a log whose oldest entry is of the day on which clocks begin.

The first entry after a restart without a clock is of 1970-01-01; the rest was cleared yesterday.

Source: `ContentMgmt/logSearch`, StartDateTime of the first entry.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import NVR
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Hold one day of log, and one entry of 1970 before it."""

    def say(asked: str, body: bytes) -> bytes:
        if "logsearch" not in asked.lower():
            return body
        return re.sub(rb"<StartDateTime>[^<]*", b"<StartDateTime>1970-01-01T08:00:07Z", body, count=1)

    return Telling(lying=Lying(says=say), rows=(replace(NVR, log_days=1),))


LIE = Lie(
    name="log_from_1970",
    world="hikvision",
    fakes=Message("a log that was cleared begins in 1970"),
    makes=make,
    right={
        "audit-log-retention device:nvr": NOT_PASS,
    },
)
