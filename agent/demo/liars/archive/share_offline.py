"""Lists a network share that is offline beside two disks that are well.

What is recorded on the share is gone from every list while it is offline.

Source: field reports of `ContentMgmt/Storage`: nasList.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Add a share to the list of storage."""
    share = (
        '<nasList size="8"><nas><id>9</id><addressingFormatType>ipaddress</addressingFormatType>'
        "<ipAddress>192.0.2.9</ipAddress><portNo>0</portNo><nasType>NFS</nasType><path>/record</path>"
        "<status>offline</status><capacity>7630885</capacity><freeSpace>0</freeSpace><property>RW</property></nas></nasList>"
    )
    return says(changed("contentmgmt/storage", r'<nasList size="8"(?:></nasList>|/>)', share))


LIE = Lie(
    name="share_offline",
    world="hikvision",
    fakes=Message("a share that is offline stands beside disks that are well"),
    makes=make,
    right={
        "storage-health device:nvr": NOT_PASS,
    },
)
