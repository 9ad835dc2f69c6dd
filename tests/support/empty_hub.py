"""Puts a hub's database without a row into a folder: the store makes one once, and each test gets a copy.

To make all tables costs a test as much as a hundred reports. What is about making them opens its folder without this.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from agent.hub.stores.store import NAME, Store


def lay_empty(directory: Path) -> Path:
    """Lay the database that a hub leaves which nobody reported to, where there is none; return the folder."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / NAME
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(_made())
    return directory


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        Store(Path(name)).close()  # with the last connection its write-ahead log goes into the file
        return (Path(name) / NAME).read_bytes()
