"""Lists names, sizes and times for a reader of segments: of a folder of this host, or any other `Tree`.

Paths are text below the store's own folder, with slashes; the empty one is that folder itself.
"""

import errno
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

State = tuple[int, int]
"""Size in bytes, and time of the last change in nanoseconds since 1970."""

_AT_ONCE = 1000
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Tree(Protocol):
    """A tree of folders with files. Every method raises OSError for what it cannot do."""

    def names(self, folder: str) -> list[str]:
        """List everything in a folder, in any order."""
        ...

    def changed_ns(self, folder: str) -> int:
        """Return when a name was last added to or removed from a folder, in nanoseconds since 1970."""
        ...

    def states(self, folder: str, names: Sequence[str]) -> list[State | None]:
        """Return the state of files; None for one that is gone by now, or is no file."""
        ...

    def open(self, folder: str, name: str) -> BinaryIO | None:
        """Open a file for reading; None where there is only a listing."""
        ...


class DiskTree:
    """A real folder. Links are followed, for recorders move old footage to another disk and leave a link behind."""

    def __init__(self, root: Path, progress: Callable[[], None]) -> None:
        self._root = os.fspath(root)
        self._progress = progress

    def names(self, folder: str) -> list[str]:
        """List everything in a folder."""
        self._progress()
        return os.listdir(self._path(folder))  # noqa: PTH208 # millions of names: no object for each

    def changed_ns(self, folder: str) -> int:
        """Return when the folder itself was changed."""
        return os.stat(self._path(folder)).st_mtime_ns  # noqa: PTH116 # the same

    def states(self, folder: str, names: Sequence[str]) -> list[State | None]:
        """Stat files one by one, from within their folder."""
        found: list[State | None] = []
        within = os.open(self._path(folder), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for number, name in enumerate(names):
                if number % _AT_ONCE == 0:
                    self._progress()
                try:
                    state = os.stat(name, dir_fd=within)
                except OSError as error:
                    if error.errno not in _GONE:
                        raise
                    found.append(None)
                    continue
                found.append((state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else None)
        finally:
            os.close(within)
        return found

    def open(self, folder: str, name: str) -> BinaryIO:
        """Open a file."""
        self._progress()
        return open_file(f"{self._path(folder)}/{name}")

    def _path(self, folder: str) -> str:
        return f"{self._root}/{folder}" if folder else self._root


def open_file(path: str) -> BinaryIO:
    """Open a file, never blocking, as a pipe of that name would. Raises OSError; FileNotFoundError also for no file."""
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise FileNotFoundError(errno.ENOENT, "it is no file", path)
    return os.fdopen(opened, "rb")
