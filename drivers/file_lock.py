"""Locks an open file for one process: the lock ends with the process, or when the file is closed.

Here since credentials are locked here, and `agent/host/lock.py` locks with it too.

Source: flock(2); Microsoft C runtime, _locking.
"""

import os
import sys
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FAR: Final = 1 << 30
"""The byte that is locked on Windows. There nobody else can read what is locked, and a lock file names its holder."""


def try_lock(descriptor: int) -> bool:
    """Lock a file at once; return False where another process holds it."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def wait_for_lock(descriptor: int) -> None:
    """Lock a file as soon as nobody else holds it."""
    if sys.platform == "win32":
        while True:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # gives up after ten seconds
            except OSError:
                continue
            return
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def open_private(path: Path) -> int | None:
    """Open a file of this user's own, made where it is missing and never through a link; None where that fails."""
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError:
        return None
