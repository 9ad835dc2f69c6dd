"""Simulates a device that holds one entry of a year ago in a log that was cleared yesterday.

The entry that says who created the site is kept when the log is cleared.

Source: `ContentMgmt/logSearch`: entries are listed oldest first, and nothing says that none is missing.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import NVR
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Hold one day of log, and date its first entry a year earlier."""
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        found = re.search(rb"<StartDateTime>(\d{4})-([^<]*)", body)
        if "logsearch" not in asked.lower() or found is None:
            return body
        kept[:] = kept[:1] or [b"<StartDateTime>%d-%b" % (int(found[1]) - 1, found[2])]
        return body.replace(found[0], kept[0], 1)

    return Telling(lying=Lying(says=say), rows=(replace(NVR, log_days=1),))


LIE = Lie(
    name="one_old_entry",
    world="hikvision",
    fakes=Message("one entry of a year ago passes for a whole log"),
    makes=make,
    right={
        "audit-log-retention device:nvr": NOT_PASS,
    },
)
