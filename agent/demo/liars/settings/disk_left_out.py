"""Simulates a device that lists one disk of two: the other one went, and left no row behind.

A disk whose controller died is not "failed": it is not there.

Source: field reports of `ContentMgmt/Storage`: a slot that detects nothing has no `hdd` element on some units.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave the second disk out of every list."""
    return says(changed("ContentMgmt/Storage", r"<hdd><id>2</id>.*?</hdd>", ""))


LIE = Lie(
    name="disk_left_out",
    world="hikvision",
    fakes=Message("one disk of two is gone, and the list of the others is all well"),
    makes=make,
    right={
        "storage-health device:nvr": NOT_PASS,
    },
)
