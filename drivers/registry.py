"""The table of drivers. A new driver is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from drivers.exchange import Transport
from drivers.model import Camera, Observations

Read = Callable[[tuple[Camera, ...], Transport], Observations]
"""Reads a device and its cameras. What the device does not give is an `Unavailable`, never an exception."""

DRIVERS: dict[str, str] = {
    "onvif": "drivers.onvif.read",
}


def load(name: str) -> Read:
    """Import the module of a driver and return its `read`. A driver's dependencies load only when it is used.

    Raises:
        KeyError: There is no driver of this name.
    """
    read: Read = import_module(DRIVERS[name]).read
    return read
