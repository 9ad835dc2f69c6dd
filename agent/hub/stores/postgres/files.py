"""Collects what a hub on PostgreSQL has in its data folder, and what its server reports: `agent/hub/ports/files.py`.

Reports are in the server alone, so that nobody copies them by way of the folder: who tries is told what to do instead.
Keys, people, the log, bindings and the enrollment desk are files as ever.
"""

import os
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final, Never

import psycopg

from agent.hub.domain.rows.keeping import Room, Server
from agent.hub.stores.database import Database
from agent.hub.stores.keeping import disk_sizes
from agent.hub.stores.keeping import files as kept
from agent.hub.stores.keeping.files import has_desk, has_log, newest_backup, sound, verify_backup
from agent.hub.stores.postgres.database import NAME, Connected, connect, failed, newest_version, version
from agent.hub.stores.postgres.views import NAME as VIEWS
from agent.model.errors import UsageError

__all__ = [
    "back_up", "has_desk", "has_log", "has_store", "is_secret", "measure", "newest_backup", "restore", "server",
    "sound", "store_bytes", "take_over", "verify_backup", "where",
]  # fmt: skip

_SAYS: Final = (
    "SELECT pg_database_size(current_database()),"
    " current_setting('autovacuum')::boolean AND current_setting('track_counts')::boolean"
)
_NEWEST: Final = "SELECT name FROM migration ORDER BY number DESC LIMIT 1"
_ROOM: Final = (
    "SELECT pg_database_size(current_database()), pg_backend_pid(),"
    " CASE WHEN inet_server_addr() IS NULL AND NOT pg_is_in_recovery()"
    " AND pg_has_role('pg_read_all_settings', 'usage') THEN current_setting('data_directory') END"
)
"""With where its data are, if that may be asked, and it is the primary, reached by a socket of this machine."""


def has_store(directory: Path) -> bool:
    """Return whether a hub has made its tables in the database. Raises AgentError."""
    with closing(connect(directory, read_only=True)) as to:
        return _version(directory, to) > 0


def where(directory: Path) -> Path:
    """Return what names the database."""
    return directory / NAME


def is_secret(name: str) -> bool:
    """Return whether a file of this name must be closed to other users."""
    return name in (NAME, VIEWS) or kept.is_secret(name)


def store_bytes(_: Path) -> int:
    """Return how many bytes the reports take of the disk of the hub's folder: none."""
    return 0


def server(directory: Path) -> Server:
    """Return what the server says of itself and of the hub's tables. Raises AgentError."""
    with closing(connect(directory, read_only=True)) as to:
        number = _version(directory, to)
        try:
            newest = to.execute(_NEWEST).fetchone() if number else None
            ((used, counts_rows),) = to.execute(_SAYS).fetchall()
        except psycopg.Error as error:
            raise failed(where(directory), error) from None
        return Server(
            release=to.db.info.parameter_status("server_version") or "",
            migration=newest[0] if newest else "",
            is_current=number == newest_version(),
            used_bytes=used,
            counts_rows=counts_rows,
        )


def measure(store: Database) -> Room:
    """Return how much room there is; what is free is known of a server on this machine alone. Raises StoreFailed."""
    ((used, process, folder),) = store.all(_ROOM)
    used += disk_sizes.bytes_beside(store.directory)
    if folder is None or not _is_here(process):
        return Room(used, None, None)
    try:
        disk = os.statvfs(folder)
    except OSError:
        return Room(used, None, None)
    return Room(used, disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)


def back_up(directory: Path, _: Path, __: datetime) -> Never:
    """Refuse: the server's own tool copies the database. Raises UsageError."""
    raise UsageError(
        "{path}: the reports are in PostgreSQL: copy them with pg_dump, and this folder by itself while no hub runs",
        path=where(directory),
    )


def restore(_: Path, directory: Path) -> Never:
    """Refuse: the server's own tool brings a copy back. Raises UsageError."""
    raise UsageError(
        "{path}: the reports are in PostgreSQL: bring them back with pg_restore, and the folder's files by themselves",
        path=where(directory),
    )


def take_over(_: Path, directory: Path, __: datetime) -> Never:
    """Refuse: a folder is taken over where reports are files. Raises UsageError."""
    raise UsageError(
        "{path}: names PostgreSQL; take the hub over into a folder without it, then: camwarden hub migrate",
        path=where(directory),
    )


def _version(directory: Path, to: Connected) -> int:
    try:
        return version(to)
    except psycopg.Error as error:
        raise failed(where(directory), error) from None


def _is_here(number: int) -> bool:
    """Return whether a process of the server is one of this machine, and of no container's own count."""
    try:
        return Path(f"/proc/{number}/comm").read_text("ascii").strip() == "postgres"
    except (OSError, UnicodeDecodeError):
        return False
