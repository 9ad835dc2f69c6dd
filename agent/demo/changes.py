"""Faults that are switched on and off while the simulated site runs, shared by all its servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from agent.demo.cameras import Fault
from agent.demo.recordings import ActiveFault


class Changes:
    """At most one fault per camera."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._active: dict[str, ActiveFault] = {}

    def switch(self, camera_id: str, fault: Fault | None) -> None:
        """Put a camera into a fault from now on, or mend it with None."""
        with self._lock:
            if fault is None:
                self._active.pop(camera_id, None)
            else:
                self._active[camera_id] = ActiveFault(fault, self._clock())

    def active(self) -> Mapping[str, ActiveFault]:
        """The faults in force now, by camera."""
        with self._lock:
            return dict(self._active)
