"""Opens the hub's database for the running hub, which waits where a command would end.

An older database is migrated first: nothing is received meanwhile, and sites keep what is not confirmed. How many
reports are left is told again and again, and a hub that is told to end does so after the portion.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.host import sd_notify
from agent.hub.ports.store import Store
from agent.hub.stores import engines
from agent.hub.workers.alive import Alive
from agent.hub.workers.intake import Event
from agent.model.errors import ConfigurationError, StoreWaits

LOG = logging.getLogger("camwarden.hub")

AGAIN_S: Final = 1.0
"""So long between two tries."""

TOLD_EACH_S: Final = 10.0
"""So often it is told how much of a migration is left."""


def open_store(directory: Path, stop: threading.Event, tell: Callable[[Event], None], alive: Alive) -> Store | None:
    """Open the database, and wait for it where it is locked or the disk is full; None: `stop` came first."""
    told, told_at_s = False, 0.0

    def goes_on(left: int) -> bool:
        nonlocal told_at_s
        alive.beat()
        if time.monotonic() - told_at_s >= TOLD_EACH_S:
            told_at_s = time.monotonic()
            LOG.info("the database is of an older version: %d reports are left to convert", left)
            sd_notify.status(f"converting the database: {left} reports left")
            tell({"event": "converting", "left": left})
        return not stop.is_set()

    while not stop.is_set():
        alive.beat()
        try:
            store = engines.open_store(directory, goes_on=goes_on)
        except ConfigurationError:
            if stop.is_set():
                return None
            raise
        except StoreWaits as error:
            if not told:
                LOG.warning("%s; waiting", error)
                tell({"event": "store-waits", "why": str(error)})
            told = True
            stop.wait(AGAIN_S)
        else:
            if told:
                tell({"event": "store-works"})
            return store
    return None
