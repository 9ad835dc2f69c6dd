"""Lists a disk that is ok and has no room at all.

A bay whose disk has not been recognised keeps its last word and a capacity of 0.

Source: field reports, `ContentMgmt/Storage/hdd`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Change what it says of its disks."""
    return says(changed("contentmgmt/storage", r"<capacity>\d+</capacity>", "<capacity>0</capacity>"))


LIE = Lie(
    name="disk_of_nothing",
    world="hikvision",
    fakes=Message("a disk of no size is well"),
    makes=make,
    right={
        "storage-health device:nvr": NOT_PASS,
    },
)
