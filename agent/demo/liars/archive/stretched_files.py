"""Lists files that end a day later than they do, across a hole.

A file that was not closed when power failed has the end that was reserved for it.

Source: field reports of `mediaFileFind` (EndTime).
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed
from agent.demo.liars.worlds_table import POOL
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Leave six hours of pool out, and let each file of it end a day later."""
    holed = replace(POOL, recording=RecordingPlan(35, gap_hours=6))

    def later(found: re.Match[str]) -> str:
        end = datetime.strptime(found[2], "%Y-%m-%d %H:%M:%S") + timedelta(days=1)  # noqa: DTZ007 - wall clock
        return f"{found[1]}{end:%Y-%m-%d %H:%M:%S}"

    ends = r"(\.Channel=0\r\nitems\[\d+\]\.EndTime=)([\d: -]{19})"
    return Telling(lying=Lying(says=changed("findNextFile", ends, later)), rows=(holed,))


LIE = Lie(
    name="stretched_files",
    world="dahua",
    fakes=Message("files that claim to last a day cover a hole of six hours"),
    makes=make,
    right={
        "recording-completeness camera:pool": NOT_PASS,
    },
    looks=3,
)
