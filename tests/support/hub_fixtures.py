"""Fixtures of tests that need a hub: its desk, its key, a broker, and a site that reports to it by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hubdesk import Desk
from live_site import Live
from mosquitto import Broker

from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.hub.stores import signing_key

if TYPE_CHECKING:
    from postgres import PostgresServer


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A hub's store and intake, without a broker, in the test's folder `hub`."""
    opened = Desk(tmp_path / "hub")
    yield opened
    opened.store.close()


@pytest.fixture
def live(desk: Desk, tmp_path: Path) -> Iterator[Live]:
    """A site whose own cycle makes the reports that go to `desk`."""
    made = Live(tmp_path, desk)
    yield made
    made.spool.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running mosquitto with its files in the test's folder `broker`."""
    with Broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def hub_signer(tmp_path: Path) -> Signer:
    """The key of the hub whose data is in the test's folder `hub`."""
    return load_or_create_signer(tmp_path / "hub" / signing_key.KEY_NAME)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run a PostgreSQL for all tests that want a place in one."""
    from postgres import PostgresServer  # psycopg is loaded for no other test

    with PostgresServer() as server:
        yield server
