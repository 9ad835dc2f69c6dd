"""Lists one disk less than before, and calls all of them well.

A disk that does not spin up any more is left out of the list; what is left in it is in order.

Source: field reports, `ContentMgmt/Storage/hdd` after a restart.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave the second disk out."""
    return says(changed("contentmgmt/storage", r"<hdd><id>2</id>.*?</hdd>", ""))


LIE = Lie(
    name="disk_out_of_the_list",
    world="hikvision",
    fakes=Message("a disk that died is not listed any more, and the others are well"),
    makes=make,
    right={
        "storage-health device:nvr": NOT_PASS,
    },
    looks=4,
)
