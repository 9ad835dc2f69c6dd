"""Measures each hour how much the hub has stored, so that the last look of a day is what it had at its end."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.hub.domain.figures import china_day
from agent.hub.ports.store import Store
from agent.hub.workers.intake import Event
from agent.model.errors import os_words

LOG = logging.getLogger("camwarden.hub")

LOOK_S: Final = 3600.0


@dataclass(slots=True)
class DiskWatch:
    """When a running hub measures next; `is_told`: that it could not store a size."""

    look_at_s: float = 0.0
    is_told: bool = False

    def look(self, store: Store, now: datetime, now_s: float, tell: Callable[[Event], None]) -> None:
        """Measure where it is time to; `now_s` is monotonic. Raises StoreFailed.

        A size that cannot be stored is a day that is not known: no reason to receive nothing.
        """
        if now_s < self.look_at_s:
            return
        self.look_at_s = now_s + LOOK_S
        try:
            store.disk.keep_size(china_day(now), store.disk.measure().used_bytes)
        except OSError as error:
            if not self.is_told:
                LOG.warning("what the disk holds is not stored, so nobody can say when it is full: %s", os_words(error))
            self.is_told = True
        else:
            self.is_told = False
