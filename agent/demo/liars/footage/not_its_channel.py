"""Answers a search for one channel with files that name another.

`condition.Channel` counts from 1 and `items[n].Channel` from 0; firmware that mixes both up lists the neighbour.

Source: client code; `findNextFile` as read from an NVR608H.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Name every file of channel 1 as one of channel 2."""
    return says(changed("findNextFile", r"\.Channel=0", ".Channel=1"))


LIE = Lie(
    name="not_its_channel",
    world="dahua",
    fakes=Message("the search of one channel lists files of another"),
    makes=make,
    right={
        "recording-completeness camera:pool": NOT_PASS,
    },
    looks=2,
)
