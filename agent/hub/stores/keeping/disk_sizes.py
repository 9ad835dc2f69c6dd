"""Stores how much the hub had stored at the end of each day, in a file beside its databases, and measures it.

A file of its own: it proves nothing, and whoever loses it lacks a week of days. Pages of `hub.db` that are free inside
it count as free: what comes next is written there first.
"""

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from agent.contract.payload_bounds import read_json
from agent.host.files import write_atomic
from agent.hub.domain.disk import KEPT_DAYS
from agent.hub.domain.rows.keeping import Room
from agent.hub.stores.database import Database
from agent.model.errors import NotVerified
from agent.verify.members import day_of, dict_of

NAME: Final = "disk.json"
SCHEMA: Final = "camwarden-hub-disk/1"

_MOST_BYTES: Final = 64 * 1024
_BESIDE: Final = ("log.db", "trust.db")


def measure(store: Database) -> Room:
    """Return how much room there is. Raises StoreFailed, OSError."""
    (((pages,),), ((spare,),), ((size,),)) = (
        store.all(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
    )
    beside = bytes_beside(store.directory)
    disk = os.statvfs(store.directory)
    free = disk.f_bavail * disk.f_frsize + spare * size
    return Room((pages - spare) * size + beside, free, disk.f_blocks * disk.f_frsize)


def bytes_beside(directory: Path) -> int:
    """Return the bytes of what grows beside the reports. Raises OSError."""
    return sum(path.stat().st_size for name in _BESIDE if (path := directory / name).exists())


def read_sizes(directory: Path) -> dict[date, int]:
    """Return the stored sizes by day; none where the file is missing or is not ours."""
    try:
        with (directory / NAME).open("rb") as file:
            told = dict_of(read_json(file.read(_MOST_BYTES)))
    except (OSError, NotVerified):
        return {}
    found = {}
    for text, size in dict_of(told.get("days")).items() if told.get("schema") == SCHEMA else ():
        day = day_of(text)
        if day is not None and isinstance(size, int) and not isinstance(size, bool) and size >= 0:
            found[day] = size
    return found


def keep_size(directory: Path, today: date, used_bytes: int) -> None:
    """Store the size of today, in the place of an earlier one of today. Raises OSError.

    The oldest days go: a clock that is wrong for a while adds a day that does not count, and takes none away.
    """
    days: Mapping[date, int] = read_sizes(directory) | {today: used_bytes}
    told = {day.isoformat(): size for day, size in sorted(days.items())[-KEPT_DAYS:]}
    write_atomic(directory / NAME, json.dumps({"schema": SCHEMA, "days": told}).encode(), 0o600)
