"""Collects what SQLite has of a hub in its data folder: `agent/hub/ports/files.py`."""

from pathlib import Path
from typing import Final

from agent.hub.stores.enroll import NAME as ENROLL_NAME
from agent.hub.stores.keeping.authors import NAME as NAMES
from agent.hub.stores.keeping.backup import back_up, verify_backup
from agent.hub.stores.keeping.backups import newest_backup
from agent.hub.stores.keeping.restore import restore
from agent.hub.stores.keeping.sound import is_sound
from agent.hub.stores.keeping.take_over import take_over
from agent.hub.stores.log import NAME as LOG_NAME
from agent.hub.stores.page.city_map import NAME as MAP_NAME
from agent.hub.stores.store import NAME

__all__ = [
    "back_up", "has_desk", "has_log", "has_store", "is_secret", "newest_backup", "restore", "server", "sound",
    "store_bytes", "take_over", "verify_backup", "where",
]  # fmt: skip

_SECRET: Final = (NAME, LOG_NAME, NAMES, MAP_NAME)
"""Beside keys: reports (`hub.db.*` is what was put aside), names, where sites are; trust and the desk have none."""


def has_store(directory: Path) -> bool:
    """Return whether a hub has made its database here. Raises OSError where this user may not look."""
    try:
        (directory / NAME).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def where(directory: Path) -> Path:
    """Return where the database is."""
    return directory / NAME


def has_log(directory: Path) -> bool:
    """Return whether there is a log here."""
    return (directory / LOG_NAME).exists()


def has_desk(directory: Path) -> bool:
    """Return whether an enrollment desk has stored something in its folder."""
    return (directory / ENROLL_NAME).exists()


def is_secret(name: str) -> bool:
    """Return whether a file of this name must be closed to other users."""
    return name in _SECRET or name.startswith(f"{NAME}.")


def store_bytes(directory: Path) -> int:
    """Return the size of the database, with its write-ahead log. Raises OSError."""
    return sum(path.stat().st_size for path in directory.glob(f"{NAME}*") if path.is_file())


def server(_: Path) -> None:
    """Return what the database server says: there is none."""


def sound(directory: Path) -> dict[str, bool]:
    """Return whether each database here is sound, by its name. Raises StoreFailed."""
    paths = sorted((*directory.glob("*.db"), *directory.glob("enroll/*.db")))
    return {path.relative_to(directory).as_posix(): is_sound(path) for path in paths}
