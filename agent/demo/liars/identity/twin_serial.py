"""Simulates a device that reports the serial number of the box beside it.

Cloned firmware images carry the serial number of the box they were read from.

Source: ONVIF Core, GetDeviceInformation: SerialNumber is what the maker wrote.
"""

from dataclasses import replace

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import DENCAM, PORCHCAM
from agent.model.finding import Message


def make() -> Telling:
    """Be a box of another serial number: that of dencam."""
    return Telling(rows=(replace(PORCHCAM, serial=DENCAM.serial),))


LIE = Lie(
    name="twin_serial",
    world="store",
    fakes=Message("two boxes have one serial number"),
    makes=make,
    right={
        "inventory-drift device:porchcam": NOT_PASS,
    },
)
