"""Lists a disk that is ok and can only be read.

A disk whose file system was found damaged can still be read; `status` says how it is, `property` what can be done.

Source: field reports, `ContentMgmt/Storage/hdd`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Change what it says of its disks."""
    return says(changed("contentmgmt/storage", r"<property>RW</property>", "<property>RO</property>"))


LIE = Lie(
    name="disk_read_only",
    world="hikvision",
    fakes=Message("a disk that nothing can be written to is well"),
    makes=make,
    right={
        "storage-health device:nvr": NOT_PASS,
    },
)
