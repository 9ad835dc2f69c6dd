"""Imports the data of another hub's folder, of release 0.1 too: keys, trust, desk, and every report with its columns.

The folder is copied by a verified backup and not changed. Where it was ended, the same again goes on: what was not
copied whole is copied anew, since that hub may have run meanwhile, and the columns that release 0.1 did not have are
filled in portions. The database appears last, so that a folder that was not copied whole is no hub's.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.host.lock import lock
from agent.hub.stores import trust
from agent.hub.stores.database import connection
from agent.hub.stores.keeping.backup import back_up
from agent.hub.stores.keeping.restore import restore
from agent.hub.stores.store import NAME, Store
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words

STAGED: Final = "take-over"
"""The verified copy, in the new folder until everything is taken over."""


def take_over(old: Path, directory: Path, now: datetime) -> int:
    """Copy the hub in `old`, which must not run, to `directory`, and migrate it; return how many reports it has.

    Raises:
        UsageError: There is another hub at `directory` already, or that in `old` has run since it was copied.
        Locked: A hub runs on one of the two.
        ConfigurationError: `old` is no hub's folder, or a file cannot be read or written. Call it again to go on.
        Forbidden: This user may not use a file.
    """
    staged = directory / STAGED
    if not (old / NAME).exists():
        raise ConfigurationError("{path}: no hub has run here; check --data", path=old / NAME)
    if (directory / NAME).exists() and not staged.exists():
        raise UsageError("{path}: there is a hub already; move it away first", path=directory / NAME)
    try:
        with _held(old):
            if not (directory / NAME).exists():
                with _held(directory):  # a hub that runs there already has no database yet
                    _stage(old, directory, now)
                restore(staged, directory)
            with _held(directory):
                Store(directory).close()
                trust.load(directory)
                reports = _reports(directory / NAME)
                if _reports(old / NAME) != reports:
                    raise UsageError(
                        "{old}: that hub has run since it was copied; move {path} away, and begin again",
                        old=old,
                        path=directory,
                    )
                shutil.rmtree(staged)
    except PermissionError as error:
        path = error.filename or directory
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=path) from None
    except (OSError, sqlite3.Error) as error:
        why = os_words(error) if isinstance(error, OSError) else str(error)
        raise ConfigurationError("{path}: cannot be copied: {why}", path=old, why=why) from None
    return reports


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Have no hub run on a folder meanwhile. Raises Locked where one does."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = lock(folder / "hub")
    try:
        yield
    finally:
        os.close(held)


def _stage(old: Path, directory: Path, now: datetime) -> None:
    """Copy the folder's files, verified; what a try that was ended has copied is copied anew."""
    shutil.rmtree(directory / STAGED, ignore_errors=True)  # that hub may have run since
    shutil.rmtree(directory / f"{STAGED}.part", ignore_errors=True)
    back_up(old, directory / STAGED, now)


def _reports(path: Path) -> int:
    with closing(connection(path, "ro")) as db:
        return int(db.execute("SELECT count(*) FROM report").fetchone()[0])
