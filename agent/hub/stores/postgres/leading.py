"""Decides which of several hubs on one database leads: the one that holds an advisory lock.

The lock is of a connection of its own, so that no transaction holds it up, and ends with it, whatever becomes of the
process: the server gives it to the next one that asks. It is of the schema that has the hub's tables.

Source: PostgreSQL manual, 13.3.5 "Advisory Locks".
"""

from pathlib import Path
from typing import Final

import psycopg

from agent.hub.stores.postgres.database import Connected, connect
from agent.model.errors import StoreFailed

_LEADER: Final = 0x63616D79
_TAKE: Final = "SELECT pg_try_advisory_lock(?, hashtext(current_schema()))"
_HOLDS: Final = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
    " AND classid::bigint = ? AND objsubid = 2"
)


class Leading:
    """See `agent/hub/ports/store.py`."""

    def __init__(self, directory: Path) -> None:
        """Ask for nothing yet."""
        self._directory = directory
        self._to: Connected | None = None
        self._has = False

    def holds(self) -> bool:
        """Return whether the lock is held on a connection that answers, and ask for it where it is not."""
        try:
            if self._to is None:
                self._to = connect(self._directory, read_only=True)
            query = _HOLDS if self._has else _TAKE
            ((held,),) = self._to.execute(query, (_LEADER,)).fetchall()
        except (psycopg.Error, StoreFailed):
            self.close()
            return False
        self._has = bool(held)
        return self._has

    def close(self) -> None:
        """End the connection, and the lock with it."""
        self._has = False
        if self._to is not None:
            self._to.close()
            self._to = None
