"""Selects the server that views read from: a standby that is near enough, else the one that is written to.

`postgres-views.conninfo` in the hub's folder names a streaming standby, in libpq's form. Where that does not answer, is
none, is of another hub, or is far behind, views read from the primary, and look again after a while; where that does
not answer either, from the standby, however far behind, and it is told. Whoever writes never comes here.

A standby that has replayed all that it received is not behind, however long ago the primary last wrote: as long as it
receives. Where it does not, nobody here knows what it lacks, and it counts as behind since the last thing it replayed.

Source: PostgreSQL manual, 9.28.4 (pg_last_xact_replay_timestamp), 27.2 (pg_stat_wal_receiver), 9.27.13
(pg_control_system: a standby has the system identifier of its primary).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from agent.host.clock import time_is_over
from agent.hub.domain.rows.keeping import ReadFrom, WhyElsewhere
from agent.hub.stores.postgres.database import Connected, connect, connect_by, newest_version, version
from agent.model.errors import StoreWaits

NAME: Final = "postgres-views.conninfo"
FAR_S: Final = 60.0
"""A standby that is further behind is not read from."""

AGAIN_S: Final = 30.0
"""So long views read elsewhere before the standby is tried again."""

_STATE: Final = (
    "SELECT pg_is_in_recovery(), CASE WHEN EXISTS (SELECT 1 FROM pg_stat_wal_receiver)"
    " AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0.0::float8"
    " ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END"
)
_WHOSE: Final = (
    "SELECT (SELECT system_identifier FROM pg_control_system())::text, current_database()::text, current_schema()::text"
)
"""Which tables these are, the same on a primary and its standbys: one server may have those of several hubs."""


@dataclass(frozen=True, slots=True)
class View:
    """A connection that views read from. `why`: why it is not the standby, or one that stands in; empty: it is."""

    to: Connected
    is_standby: bool
    why: WhyElsewhere
    is_over: Callable[[], bool]
    """Whether it is time to try the standby again."""

    def read_from(self) -> ReadFrom:
        """Return which server it is, and how far behind. Raises psycopg.Error."""
        return ReadFrom(self.is_standby, _lag_s(self.to) if self.is_standby else None, self.why)

    def is_current(self) -> bool:
        """Return whether it is still to be read from. Raises psycopg.Error."""
        if self.is_standby and not self.why:
            return not _why(self.to)
        return not self.is_over()


def open_view(directory: Path) -> View | None:
    """Connect to what views of a hub's folder read from; None: it names no standby. Raises as `connect`."""
    path = directory / NAME
    if not os.path.lexists(path):
        return None
    standby, why = _standby(path)
    try:
        primary = connect(directory, read_only=True)
    except StoreWaits:
        if standby is None or why == "no-standby":
            raise
        return View(standby, True, why or "no-primary", time_is_over(AGAIN_S))
    if standby is not None and not why and _whose(standby) != _whose(primary):
        why = "another-hub"
    if standby is not None and not why:
        primary.close()
        return View(standby, True, "", time_is_over(AGAIN_S))
    if standby is not None:
        standby.close()
    return View(primary, False, why, time_is_over(AGAIN_S))


def _standby(path: Path) -> tuple[Connected | None, WhyElsewhere]:
    """Connect to what is named as the standby; return why it is not to be read from, empty where it is."""
    try:
        to = connect_by(path, read_only=True, standby=True)
        return to, _why(to)
    except (StoreWaits, psycopg.Error):
        return None, "no-answer"


def _why(to: Connected) -> WhyElsewhere:
    """Return why a server is not to be read from; empty: it is. Raises psycopg.Error."""
    ((is_standby, lag_s),) = to.execute(_STATE).fetchall()
    if not is_standby:
        return "no-standby"
    return "far-behind" if lag_s is None or lag_s > FAR_S or version(to) != newest_version() else ""


def _whose(to: Connected) -> tuple[str, str, str]:
    (row,) = to.execute(_WHOSE).fetchall()
    system, database, schema = row
    return system, database, schema


def _lag_s(to: Connected) -> float | None:
    ((_, lag_s),) = to.execute(_STATE).fetchall()
    return None if lag_s is None else max(0.0, float(lag_s))
