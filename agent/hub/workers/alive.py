"""Notifies the service manager's watchdog while the hub makes progress."""

import os
import time
from dataclasses import dataclass

from agent.host import sd_notify


@dataclass(slots=True)
class Alive:
    """When to feed it: twice within its limit, in seconds; without one never."""

    interval_s: float
    due_at_s: float = 0.0

    def beat(self) -> None:
        """Note progress. Call it in each loop that may last, and nowhere else: who hangs does not come here."""
        if self.interval_s and time.monotonic() >= self.due_at_s:
            self.due_at_s = time.monotonic() + self.interval_s
            sd_notify.watchdog()


def of_service() -> Alive:
    """Return that of the unit that this process is the main one of."""
    return Alive(sd_notify.watchdog_interval_s(os.environ, os.getpid()))
