"""Reserves disk space with a file: removed when the disk is full, written again later.

On a full disk SQLite can neither confirm a report nor name an evicted one: both are written to its log first. The
space of this file is enough for that, not for normal work. When to remove it is decided in
`agent/deliver/spool/database.py`.
"""

import logging
import os
from pathlib import Path
from typing import Final

BYTES: Final = 1024 * 1024
"""Size of the ballast."""

_MADE_ABOVE_BYTES: Final = 4 * BYTES  # with less, the ballast itself would fill the disk
_FULL_BELOW_BYTES: Final = BYTES // 4  # what a transaction of the spool may need

LOG = logging.getLogger("camwarden.spool")


def name_of(path: Path) -> Path:
    """Return the path of a spool's ballast: beside it, on the same disk."""
    return path.with_name(path.name + ".ballast")


def make(path: Path) -> bool:
    """Create a spool's ballast of incompressible bytes, if missing and there is room; return whether it exists."""
    ballast = name_of(path)
    try:
        if ballast.stat().st_size == BYTES:
            return True
    except OSError:
        pass
    if (free_bytes(path.parent) or 0) < _MADE_ABOVE_BYTES:
        return False
    try:
        descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(BYTES))
            file.flush()
            os.fsync(file.fileno())  # some file systems find out only now that there is no room
    except OSError:
        remove(path)
        return False
    return True


def remove(path: Path) -> bool:
    """Remove the ballast of a spool; return whether there was any."""
    try:
        name_of(path).unlink()
    except OSError:
        return False
    return True


def is_full(directory: Path) -> bool:
    """Return whether the disk of a folder has no room for a transaction; False where that is unknown."""
    free = free_bytes(directory)
    return free is not None and free < _FULL_BELOW_BYTES


def free_bytes(directory: Path) -> int | None:
    """Return the bytes that an ordinary user may still write. Source: statvfs(3), `f_bavail`."""
    try:
        disk = os.statvfs(directory)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize
