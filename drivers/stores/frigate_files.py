"""Checks that the files of Frigate's rows exist, and that there are no others. Some are checked in turn.

The recorder runs in a container and names paths of its own; there may be several roots, where old footage was moved to
another disk. Files are searched at the same path, and else in the folder `recordings` beside the database.
"""

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from drivers.stores.ends import SETTLES_S, Troubles

RECORDINGS = "/recordings/"


class Files:
    """Finds files by the paths of rows."""

    def __init__(self, database: Path) -> None:
        self._beside = database.parent / "recordings"

    def path(self, named: str) -> Path:
        """Return the path of a row's file here, existing or not. Raises FileNotFoundError for a folder out of reach."""
        front, found, tail = named.rpartition(RECORDINGS)
        if not found or not named.startswith("/") or ".." in PurePosixPath(named).parts:
            raise FileNotFoundError(0, "the recorder names no path of a recording")
        for root in (Path(f"{front}{RECORDINGS}"), self._beside):
            if root.is_dir():
                return root / tail
        raise FileNotFoundError(0, "the recorder's files cannot be reached from here under the path that it names")

    def compare(self, rows: Iterable[tuple[float, str]], turn: int, now_s: float, troubles: Troubles) -> None:
        """Compare one folder of a day with its rows: those without a file, files without a row, empty files.

        Args:
            rows: Begin and path in each row of one camera and day.
            turn: The index of the day's folder; counts on from look to look.
            now_s: The moment of the look. What began less than a quarter of an hour ago is left out: the recorder
                writes file and row one after the other.
            troubles: Collects the troubles found.
        """
        folders: dict[str, dict[str, float]] = {}
        for at_s, named in rows:
            folder, _, name = named.rpartition("/")
            folders.setdefault(folder, {})[name] = at_s
        settled = sorted(folder for folder, names in folders.items() if max(names.values()) < now_s - SETTLES_S)
        if not settled:
            return
        chosen = settled[turn % len(settled)]
        names = folders[chosen]
        try:
            here = self.path(f"{chosen}/x").parent
        except FileNotFoundError:
            return
        try:
            with os.scandir(here) as entries:
                sizes = {entry.name: entry.stat().st_size for entry in entries if entry.name.endswith(".mp4")}
        except FileNotFoundError:
            sizes = {}
        except PermissionError:
            troubles.note("forbidden", chosen.rpartition("/")[2])
            return
        except OSError:
            troubles.note("unreadable", chosen.rpartition("/")[2])
            return
        for name, at_s in names.items():
            if name not in sizes:
                troubles.note("row-without-file", name, at_s)
            elif sizes[name] == 0:
                troubles.note("empty", name, at_s)
        for name in sizes.keys() - names.keys():
            troubles.note("file-without-row", name, min(names.values()))
