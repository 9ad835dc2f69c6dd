"""A file system of its own for a folder, on a file: small enough to be filled, and synced to the disk below it."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_FILLING: Final = "filling"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount one at a folder, which is made; needs root, and a mount namespace where others are not to see it."""
    folder.mkdir(parents=True)
    image = folder.with_name(f"{folder.name}.img")
    with image.open("wb") as file:
        file.truncate(megabytes * 1_000_000)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    """Take all room that the file system of a folder has, to the last byte, and what others give back meanwhile."""
    with (folder / _FILLING).open("ab") as file:
        while room(folder):
            size, portion = os.fstat(file.fileno()).st_size, room(folder)
            while portion:
                try:
                    os.posix_fallocate(file.fileno(), size, portion)
                    size += portion
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    portion //= 2


def free(folder: Path) -> None:
    """Give it back."""
    (folder / _FILLING).unlink()


def room(folder: Path) -> int:
    """Return how many bytes are free."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
