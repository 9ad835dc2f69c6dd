"""Decides that a hub leads: where reports are files, the lock of the data folder lets no second one run."""

from pathlib import Path


class Alone:
    """See `agent/hub/ports/store.py`."""

    def __init__(self, _: Path) -> None:
        """Hold nothing: the folder is locked before."""

    def holds(self) -> bool:
        """Return that this hub leads."""
        return True

    def close(self) -> None:
        """Do nothing: the lock ends with the process."""
