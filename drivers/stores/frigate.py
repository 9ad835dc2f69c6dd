"""Reads recordings of Frigate: its table lists them, and some of the files that it names are checked in turn.

`frigate_rows.py` reads the table unnoticed, `frigate_days.py` decides on days, `frigate_files.py` finds files.
"""

from collections.abc import Iterator
from typing import BinaryIO

from drivers.errors import DriverError
from drivers.footage import StoreTask
from drivers.stores.answer import Account, Result, answer, unavailable
from drivers.stores.ends import Troubles
from drivers.stores.folder import open_file
from drivers.stores.frigate_days import Days
from drivers.stores.frigate_rows import Rows, opened
from drivers.stores.index import Index, with_index


def read(task: StoreTask) -> Result:
    """Read a store of Frigate."""
    try:
        with opened(task.store.path, task.progress) as rows:
            return with_index(task.index, task.store, lambda index: _read(task, rows, index))
    except DriverError as error:
        return unavailable(task, error.reason, str(error)), ()


def _read(task: StoreTask, rows: Rows, index: Index) -> Result:
    days = Days(task, rows, index)
    days.read()

    def open_segment(_: str, name: str) -> BinaryIO:
        task.progress()
        return open_file(str(days.files.path(name)))

    return answer(task, _accounts(task, days, index), open_segment)


def _accounts(task: StoreTask, days: Days, index: Index) -> Iterator[tuple[str, Account]]:
    for camera, name in task.cameras:
        parts = {("", day): part for day, part in days.parts[name].items()}
        if not parts and not index.knows(name):
            detail = "the recorder's table has no row of this camera: correct store_name, or record it"
            yield camera, Account(missing=("unreachable", detail))
            continue
        troubles = Troubles()
        for part in parts.values():
            troubles.add(part.troubles)
        yield camera, Account(parts, troubles)
