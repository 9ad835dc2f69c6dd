"""What the store in PostgreSQL promises beside its ports: a server that ends, months, several workers at once."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from patience import PATIENCE_S
from portside import BEGIN, HOUR, Sender, health
from postgres import PostgresServer

from agent.contract.chain import GENESIS, utc_text
from agent.hub.domain.rows.intake import Key
from agent.hub.stores.postgres.store import Store
from agent.model.errors import ConfigurationError, Forbidden, StoreFailed, StoreWaits
from agent.model.finding import Head
from agent.verify.message import Chain

KEY: Key = ("S1", "e1", "health")


@pytest.mark.parametrize("end", ["immediate", "fast"])
def test_a_server_that_ends_within_a_transaction_leaves_nothing_of_it_and_all_that_was_committed(
    postgres: PostgresServer, hub: Path, store: Store, end: str
) -> None:
    site = Sender().meet(store)
    first = site.send(store, "health", 1, health(BEGIN), BEGIN)
    with pytest.raises(StoreWaits), store.transaction():
        store.keep_report(site.claim("health", 2, health(BEGIN), BEGIN), False, BEGIN)
        store.chains.keep(KEY, Chain(Head(2, "b" * 64), Head(2, "b" * 64)))
        store.next_ack_no("S1", BEGIN)
        postgres.stop(end)
    try:
        with pytest.raises(StoreWaits), store.transaction():
            raise AssertionError("there is no server")
    finally:
        postgres.start()
    site.send(store, "health", 2, health(BEGIN), BEGIN)
    assert [one.digest for one in store.reports.stored(*KEY, 1, 9)] == [first.digest, site.made["health", 2].digest]
    assert store.chains.get(KEY).confirmed.seq == 2
    with closing(Store(hub, read_only=True)) as other:
        assert other.epoch_of("S1") == "e1"


def test_a_value_that_postgresql_cannot_store_is_no_failure_of_the_store(store: Store) -> None:
    """Else the hub would try its batch for ever: the message is one site's, and is left out."""
    site = Sender().meet(store)
    with pytest.raises(psycopg.DataError), store.transaction():
        store.keep_state("S1", 1, "ready\0", BEGIN)
    with pytest.raises(psycopg.DataError), store.transaction():
        store.chains.count("S1", "a\0b")
    site.send(store, "health", 1, health(BEGIN), BEGIN)
    assert store.report_at(*KEY, 1) == (site.made["health", 1].digest, GENESIS.digest)


def test_of_several_that_open_an_empty_database_at_once_each_finds_it_whole(
    postgres: PostgresServer, hub: Path
) -> None:
    begun, met = threading.Barrier(4), []

    def opens(number: int) -> None:
        begun.wait(PATIENCE_S)
        with closing(Store(hub)) as own, own.transaction():
            met.append(own.meet(f"S{number}", "datong", "e1", BEGIN))

    threads = [threading.Thread(target=opens, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert met == [False] * 4
    assert postgres.query("SELECT name FROM migration ORDER BY number") == [
        ("001_intake",), ("002_reports",), ("003_views",), ("006_months_apart",), ("008_several_processes",),
    ]  # fmt: skip


def test_who_opens_it_waits_for_nobody_who_writes(hub: Path, store: Store) -> None:
    with store.transaction(), closing(Store(hub)) as other:
        assert other.all_epochs() == []


def test_what_cannot_be_opened_is_named_and_no_password_with_it(postgres: PostgresServer, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"postgres\.conninfo: not there"):
        Store(tmp_path)
    place = tmp_path / "postgres.conninfo"
    place.write_text("host=/nowhere password=geheim dbname=x")
    with pytest.raises(ConfigurationError, match="a password stands in it") as told:
        Store(tmp_path)
    place.write_text("host=/nowhere dbname=x")
    with pytest.raises(StoreWaits) as gone:
        Store(tmp_path)
    place.write_text("geheim")
    with pytest.raises(ConfigurationError) as wrong:
        Store(tmp_path)
    place.write_text(f"host={postgres.directory} dbname=postgres user=hub")
    with pytest.raises(ConfigurationError, match="no database of this version"):
        Store(tmp_path, read_only=True)
    assert "geheim" not in f"{told.value}{gone.value}{wrong.value}"
    assert "postgres.conninfo" in f"{gone.value}" and "\n" not in f"{gone.value}{wrong.value}"


def test_a_database_that_sorts_by_a_language_is_refused(postgres: PostgresServer, tmp_path: Path) -> None:
    """Pages of sites go by name: a page that ends where another order begins leaves sites out."""
    postgres.create("german", "LOCALE_PROVIDER icu ICU_LOCALE 'de' TEMPLATE template0")
    (tmp_path / "postgres.conninfo").write_text(f"host={postgres.directory} dbname=german user=hub")
    with pytest.raises(ConfigurationError, match="sorts texts by a language"):
        Store(tmp_path)


def test_a_database_of_a_newer_hub_is_refused(postgres: PostgresServer, hub: Path, store: Store) -> None:
    postgres.query("INSERT INTO migration VALUES (999, '999_later', now())")
    assert not store.is_current()
    for read_only in (False, True):
        with pytest.raises(ConfigurationError, match="no database of this version"):
            Store(hub, read_only)


def test_times_sort_as_texts_and_a_clock_that_went_back_takes_nothing_back(store: Store) -> None:
    Sender().meet(store)
    with store.transaction():
        store.chains.hear("S1", utc_text(BEGIN), "mqtt5")
        store.chains.late("S1", utc_text(BEGIN))
    with store.transaction():
        store.chains.hear("S1", utc_text(BEGIN - HOUR), "")
        store.chains.late("S1", utc_text(BEGIN - HOUR))
    assert store.all("SELECT arrived_at, backlog_at FROM site") == [(utc_text(BEGIN), utc_text(BEGIN))]


def test_what_is_no_failure_of_the_moment_is_not_waited_for(store: Store) -> None:
    with pytest.raises(StoreFailed) as wrong:
        store.all("SELECT 1 FROM nowhere")
    assert not isinstance(wrong.value, StoreWaits)
    assert not issubclass(Forbidden, StoreFailed)
