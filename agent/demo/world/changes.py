"""Switches faults on and off while the simulated site runs, shared by all its servers."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from agent.demo.world.cameras import Fault
from agent.demo.world.recordings import ActiveFault

DEVICE_KEY = "device:"
"""Stands before a device's id: a device and a camera may have the same one."""


class Changes:
    """At most one fault per camera, and one per device."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._active: dict[str, ActiveFault] = {}

    def switch(self, key: str, fault: Fault | None) -> None:
        """Put a camera, or a device under its key as in `active`, into a fault from now on; mend it with None."""
        with self._lock:
            if fault is None:
                self._active.pop(key, None)
            else:
                self._active[key] = ActiveFault(fault, self._clock())

    def active(self) -> Mapping[str, ActiveFault]:
        """The faults in force now, by camera, and by device under `DEVICE_KEY` and its id."""
        with self._lock:
            return dict(self._active)
