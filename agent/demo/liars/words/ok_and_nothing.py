"""Answers the question for its disks with OK.

Firmware without the action takes it for a command.

Source: field reports of CGI: `OK` is the answer to what was carried out.
"""

from agent.demo.liars.lie import UNKNOWN, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Say OK and nothing else."""
    return says(lambda asked, body: b"OK\r\n" if "getDeviceAllInfo" in asked else body)


LIE = Lie(
    name="ok_and_nothing",
    world="dahua",
    fakes=Message("OK is the answer to a question for disks"),
    makes=make,
    right={
        "storage-health device:dhr": UNKNOWN,
    },
)
