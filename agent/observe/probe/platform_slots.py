"""Reads the slots for platforms of one device, at once and alone, for a command that a person waits for."""

from collections.abc import Callable
from datetime import datetime

from drivers import registry
from drivers.credentials import Credentials
from drivers.errors import DriverError
from drivers.footage import PlatformLink
from drivers.http.transport import open_transport
from drivers.model import Device

READ_WITHIN_S = 8.0
"""Nothing of a device that registers is answered meanwhile; RFC 3261 has it wait for 32 s, and some wait for 10."""


def read_slots(device: Device, credentials: Credentials, clock: Callable[[], datetime]) -> PlatformLink | DriverError:
    """Read every slot; return why it was not possible where it was not."""
    try:
        with open_transport(device, READ_WITHIN_S, credentials, clock, device.ca) as transport:
            return registry.load_link(device.driver)(transport)
    except DriverError as error:
        return error
