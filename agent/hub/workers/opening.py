"""Opens the hub's database for the running hub, which waits where a command would end."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.hub.ports.store import Store
from agent.hub.stores import engines
from agent.hub.workers.intake import Event
from agent.model.errors import StoreWaits

LOG = logging.getLogger("camwarden.hub")

AGAIN_S: Final = 1.0
"""So long between two tries."""


def open_store(directory: Path, stop: threading.Event, tell: Callable[[Event], None]) -> Store | None:
    """Open the database, and wait for it where it is locked or the disk is full; None: `stop` came first."""
    told = False
    while not stop.is_set():
        try:
            store = engines.open_store(directory)
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
