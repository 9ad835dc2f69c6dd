"""A mosquitto whose limits and access list change while it is there."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import suppress

from tests.support.mosquitto import Broker


class ChangingBroker(Broker):
    """A broker that reads its files again, is given other ones, or loses what it kept."""

    def reload(self) -> None:
        """Have it read access list and limits again."""
        if self._child is not None:
            self._child.send_signal(signal.SIGHUP)

    def configure(self, lines: Sequence[str]) -> None:
        """Give it other lines; they count from its next start."""
        self._lines = list(lines)

    def forget(self) -> None:
        """Remove what it has kept on disk; it must be down."""
        with suppress(FileNotFoundError):
            (self.directory / "mosquitto.db").unlink()
