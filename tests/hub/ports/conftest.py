"""Opens the store of a data folder with each engine in the table: a row there runs all of these tests once more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from empty_hub import lay_empty
from portside import Opens

from agent.hub.ports.store import Store
from agent.hub.stores.engines import NAMED, SQLITE, Engine
from agent.hub.stores.postgres import engine as postgres_engine

ENGINES: dict[str, Engine] = {"sqlite": SQLITE, "postgres.conninfo": postgres_engine.ENGINE}


@pytest.fixture(params=["sqlite", *NAMED])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """Return one, with a data folder that names it."""
    return _laid(request, tmp_path / "hub")


@pytest.fixture(scope="module", params=["sqlite", *NAMED])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Open a store for those tests of a file that only read what the file puts into it once."""
    folder = tmp_path_factory.mktemp("shared") / "hub"
    store = _opened(_laid(request, folder), folder)
    yield store
    store.close()


def _laid(request: pytest.FixtureRequest, folder: Path) -> Engine:
    if request.param == "postgres.conninfo":
        request.getfixturevalue("postgres").place(folder)
    return ENGINES[request.param]


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
