"""Simulates a device that reports `Success` of a disk of which one partition has an error.

The state is that of the drive; each partition has a flag of its own.

Source: `getDeviceAllInfo` as read from an NVR608H: `list.info[i].Detail[j].IsError`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Add a second partition with an error."""

    def say(asked: str, body: bytes) -> bytes:
        if "getDeviceAllInfo" not in asked:
            return body
        at = b"list.info[0].Detail[1]."
        more = (b"IsError=true", b"Path=/dev/sda1", b"TotalBytes=495636709376.000000", b"Type=ReadWrite")
        return body + b"".join(at + one + b"\r\n" for one in (*more, b"UsedBytes=495636709376.000000"))

    return says(say)


LIE = Lie(
    name="half_a_disk",
    world="dahua",
    fakes=Message("a disk with a broken partition is well"),
    makes=make,
    right={
        "storage-health device:dhr": NOT_PASS,
    },
)
