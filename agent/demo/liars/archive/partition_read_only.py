"""Lists a disk in order whose only partition is read only.

After an error of its file system a partition is mounted for reading, and the drive says Success.

Source: `getDeviceAllInfo`: Detail[n].Type, ReadOnly.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Make the partition one that is only read."""
    return says(changed("getDeviceAllInfo", r"\.Type=ReadWrite", ".Type=ReadOnly"))


LIE = Lie(
    name="partition_read_only",
    world="dahua",
    fakes=Message("a disk that is only read is well"),
    makes=make,
    right={
        "storage-health device:dhr": NOT_PASS,
    },
)
