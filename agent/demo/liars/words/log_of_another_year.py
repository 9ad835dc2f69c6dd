"""Simulates a device that dates its whole log two years early, a day inside of the window that is asked for.

Entries written while the clock was wrong carry its year, and nothing dates them anew when it is set.

Source: `ContentMgmt/logSearch`, StartDateTime.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed
from agent.demo.liars.worlds_table import NVR
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Hold one day of log, and date each entry two years earlier."""

    def earlier(found: re.Match[str]) -> str:
        return f"<StartDateTime>{int(found[1]) - 2}-"

    dates = changed("logsearch", r"<StartDateTime>(\d{4})-", earlier)
    return Telling(lying=Lying(says=dates), rows=(replace(NVR, log_days=1),))


LIE = Lie(
    name="log_of_another_year",
    world="hikvision",
    fakes=Message("all entries of a log are dated two years early"),
    makes=make,
    right={
        "audit-log-retention device:nvr": NOT_PASS,
    },
)
