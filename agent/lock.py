"""One process at a time: a lock file that names its holder and dies with it."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from agent.errors import ConfigurationError, Forbidden, Locked


def lock(path: Path) -> int:
    """Return an open descriptor that holds `path` until it is closed or the process ends, however it ends.

    The lock is a file beside it (`.lock`); missing folders are made.

    Raises:
        Locked: Another process holds it; the message names its number.
        Forbidden: This user may not write there.
        ConfigurationError: There is no such place.
    """
    name = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise Forbidden(f"{name}: this user may not write here; run as the service's user") from None
    except OSError as error:
        raise ConfigurationError(f"{name}: no files can be kept here: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise Locked(f"{path}: process {holder} uses it; stop that process first, or leave the work to it") from None
    with suppress(OSError):  # the disk is full: the lock holds all the same, it only cannot say whose it is
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
