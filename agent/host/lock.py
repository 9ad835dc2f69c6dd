"""Locks a path for one process: a lock file names the holder, and the lock ends with its process."""

import os
from contextlib import suppress
from pathlib import Path

from agent.model.errors import ConfigurationError, Forbidden, Locked, os_words
from drivers.file_lock import try_lock


def lock(path: Path) -> int:
    """Return an open descriptor that locks `path` until it is closed or the process ends.

    The lock is a file beside it (`.lock`); missing folders are created.

    Raises:
        Locked: Another process holds it; the message names its number.
        Forbidden: This user may not write there.
        ConfigurationError: The path is not writable for another reason.
    """
    name = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise Forbidden("{name}: this user may not write here; run as the service's user", name=name) from None
    except OSError as error:
        raise ConfigurationError("{name}: no files can be kept here: {why}", name=name, why=os_words(error)) from None
    if not try_lock(descriptor):
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise Locked(
            "{path}: process {holder} uses it; stop that process first, or leave the work to it",
            path=path,
            holder=holder,
        )
    with suppress(OSError):  # the disk is full: the lock holds all the same, it only cannot say whose it is
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def holder(path: Path) -> int | None:
    """Return the process that holds `path`, without touching the lock; None where none does.

    The number in the lock file outlives its process and may be reused: it counts only while a process of that number
    holds an flock of that very file. Where the kernel does not list locks, it counts.

    Raises:
        PermissionError: This user may not read the lock file.

    Source: proc_locks(5).
    """
    file = path.with_name(path.name + ".lock")
    try:
        number, inode = int(file.read_text("ascii")), str(file.stat().st_ino)
    except (FileNotFoundError, ValueError):
        return None
    if not Path(f"/proc/{number}").exists():
        return None
    try:
        rows = [line.split() for line in Path("/proc/locks").read_text("ascii").splitlines()]
    except OSError:
        return number
    locks = ((row[4], row[5].rpartition(":")[2]) for row in rows if row[1:2] == ["FLOCK"] and len(row) > 5)
    return number if (str(number), inode) in locks else None
