"""Writes files atomically, and as the user that owns them."""

import errno
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from agent.host.users import is_root

SECRET_WRONG_BITS: Final = 0o077
"""Permission bits that a file with a secret must not have."""
FROM_SYSTEMD_WRONG_BITS: Final = 0o037
"""systemd grants its user the file by an access list, whose mask stat shows as the group's rights.

Source: acl(5), correspondence between ACL entries and file permission bits.
"""

WITHOUT_WAITING: Final = getattr(os, "O_NONBLOCK", 0)
"""Opens a pipe in a file's place at once; Windows has none in its folders."""

_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com[1-9]|lpt[1-9])(?=\.|$)")
"""Source: Microsoft, Naming Files, Paths, and Namespaces."""


def portable_name(name: str) -> str:
    """Return a file's name that Windows has too: `_` after a word that it reserves for devices."""
    return _RESERVED.sub(r"\1_", name) if _RESERVED.match(name) else name


def write_atomic(path: Path, data: bytes, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Replace a file's content: temp file in the same folder, write, fsync, rename, fsync of the folder.

    Args:
        path: The file; its folder must exist.
        data: The whole new content.
        mode: Permission bits, whatever the umask.
        owner: Its user and group; None: the process's own.

    Raises:
        OSError: The folder is missing, full, or may not be written. The old content is untouched.

    Source: rename(2), fsync(2).
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            made = os.fstat(file.fileno())
            # The unit forbids this call, also where it changes nothing.
            if sys.platform != "win32" and owner is not None and owner != (made.st_uid, made.st_gid):
                os.fchown(file.fileno(), *owner)
            if sys.platform != "win32":
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_directory(path.parent)


def replace_content(path: Path, data: bytes) -> None:
    """Replace a file's content, preserving owner and permissions; a symbolic link is followed.

    Raises:
        OSError: As `write_atomic`, or its owner cannot be preserved.
    """
    path = path.resolve()
    status = path.stat()
    write_atomic(path, data, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))


def read_of_owner(path: Path, most_bytes: int) -> bytes:
    """Return the content of a plain file that only root or the owner of its folder may have written.

    Raises OSError where it cannot be read, ValueError where it is something else, of another owner, writable by others,
    or larger than `most_bytes`.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | WITHOUT_WAITING)
    with os.fdopen(descriptor, "rb") as file:
        there = os.fstat(descriptor)
        if not stat.S_ISREG(there.st_mode):
            raise ValueError("it is no plain file")
        if sys.platform != "win32" and there.st_uid not in (0, path.parent.stat().st_uid):
            raise ValueError("it is not of the owner of its folder")
        if sys.platform != "win32" and there.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ValueError("others may write it")
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError("it is too large")
    return data


def create_empty(path: Path, mode: int = 0o600) -> None:
    """Create an empty file where there is none, for SQLite, which gives its side files the same mode.

    A file that is there is not opened: to close it would end every lock that SQLite has on it for this process. Whoever
    changes the database next would then take its write-ahead log away, and what this process commits would be lost.

    Raises:
        PermissionError: It is there, and this user may not read and write it; or it may not be made.
        OSError: It cannot be made, or something else than a file is there.

    Source: sqlite.org/howtocorrupt.html, section 2.2; fcntl(2), advisory record locks.
    """
    real = path.resolve()
    try:
        os.close(os.open(real, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), mode))
    except FileExistsError:
        if not real.is_file():
            raise OSError(errno.EINVAL, "it is no plain file", str(path)) from None
        require_access(real, os.R_OK | os.W_OK)


def require_access(path: Path, mode: int = os.R_OK) -> None:
    """Raise PermissionError where this user may not use a file so, FileNotFoundError where there is none.

    For files of SQLite, which must not be opened to ask that: see `create_empty`.
    """
    path.stat()
    if not os.access(path, mode, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def sync_directory(directory: Path) -> None:
    """Fsync a folder's names; not on Windows, which opens no folder. Source: fsync(2)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def as_owner_of(directory: Path) -> Iterator[None]:
    """Act as the owner of a folder while root, so that files written into the service's state stay the service's.

    Does nothing for other users, for a folder of root, and where the folder is missing.
    """
    try:
        owner = directory.stat()
    except OSError:
        yield
        return
    if not is_root() or owner.st_uid == 0:
        yield
        return
    group = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
