"""Opens the store of a data folder with each engine in the table: a row there runs all of these tests once more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from empty_hub import lay_empty
from portside import Opens

from agent.hub.ports.store import Store
from agent.hub.stores.engines import NAMED, SQLITE, Engine
from agent.hub.stores.postgres import engine as postgres_engine

if TYPE_CHECKING:
    from emptied_places import EmptiedPlaces
    from postgres import PostgresServer

ENGINES: dict[str, Engine] = {"sqlite": SQLITE, "postgres.conninfo": postgres_engine.ENGINE}


@pytest.fixture(scope="session")
def places(postgres: PostgresServer) -> EmptiedPlaces:
    """Tables that each test of the server finds without a row."""
    from emptied_places import EmptiedPlaces  # psycopg is loaded for no other test

    return EmptiedPlaces(postgres)


@pytest.fixture(params=["sqlite", *NAMED])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return one, with a data folder that names it."""
    with _laid(request, tmp_path / "hub") as engine:
        yield engine


@pytest.fixture(params=["sqlite", *NAMED])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """Return one, with a data folder that names it, in which no hub has been."""
    if request.param == "postgres.conninfo":
        request.getfixturevalue("postgres").place(tmp_path / "hub")
    return ENGINES[request.param]


@pytest.fixture(scope="module", params=["sqlite", *NAMED])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Open a store for those tests of a file that only read what the file puts into it once."""
    folder = tmp_path_factory.mktemp("shared") / "hub"
    with _laid(request, folder) as engine, closing(_opened(engine, folder)) as store:
        yield store


@contextmanager
def _laid(request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    with ExitStack() as lent:
        if request.param == "postgres.conninfo":
            lent.enter_context(request.getfixturevalue("places").lent(folder))
        yield ENGINES[request.param]


def _opened(engine: Engine, folder: Path, read_only: bool = False) -> Store:
    if engine is SQLITE and not read_only:
        lay_empty(folder)
    return engine.store(folder, read_only, lambda left: True)


@pytest.fixture
def opens(engine: Engine, tmp_path: Path) -> Iterator[Opens]:
    """Open the same data, as often as a test asks for; all but those of its threads are closed behind it."""
    with ExitStack() as opened:

        def one(read_only: bool = False) -> Store:
            store = _opened(engine, tmp_path / "hub", read_only)
            if threading.current_thread() is threading.main_thread():
                opened.callback(store.close)
            return store

        yield one


@pytest.fixture
def store(opens: Opens) -> Store:
    return opens()
