"""Defines the port of what an engine has in the hub's data folder: whether it is there, its size, copies."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from agent.hub.domain.rows.keeping import Server


class Files(Protocol):
    """What an engine has on the disk of the hub's data, beside what is open."""

    def has_store(self, directory: Path) -> bool:
        """Return whether a hub has made its store here. Raises OSError where this user may not look."""

    def where(self, directory: Path) -> Path:
        """Return where the store is, as people are told."""

    def has_log(self, directory: Path) -> bool:
        """Return whether there is a log here."""

    def has_desk(self, directory: Path) -> bool:
        """Return whether an enrollment desk has stored something in its folder."""

    def is_secret(self, name: str) -> bool:
        """Return whether a file of this name in a data folder must be closed to other users."""

    def store_bytes(self, directory: Path) -> int:
        """Return how many bytes the store takes of the disk that the hub's folder is on. Raises OSError."""

    def server(self, directory: Path) -> Server | None:
        """Return what the server that has the store says of itself; None: the store is files. Raises AgentError."""

    def sound(self, directory: Path) -> Mapping[str, bool]:
        """Return whether each database here can be read whole, by its name. Reads all of it, and holds nobody up.

        Raises:
            StoreFailed: The disk failed, or somebody holds the file.
        """

    def back_up(self, directory: Path, out: Path, now: datetime) -> dict[str, Any]:
        """Copy the data of a hub, which may run, and verify the copy; return its manifest.

        A copy gets its name once it was verified. One that was ended is gone on with by the same call, within a day.

        Raises:
            UsageError: The place is taken.
            AgentError: Something cannot be read or written, or the copy is not what was copied.
        """

    def verify_backup(self, folder: Path) -> dict[str, Any]:
        """Return the manifest of a backup of which each file is what was copied. Raises AgentError."""

    def newest_backup(self, folder: Path) -> tuple[datetime, Path] | None:
        """Return when the newest backup in a folder was made, and where it is. Raises OSError."""

    def restore(self, folder: Path, directory: Path) -> dict[str, Any]:
        """Copy a verified backup to where no hub is; return its manifest. Its log waits for a statement.

        Raises:
            UsageError: There is a hub, or another key.
            AgentError: It is no backup, or something cannot be written.
        """

    def take_over(self, old: Path, directory: Path, now: datetime) -> int:
        """Take the hub of another folder over, also of an older version; return how many reports it has.

        Raises:
            AgentError: It cannot be read, or something cannot be written; the same call goes on with it.
        """
