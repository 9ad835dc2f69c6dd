"""Lists no disk at all, with success.

While a recorder starts, its list of disks is empty and the answer is 200.

Source: field reports, `ContentMgmt/Storage/hdd`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Change what it says of its disks."""
    return says(changed("contentmgmt/storage", r"<hdd>.*</hdd>", ""))


LIE = Lie(
    name="no_disks",
    world="hikvision",
    fakes=Message("a recorder without any disk has none that is broken"),
    makes=make,
    right={
        "storage-health device:nvr": NOT_PASS,
    },
)
