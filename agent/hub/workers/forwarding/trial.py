"""Decides whether to try again what a broker may end a connection for. Pure, but for the log.

RabbitMQ ends the connection of a client that subscribes where it may not read, and the channel of one that publishes
where it may not write. What is only wished for must not cost the reports of all sites: it is tried until two
connections in a row have ended right behind it, and then not before the next start.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from agent.hub.workers.intake import Event

LOG = logging.getLogger("camwarden.hub")

ENDS_MOST: Final = 2
"""One may be chance: a broker that starts anew, or a cable."""

_ENDS_WITHIN: Final = timedelta(seconds=10)


class Trial:
    """One such thing, in one process. `event` is told, and `words` are logged, once it is not tried any more."""

    def __init__(self, tell: Callable[[Event], None], event: str, words: str) -> None:
        self._tell, self._event, self._words = tell, event, words
        self._tried_at: datetime | None = None
        self._ends = 0

    @property
    def is_open(self) -> bool:
        """Whether to try it."""
        return self._ends < ENDS_MOST

    def tried(self, now: datetime) -> None:
        """Note that it is being tried on this connection."""
        self._tried_at = now

    def connection_ended(self, now: datetime) -> None:
        """Note that the connection has ended without having been asked to."""
        tried_at, self._tried_at = self._tried_at, None
        if self._ends >= ENDS_MOST:
            return
        is_behind = tried_at is not None and timedelta() <= now - tried_at < _ENDS_WITHIN
        self._ends = self._ends + 1 if is_behind else 0
        if self._ends >= ENDS_MOST:
            LOG.warning("%s", self._words)
            self._tell({"event": self._event})
