"""Writes exports into a folder, each under a name of its own that is never written again, and deletes the oldest.

The folder may be others' to write: everything in it is reached by its one open descriptor, no link in it is followed,
and only what has the name of this question's exports is deleted.

Source: open(2), linkat(2): a link is made where nothing has the name, or not at all.
"""

import errno
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from typing import Final

from agent.hub.domain.asking.saved import Format

MODE: Final = 0o640
"""The group of the folder may read them."""

SAME_DAY_MOST: Final = 100


def write_new(folder: str, name: str, day: date, contents: Mapping[Format, bytes]) -> list[str]:
    """Write the files of one export, all or none; return their names: with a number where one of this day is there.

    Raises:
        OSError: The folder is not there, full, or not this user's to write.
    """
    with _opened(folder) as at:
        parts: dict[Format, str] = {}
        made: list[str] = []
        try:
            for kind, data in contents.items():
                parts[kind] = f".{name}.{kind}.part"
                _remove(at, parts[kind])  # what an ended hub has left
                _write(at, parts[kind], data)
            stem = _free(at, f"{name}-{day.isoformat()}", contents.keys())
            for kind, part in parts.items():
                os.link(part, f"{stem}.{kind}", src_dir_fd=at, dst_dir_fd=at, follow_symlinks=False)
                made.append(f"{stem}.{kind}")
        except BaseException:
            for one in made:
                _remove(at, one)
            raise
        finally:
            for part in parts.values():
                _remove(at, part)
        os.fsync(at)
        return made


def prune(folder: str, name: str, kept: int) -> None:
    """Delete the oldest exports of a question, so that so many stay in each format. Raises OSError."""
    ours = re.compile(rf"{re.escape(name)}-(\d{{4}}-\d\d-\d\d)(?:-(\d{{1,2}}))?\.(csv|xlsx)")
    with _opened(folder) as at:
        found: dict[str, list[tuple[str, int, str]]] = {}
        for one in _entries(at):
            match = ours.fullmatch(one.name)
            if match and one.is_file(follow_symlinks=False):
                found.setdefault(match[3], []).append((match[1], int(match[2] or 1), one.name))
        for files in found.values():
            for *_, old in sorted(files)[:-kept]:
                _remove(at, old)


@contextmanager
def _opened(folder: str) -> Iterator[int]:
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield at
    finally:
        os.close(at)


def _write(at: int, name: str, data: bytes) -> None:
    made = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=at)
    with os.fdopen(made, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(made, MODE)
        os.fsync(made)


def _free(at: int, stem: str, kinds: Collection[Format]) -> str:
    """Return the first name of which no file is there; whoever takes it meanwhile makes the link fail."""
    there = {one.name for one in _entries(at)}
    for number in range(1, SAME_DAY_MOST):
        one = stem if number == 1 else f"{stem}-{number}"
        if not any(f"{one}.{kind}" in there for kind in kinds):
            return one
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), f"{stem}.*")


def _entries(at: int) -> list[os.DirEntry[str]]:
    with os.scandir(at) as entries:
        return list(entries)


def _remove(at: int, name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=at)
