"""Opens the store of a hub with one of the engines in a table.

A new engine is a folder beside this file and a row in `ENGINES`; `tests/hub/ports` takes each row. What is above the
ports knows none of them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from agent.hub.ports.store import Store
from agent.hub.stores import store as sqlite

Open = Callable[[Path, bool], Store]
"""Open the store of a data folder, or create it; True: only to read.

Raises Forbidden, ConfigurationError, StoreWaits.
"""

ENGINES: Final[Mapping[str, Open]] = {
    "sqlite": sqlite.Store,
}


def open_store(directory: Path, read_only: bool = False) -> Store:
    """Open the store of a hub's data folder, or create it.

    Raises:
        Forbidden: This user may not use it.
        StoreWaits: Somebody holds it, or the disk is full.
        ConfigurationError: There is no such folder, or nothing to read, or it is no store of this version of the hub.
    """
    return ENGINES["sqlite"](directory, read_only)
