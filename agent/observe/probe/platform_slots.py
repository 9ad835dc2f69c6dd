"""Reads the slots for platforms of one device, at once and alone, for a command that a person waits for.

While a device registers, its slots are read beside that: it waits for an answer, 10 s some of them.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from drivers import registry
from drivers.credentials import Credentials
from drivers.errors import DriverError
from drivers.footage import PlatformLink
from drivers.http.transport import open_transport
from drivers.model import Device

READ_WITHIN_S = 8.0


def read_slots(device: Device, credentials: Credentials, clock: Callable[[], datetime]) -> PlatformLink | DriverError:
    """Read every slot; return why it was not possible where it was not."""
    try:
        with open_transport(device, READ_WITHIN_S, credentials, clock, device.ca) as transport:
            return registry.load_link(device.driver)(transport)
    except DriverError as error:
        return error


def begin(read: Callable[[], PlatformLink | None]) -> Future[PlatformLink | None]:
    """Begin to read beside what goes on; the thread ends with its reading."""
    pool = ThreadPoolExecutor(1)
    reading = pool.submit(read)
    pool.shutdown(wait=False)
    return reading
