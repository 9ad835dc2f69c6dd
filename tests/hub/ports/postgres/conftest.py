"""Opens the store of a hub whose reports are in a PostgreSQL of the tests, for what only that engine does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from postgres import PostgresServer

from agent.hub.stores.postgres.store import Store


@pytest.fixture
def hub(postgres: PostgresServer, tmp_path: Path) -> Path:
    """Return the data folder, which names a schema of its own."""
    postgres.place(tmp_path / "hub")
    return tmp_path / "hub"


@pytest.fixture
def store(hub: Path) -> Iterator[Store]:
    """Open it to write."""
    with closing(Store(hub)) as opened:
        yield opened
