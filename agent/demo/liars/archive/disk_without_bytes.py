"""Lists a disk in order that has no room at all.

A bay whose disk has not been recognised keeps its last word.

Source: field reports; `getDeviceAllInfo`: TotalBytes.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Empty the size of every disk."""
    return says(changed("getDeviceAllInfo", r"(TotalBytes|UsedBytes)=[\d.]+", r"\1=0.000000"))


LIE = Lie(
    name="disk_without_bytes",
    world="dahua",
    fakes=Message("a disk without room is well"),
    makes=make,
    right={
        "storage-health device:dhr": NOT_PASS,
    },
)
