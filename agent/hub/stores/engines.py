"""Opens what the hub stores with the engine that the hub's data folder names.

A file in that folder names one of the table `NAMED`; where there is none, it is SQLite. Every command sees the same, as
all come here. A new engine is a folder beside this file, in which a module has its row, and a line in `NAMED`;
`tests/hub/ports` takes each. What is above the ports knows none of them.
"""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from agent.hub.domain.rows.keeping import Migrated
from agent.hub.ports.enroll import EnrollStore
from agent.hub.ports.files import Files
from agent.hub.ports.log import LogStore
from agent.hub.ports.people import PeopleStore
from agent.hub.ports.store import Leading, Store
from agent.hub.ports.trust import TrustStore
from agent.hub.stores import areas, enroll, log, store
from agent.hub.stores.keeping import files as sqlite_files
from agent.hub.stores.keeping.alone import Alone
from agent.hub.stores.page import people
from agent.model.errors import ConfigurationError

GoesOn = Callable[[int], bool]
"""Called between two portions of a migration with about how many reports are left; false ends it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How an engine opens what it has of a hub, each by the hub's data folder; True: only to read.

    An opener makes what is not there yet, but to read, and raises Forbidden, ConfigurationError or StoreWaits.
    """

    store: Callable[[Path, bool, GoesOn], Store]
    trust: Callable[[Path], TrustStore]
    log: Callable[[Path, bool], LogStore]
    enroll: Callable[[Path], EnrollStore]
    people: Callable[[Path, bool], PeopleStore]
    files: Files
    leading: Callable[[Path], Leading]
    is_shared: bool
    """Whether several hubs may run on the same data."""


SQLITE: Final = Engine(
    store=store.Store,
    trust=areas.TrustStore,
    log=log.LogStore,
    enroll=enroll.EnrollStore,
    people=people.People,
    files=sqlite_files,
    leading=Alone,
    is_shared=False,
)

NAMED: Final[Mapping[str, str]] = {"postgres.conninfo": "agent.hub.stores.postgres.engine"}
"""The module of an engine, by the file in a hub's folder that names it. What needs a package of its own loads here."""

MOVES: Final = "agent.hub.stores.postgres.moving.move"
"""The module that moves a hub from SQLite to PostgreSQL."""


def engine_of(directory: Path) -> Engine:
    """Return the engine of a hub's data folder.

    Raises:
        ConfigurationError: It is one that this installation lacks.
    """
    for name, module in NAMED.items():
        if os.path.lexists(directory / name):
            engine: Engine = _loaded(module, directory / name).ENGINE
            return engine
    return SQLITE


def migrate(directory: Path, conninfo: Path, tell: Callable[[str, int, int], None]) -> Migrated:
    """Move the hub of a folder, which must not run, into the database that a file names; call it again to go on.

    `tell` is called with a table, how many of its rows are done, and of how many. The folder names the database, and
    `hub.db` has another name, once all was compared; an AgentError leaves both as they were.

    Raises:
        UsageError: The folder names PostgreSQL already, or the database has something else.
        Locked: A hub runs on the folder.
        NotVerified: A stored report is not what it was.
        StoreWaits: The server is gone, or somebody writes to `hub.db`.
        ConfigurationError: A file, or the database, cannot be used.
    """
    moved: Migrated = _loaded(MOVES, conninfo).migrate(directory, conninfo, tell)
    return moved


def _loaded(module: str, path: Path) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ConfigurationError(
            "{path}: names PostgreSQL, which this installation lacks: pip install 'camwarden[province]', and libpq5",
            path=path,
        ) from None


def files_of(directory: Path) -> Files:
    """Return what the engine of a hub's data folder has on its disk. Raises ConfigurationError."""
    return engine_of(directory).files


def open_store(directory: Path, read_only: bool = False, goes_on: GoesOn = lambda left: True) -> Store:
    """Open the store of a hub's data folder, or create it, or migrate an older one while `goes_on` says so.

    Raises:
        Forbidden: This user may not use it.
        StoreWaits: Somebody holds it, or the disk is full.
        ConfigurationError: There is no such folder, or nothing to read, or it is no store of this version of the hub.
    """
    return engine_of(directory).store(directory, read_only, goes_on)


def open_trust(directory: Path) -> TrustStore:
    """Return the bindings of a hub's data folder; each call opens them by itself."""
    return engine_of(directory).trust(directory)


def open_log(directory: Path, read_only: bool = False) -> LogStore:
    """Open the log of a hub's data folder, or create it. Raises as `open_store`."""
    return engine_of(directory).log(directory, read_only)


@contextmanager
def log_beside(directory: Path) -> Iterator[LogStore | None]:
    """Open the log of a hub for reading; None where it has none yet. Raises as `open_log`."""
    if not files_of(directory).has_log(directory):
        yield None
        return
    with closing(open_log(directory, read_only=True)) as opened:
        yield opened


def open_enroll(directory: Path) -> EnrollStore:
    """Open tokens and certificates of a desk's folder, or create them. Raises Forbidden, ConfigurationError."""
    return engine_of(directory).enroll(directory)


def open_leading(directory: Path) -> Leading:
    """Return what says whether a hub leads on the data of a folder."""
    return engine_of(directory).leading(directory)


def may_share(directory: Path) -> bool:
    """Return whether several hubs may run on the data of a folder. Raises ConfigurationError."""
    return engine_of(directory).is_shared


def open_people(directory: Path, read_only: bool = False) -> PeopleStore:
    """Open who may use the page of a hub's data folder, or create it; only to read it costs half as much.

    Raises:
        Forbidden: This user may not write there.
        ConfigurationError: It is no such store, or one of a newer camwarden.
    """
    return engine_of(directory).people(directory, read_only)
