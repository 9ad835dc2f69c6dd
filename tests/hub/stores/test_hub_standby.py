"""A hub on PostgreSQL with a standby: it takes the one that may be written, and what it confirmed outlives a server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from hubside import RunningHub, clock, publishing, site_on
from mosquitto import Broker
from patience import PATIENCE_S
from postgres_pair import PostgresPair

from agent.contract.signing_keys import load_or_create_signer
from agent.hub.stores import signing_key, trust
from agent.hub.stores.engines import open_store
from agent.hub.stores.postgres import database
from agent.hub.stores.postgres.leading import Leading
from agent.model.errors import StoreWaits


@pytest.fixture(scope="module")
def pair() -> Iterator[PostgresPair]:
    with tempfile.TemporaryDirectory(prefix="pair-") as folder:
        Path(folder).chmod(0o755)  # the server's user goes through
        with PostgresPair(Path(folder) / "servers") as servers:
            yield servers


@pytest.fixture
def hub(pair: PostgresPair, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return the folder of a hub that knows both servers, the standby first, and has a schema of its own."""
    path = request.node.name[:50]
    pair.query(f"CREATE SCHEMA {path}")
    folder = tmp_path / "hub"
    folder.mkdir()
    name(folder, pair.conninfo(pair.standby, pair.primary, path=path))
    return folder


def name(folder: Path, conninfo: str) -> None:
    (folder / database.NAME).write_text(f"{conninfo}\n")


def test_of_several_servers_the_one_that_may_be_written_is_found_in_any_order(pair: PostgresPair, hub: Path) -> None:
    for numbers in ((0, 1), (1, 0)):
        name(hub, pair.conninfo(*numbers))
        for read_only in (False, True):
            with closing(database.connect(hub, read_only)) as to:
                assert to.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    name(hub, pair.conninfo(pair.standby, pair.primary) + " target_session_attrs=any")
    with closing(database.connect(hub, read_only=True)) as to:
        assert to.execute("SELECT pg_is_in_recovery()").fetchone() == (True,), "who says otherwise is obeyed"


def test_no_two_hubs_lead_however_their_servers_are_named(pair: PostgresPair, hub: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    name(hub, pair.conninfo(pair.standby, pair.primary))
    name(other, pair.conninfo(pair.primary, pair.standby))
    with closing(Leading(hub)) as one, closing(Leading(other)) as two:
        assert (one.holds(), two.holds()) == (True, False)


def test_a_name_that_stands_for_a_standby_is_waited_for(pair: PostgresPair, hub: Path) -> None:
    open_store(hub).close()
    pair.awaits_copy()
    name(hub, (hub / database.NAME).read_text().replace("port=", "target_session_attrs=any port=").strip())
    with closing(open_store(hub)) as store, pytest.raises(StoreWaits), store.transaction():
        store.next_ack_no("S1", clock())


def test_a_server_that_ends_just_behind_the_login_is_waited_for(
    pair: PostgresPair, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_SORTS_BY_BYTES", "SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(StoreWaits):
        database.connect(hub, read_only=False)
    with closing(Leading(hub)) as leading:
        assert not leading.holds()


def test_a_primary_that_is_killed_costs_no_report_and_each_server_takes_over_from_the_other(
    pair: PostgresPair, hub: Path, tmp_path: Path, broker: Broker
) -> None:
    open_store(hub).close()
    maker = Maker(tmp_path / "S1", delivery.site(hub=site_on(broker)))
    trust.add(hub, "S1", maker.signer.kid, clock())
    spool = maker.open()
    with (
        RunningHub(hub, site_on(broker)) as running,
        publishing(maker, spool, load_or_create_signer(hub / signing_key.KEY_NAME)) as publisher,
    ):
        for turn in (1, 2):
            maker.cycle(spool, clock(), events=5)
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
            confirmed = spool.confirmed()["event"].seq
            pair.kill(pair.primary)
            maker.cycle(spool, clock(), events=5)
            publisher.wake()
            running.tell.wait(lambda _, turn=turn: len(running.tell.of("store-waits")) == turn)  # type: ignore[misc]
            assert spool.confirmed()["event"].seq == confirmed, "nothing is confirmed that nobody has stored"
            pair.promote()
            running.tell.wait(lambda _, turn=turn: len(running.tell.of("store-works")) == turn)  # type: ignore[misc]
            assert publisher.drained(PATIENCE_S)
            assert len(running.tell.of("store-waits")) == turn, "said once"
            pair.rejoin()
        last = spool.confirmed()["event"].seq
    assert pair.query("SELECT pg_is_in_recovery()", pair.standby) == [(True,)]
    with closing(open_store(hub, read_only=True)) as store:
        epoch = store.epoch_of("S1")
        assert epoch is not None
        assert [row.seq for row in store.reports.stored("S1", epoch, "event", 1, 999)] == [*range(1, last + 1)]
    assert last == 20
