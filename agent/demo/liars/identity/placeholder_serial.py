"""Simulates a device that reports a serial number that is no box's, after the box was exchanged.

Boxes of a clone maker all say the same; a mainboard that was exchanged says zeros until somebody writes it.

Source: reports of OEM firmware, `System/deviceInfo/serialNumber`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Tell zeros."""
    zeros = changed("system/deviceinfo", r"<serialNumber>[^<]*<", "<serialNumber>000000000<")
    return says(lambda asked, body: _without_mac(asked, zeros(asked, body)))


_without_mac = changed("system/deviceinfo", r"<macAddress>[^<]*<", "<macAddress>00:00:00:00:00:00<")


LIE = Lie(
    name="placeholder_serial",
    world="hikvision",
    fakes=Message("another box has no serial number of its own"),
    makes=make,
    right={
        "inventory-drift device:nvr": NOT_PASS,
    },
)
