"""Writes the same name into two pictures, once with a space that nobody sees.

Source: ONVIF Media2, GetOSDs, PlainText: any text; GA/T 751 asks for one name for one camera.
"""

import re

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.demo.liars.worlds_table import COURT, GATE
from agent.model.finding import Message


def make() -> Telling:
    """Name court like gate, with a space that does not break behind it."""
    return says(changed("GetOSDs", re.escape(COURT.name), f"{GATE.name}\u00a0"))


LIE = Lie(
    name="same_label_spaced",
    world="onvif",
    fakes=Message("two cameras write one name, spaced differently"),
    makes=make,
    right={
        "osd-label-unique site": NOT_PASS,
    },
)
